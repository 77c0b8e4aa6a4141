import { InputError, NotFoundError } from '../../core/errors.ts';
import { parseScope, type Scope, scopeName } from '../../core/keys.ts';
import type { HistoryEntry } from '../../core/ledger.ts';
import type { HeldGroup } from '../../core/ports/item-store.ts';
import { ways } from '../../producers/ways.ts';
import type { App } from '../app.ts';
import { type Decided, decideInScope } from './decide.ts';
import { isoOf, objectOf } from './format.ts';
import type { WaitOptions } from './settle.ts';

export interface HeldView extends Scope {
  readonly id: string;
  readonly scope: string;
  readonly count: number;
  readonly reason: string;
  readonly createdAt: string | null;
  /** what the snapshot showed that misses them: coverage, counts, where it comes from */
  readonly evidence: Readonly<Record<string, unknown>>;
  readonly items: readonly HeldItem[];
}

export interface HeldItem {
  readonly itemId: string;
  readonly title: string | null;
  readonly url: string | null;
  readonly author: string | null;
  readonly savedAt: string | null;
  /** in plain words */
  readonly why: string;
}

/** Items of a group that are shown; `count` says how many there are. */
const SHOWN_ITEMS = 1_000;

/** Removals that wait for a person or for a newer snapshot, oldest first. */
export async function listHeld(app: App, user: string | null = null): Promise<readonly HeldView[]> {
  const groups = (await app.store.held()).filter((group) => user === null || parseScope(group.scope).user === user);
  const views: HeldView[] = [];
  for (const group of groups.toSorted((a, b) => a.createdAt - b.createdAt)) views.push(await toView(app, group));
  return views;
}

async function toView(app: App, group: HeldGroup): Promise<HeldView> {
  const hold = await holdOf(app, group);
  const evidence = objectOf(hold?.evidence ?? '{}');
  const why = whyHeld(hold?.reason ?? '', evidence);
  const items: HeldItem[] = [];
  for (const itemId of group.itemIds.slice(0, SHOWN_ITEMS)) {
    const found = await app.store.item(group.scope, itemId);
    const content = found?.content ?? null;
    // What its author deleted is not shown, whatever else is decided about it.
    const shown = found?.row.hidden === true ? null : content;
    items.push({
      itemId,
      title: shown?.title ?? null,
      url: content?.url ?? null,
      author: shown?.author ?? null,
      savedAt: isoOf(found?.row.savedAt ?? null),
      why,
    });
  }
  return {
    id: group.id,
    scope: group.scope,
    ...parseScope(group.scope),
    count: group.count,
    reason: hold?.reason ?? '',
    createdAt: isoOf(hold?.at ?? group.createdAt),
    evidence,
    items,
  };
}

/** One snapshot held all of them, so what is known of the first is known of each. */
async function holdOf(app: App, group: HeldGroup): Promise<HistoryEntry | null> {
  const [first] = group.itemIds;
  if (first === undefined) return null;
  const history = await app.store.history(group.scope, first);
  return history.findLast((entry) => entry.event === 'held' && entry.snapshotId === group.id) ?? null;
}

/** In plain words, as far as the evidence goes; else the reason as it was recorded. */
function whyHeld(reason: string, { asOf, count, proof }: Readonly<Record<string, unknown>>): string {
  const because = reason === '' ? '' : ` It waits for you because ${reason}.`;
  if (typeof count !== 'number') return because.trim();
  const list = proof === 'absence' ? 'export' : 'list';
  const when = typeof asOf === 'string' ? ` of ${asOf.slice(0, 10)}` : '';
  return `The ${list}${when} lists ${count} items, and this one is not among them.${because}`;
}

export interface HeldDecision {
  readonly id: string;
  readonly scope: string;
  readonly items: readonly Decided[];
}

/** Approves or rejects a group, by its id or the beginning of it. NotFoundError where none fits. */
export async function decideHeld(
  app: App,
  id: string,
  operation: 'approve' | 'reject',
  author: string,
  options: WaitOptions & { readonly user?: string | null } = {},
): Promise<HeldDecision> {
  const group = await findGroup(app, id, options.user ?? null);
  const scope = parseScope(group.scope);
  const items = await decideInScope(app, scope, {
    ...options,
    operation,
    author,
    itemIds: group.itemIds,
    holdId: group.id,
    reason: `held removal ${operation === 'approve' ? 'approved' : 'rejected'} by ${author}`,
  });
  return { id: group.id, scope: scopeName(scope), items };
}

async function findGroup(app: App, id: string, user: string | null): Promise<HeldGroup> {
  const groups = (await app.store.held()).filter((group) => user === null || parseScope(group.scope).user === user);
  const exact = groups.filter((group) => group.id === id);
  const fitting = exact.length > 0 ? exact : groups.filter((group) => id.length >= 4 && group.id.startsWith(id));
  const [only] = fitting;
  if (only === undefined) throw new NotFoundError(`nothing is held under ${id}: ${ways.held}, lists what waits`);
  if (fitting.length > 1) throw new InputError(`${id} fits ${fitting.length} of what is held: give more of its id`);
  return only;
}
