import { scopeName } from '../../core/keys.ts';
import type { LedgerRow, ScopeRow } from '../../core/ledger.ts';
import type { App, ScopeChoice } from '../app.ts';
import { isoOf } from './format.ts';
import { type HistoryLine, toHistoryLine } from './history-line.ts';
import { unknownItem } from './items.ts';
import { resolveScope } from './scopes.ts';

export interface Explanation {
  readonly provider: string;
  readonly user: string;
  readonly collection: string;
  readonly itemId: string;
  readonly title: string | null;
  readonly url: string | null;
  readonly state: LedgerRow['state'];
  readonly pinned: boolean;
  readonly blocked: boolean;
  readonly hidden: boolean;
  readonly history: readonly HistoryLine[];
}

/** Law 11: everything that happened to an item, and why. NotFoundError where nothing is known of it. */
export async function explainItem(app: App, choice: ScopeChoice, itemId: string): Promise<Explanation> {
  const scope = await resolveScope(app.store, choice);
  const name = scopeName(scope);
  const item = await app.store.item(name, itemId);
  if (item === null) throw unknownItem(name, itemId);
  const { row, content } = item;
  const history = (await app.store.history(name, itemId)).map(toHistoryLine);
  const listed = listedLine(row, await app.store.scope(name));
  const { state, pinned, blocked, hidden } = row;
  return {
    ...scope,
    itemId,
    title: hidden ? null : (content?.title ?? null),
    url: content?.url ?? null,
    state,
    pinned,
    blocked,
    hidden,
    history: listed === null ? history : [...history, listed],
  };
}

/** Membership in the snapshot last applied is not written to every row, and so told from both. */
function listedLine(row: LedgerRow, scope: ScopeRow | null): HistoryLine | null {
  if (!row.listed || scope?.applied === null || scope === null) return null;
  const { applied } = scope;
  const { coverage, count, digest, begin } = applied;
  return {
    at: isoOf(applied.at),
    event: 'listed',
    reason: 'the snapshot last applied lists it',
    snapshotId: applied.snapshotId,
    evidence: { coverage, count, digest, begin, asOf: isoOf(applied.asOf) },
    author: 'source',
  };
}
