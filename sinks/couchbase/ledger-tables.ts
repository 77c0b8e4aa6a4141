import { inCollection, type LedgerRow, newLedgerRow } from '../../core/ledger.ts';
import type { ScopeTotals } from '../../core/ports/item-store.ts';
import { joinKey, sortable } from './keys.ts';
import type { Entry } from './overlay.ts';

/**
 * The sorted tables of a partition. `main` holds what there is few of: scopes, accounts, runs, events, the outbox, totals,
 * staged chunks. `work` finds what is due. The rest is one table a scope.
 */
export const MAIN = 'main';
export const WORK = 'work';
export const TEXTS = 'texts';
export const rowsOf = (scope: string): string => `rows ${scope}`;
export const historyOf = (scope: string): string => `history ${scope}`;
export const datesOf = (scope: string): string => `dates ${scope}`;

/** A row as a table keeps it: the fields that differ from those of a new row, and the version of the item's document. */
export interface StoredRow extends Partial<LedgerRow> {
  /** absent: the item has no document */
  readonly cas?: string;
}

export function encodeRow(row: LedgerRow, cas: string | null): StoredRow {
  const stored: Record<string, unknown> = {};
  const blank = blankRow as unknown as Record<string, unknown>;
  for (const [name, value] of Object.entries(row)) {
    if (name === 'itemId' || value === blank[name]) continue;
    if (name !== 'contentKeys') stored[name] = value;
    else if (row.contentKeys.length > 0) stored[name] = [...row.contentKeys];
  }
  if (cas !== null) stored['cas'] = cas;
  return stored;
}

const blankRow = newLedgerRow('');

export function decodeRow(itemId: string, stored: StoredRow): LedgerRow {
  const row: LedgerRow & { cas?: string } = {
    ...blankRow,
    ...stored,
    itemId,
    contentKeys: [...(stored.contentKeys ?? [])],
  };
  delete row.cas;
  return row;
}

/** What finds a row by something else than its id: entries of other tables that stand as long as the row is like this. */
export function indexEntries(scope: string, row: LedgerRow): readonly Entry[] {
  const { itemId, state, hidden, savedAt } = row;
  const entries: Entry[] = [];
  if (state !== null)
    entries.push([datesOf(scope), joinKey(state, sortable(-(savedAt ?? -1)), itemId), hidden ? 1 : 0]);
  if (row.textHash !== '') entries.push([TEXTS, joinKey(row.textHash, scope, itemId), 1]);
  if (state === 'trash' && !row.pinned && row.trashedAt !== null)
    entries.push([WORK, joinKey('trash', sortable(row.trashedAt), scope, itemId), 1]);
  if (inCollection(state) && row.content !== 'full' && !row.blocked)
    entries.push([WORK, joinKey('stub', sortable(row.retryAt ?? -1), scope, itemId), 1]);
  if (state === 'held' && row.holdId !== null)
    entries.push([WORK, joinKey('held', row.holdId, scope, itemId), row.decided]);
  return entries;
}

/** Entries that take the index from one row to the next. */
export function indexChanges(scope: string, before: LedgerRow | null, after: LedgerRow): readonly Entry[] {
  const old = new Map((before === null ? [] : indexEntries(scope, before)).map((entry) => [nameOf(entry), entry]));
  const changes: Entry[] = [];
  for (const entry of indexEntries(scope, after)) {
    const name = nameOf(entry);
    if (old.get(name)?.[2] !== entry[2]) changes.push(entry);
    old.delete(name);
  }
  for (const [table, key] of old.values()) changes.push([table, key, null]);
  return changes;
}

const nameOf = ([table, key]: Entry): string => `${table} ${key}`;

export type Totals = Omit<ScopeTotals, 'scope'>;

export const NO_TOTALS: Totals = {
  active: 0,
  trash: 0,
  held: 0,
  purged: 0,
  pinned: 0,
  stub: 0,
  blocked: 0,
  withVector: 0,
  withText: 0,
};

/** Totals after a row was added (`sign` 1) or taken away (-1). */
export function countRow(totals: Totals, row: LedgerRow, sign: 1 | -1): Totals {
  const isShown = inCollection(row.state);
  const add = (value: number, counts: boolean): number => value + (counts ? sign : 0);
  return {
    active: add(totals.active, row.state === 'active'),
    trash: add(totals.trash, row.state === 'trash'),
    held: add(totals.held, row.state === 'held'),
    purged: add(totals.purged, row.state === 'purged'),
    pinned: add(totals.pinned, row.pinned),
    stub: add(totals.stub, isShown && row.content !== 'full'),
    blocked: add(totals.blocked, row.blocked),
    withVector: add(totals.withVector, isShown && row.vectorHash !== ''),
    withText: add(totals.withText, isShown && row.textHash !== ''),
  };
}
