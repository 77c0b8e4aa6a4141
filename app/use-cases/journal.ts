import { InputError } from '../../core/errors.ts';
import { JOURNAL_EVENTS, type JournalKind } from '../../core/journal.ts';
import { parseScope, scopeName } from '../../core/keys.ts';
import type { JournalEntry } from '../../core/ports/item-store.ts';
import type { App } from '../app.ts';
import { isoOf, objectOf } from './format.ts';
import { checkProvider, findScopes } from './scopes.ts';

export interface JournalRequest {
  readonly user?: string | null;
  readonly provider?: string | null;
  /** null: all */
  readonly kind?: JournalKind | null;
  readonly limit?: number;
  /** the `next` of the page before */
  readonly after?: string | null;
}

export interface JournalLine {
  readonly id: string;
  readonly at: string | null;
  readonly kind: JournalKind;
  /** as the item's history has it */
  readonly event: string;
  readonly provider: string;
  readonly user: string;
  readonly collection: string;
  readonly itemId: string;
  /** null where it was purged or hidden */
  readonly title: string | null;
  readonly url: string | null;
  readonly reason: string;
  readonly snapshotId: string | null;
  readonly evidence: Readonly<Record<string, unknown>>;
  readonly author: string;
}

const MAX_PAGE = 500;

/**
 * Everything that left the collection and why, and who brought it back, newest first. Made of the items' histories, which
 * keep decisions for good, also when the topic of outcomes has forgotten them.
 */
export async function readJournal(
  app: App,
  { user = null, provider = null, kind = null, limit = 50, after = null }: JournalRequest,
): Promise<{ readonly entries: readonly JournalLine[]; readonly next: string | null }> {
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_PAGE)
    throw new InputError(`the limit must be a whole number from 1 to ${MAX_PAGE}`);
  if (provider !== null) checkProvider(provider);
  const scopes = (await findScopes(app.store, { user, provider })).map(scopeName);
  if (scopes.length === 0) return { entries: [], next: null };
  const events = Object.keys(JOURNAL_EVENTS).filter((event) => kind === null || JOURNAL_EVENTS[event] === kind);
  const page = await app.store.journal({ scopes, events }, limit, after);
  return { entries: await Promise.all(page.entries.map((entry) => toLine(app, entry))), next: page.next };
}

async function toLine(app: App, entry: JournalEntry): Promise<JournalLine> {
  const { id, scope, itemId, at, event, reason, snapshotId, evidence, author } = entry;
  const item = await app.store.item(scope, itemId);
  return {
    id,
    at: isoOf(at),
    kind: JOURNAL_EVENTS[event] ?? 'removed',
    event,
    ...parseScope(scope),
    itemId,
    title: item === null || item.row.hidden ? null : (item.content?.title ?? null),
    url: item?.content?.url ?? null,
    reason,
    snapshotId,
    evidence: objectOf(evidence),
    author,
  };
}
