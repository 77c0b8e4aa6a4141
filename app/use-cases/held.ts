import { InputError, NotFoundError } from '../../core/errors.ts';
import { parseScope, scopeName } from '../../core/keys.ts';
import type { HeldGroup } from '../../core/ports/item-store.ts';
import type { App } from '../app.ts';
import { type Decided, decideInScope } from './decide.ts';
import { isoOf } from './format.ts';
import type { WaitOptions } from './settle.ts';

export interface HeldView {
  readonly id: string;
  readonly scope: string;
  readonly count: number;
  readonly reason: string;
  readonly createdAt: string | null;
  readonly items: readonly { readonly itemId: string; readonly title: string | null; readonly url: string | null }[];
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
  const items: HeldView['items'][number][] = [];
  for (const itemId of group.itemIds.slice(0, SHOWN_ITEMS)) {
    const content = (await app.store.item(group.scope, itemId))?.content ?? null;
    items.push({ itemId, title: content?.title ?? null, url: content?.url ?? null });
  }
  const why = await holdOf(app, group);
  return {
    id: group.id,
    scope: group.scope,
    count: group.count,
    reason: why.reason,
    createdAt: isoOf(why.at ?? group.createdAt),
    items,
  };
}

async function holdOf(app: App, group: HeldGroup): Promise<{ readonly reason: string; readonly at: number | null }> {
  const [first] = group.itemIds;
  if (first === undefined) return { reason: '', at: null };
  const history = await app.store.history(group.scope, first);
  const hold = history.findLast((entry) => entry.event === 'held' && entry.snapshotId === group.id);
  return { reason: hold?.reason ?? '', at: hold?.at ?? null };
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
    reason: `held removal ${operation === 'approve' ? 'approved' : 'rejected'} by ${author}`,
  });
  return { id: group.id, scope: scopeName(scope), items };
}

async function findGroup(app: App, id: string, user: string | null): Promise<HeldGroup> {
  const groups = (await app.store.held()).filter((group) => user === null || parseScope(group.scope).user === user);
  const exact = groups.filter((group) => group.id === id);
  const fitting = exact.length > 0 ? exact : groups.filter((group) => id.length >= 4 && group.id.startsWith(id));
  const [only] = fitting;
  if (only === undefined) throw new NotFoundError(`nothing is held under ${id}: \`hoardarr held\` lists what waits`);
  if (fitting.length > 1) throw new InputError(`${id} fits ${fitting.length} of what is held: give more of its id`);
  return only;
}
