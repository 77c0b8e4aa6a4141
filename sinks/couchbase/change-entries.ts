import { isJournalEvent } from '../../core/journal.ts';
import type { HistoryEntry } from '../../core/ledger.ts';
import type { ChangeSet, ItemChange, OutboxEntry } from '../../core/ports/item-store.ts';
import type { KnownItem } from './item-documents.ts';
import { journalKey } from './journal-reads.ts';
import { joinKey, prefixOf, sortable, splitKey } from './keys.ts';
import {
  countRow,
  encodeRow,
  historyOf,
  indexChanges,
  MAIN,
  NO_TOTALS,
  rowsOf,
  type Totals,
  WORK,
} from './ledger-tables.ts';
import type { Entry } from './overlay.ts';
import type { PartitionLog } from './partition-log.ts';

/** An item that was written, with what was known of it before. */
export interface WrittenChange {
  readonly change: ItemChange;
  readonly before: KnownItem | null;
  readonly cas: string | null;
}

const HISTORY_PAGE = 10_000;
const TURN_DIGITS = 6;

/** Everything but chunks that a change says to the tables of its partition. */
export async function entriesOf(
  log: PartitionLog,
  change: ChangeSet,
  written: readonly WrittenChange[],
): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (const each of written) itemEntries(entries, each);
  entries.push(...(await totalEntries(log, written)));
  for (const { change: item } of written)
    if (item.eraseHistory === true) entries.push(...(await erasedHistory(log, item.scope, item.row.itemId)));
  historyEntries(entries, change.history);
  for (const scope of change.scopes) entries.push([MAIN, joinKey('scope', scope.scope), structuredClone(scope)]);
  for (const row of change.accounts) entries.push([MAIN, joinKey('account', row.account), { ...row }]);
  for (const run of change.runs) {
    const { syncId, account, startedPosition, causedBy } = run;
    entries.push([MAIN, joinKey('run', syncId), structuredClone(run)]);
    entries.push([MAIN, joinKey('began', account, sortable(-startedPosition)), syncId]);
    if (causedBy !== null) entries.push([MAIN, joinKey('caused', causedBy, sortable(startedPosition), syncId), 1]);
  }
  for (const event of change.events) entries.push([MAIN, joinKey('event', event), 1]);
  entries.push(...(await outboxEntries(log, change.outbox)));
  return entries;
}

function itemEntries(entries: Entry[], { change: { scope, row }, before, cas }: WrittenChange): void {
  entries.push([rowsOf(scope), row.itemId, encodeRow(row, cas)]);
  for (const entry of indexChanges(scope, before?.row ?? null, row)) entries.push(entry);
}

async function totalEntries(log: PartitionLog, written: readonly WrittenChange[]): Promise<readonly Entry[]> {
  const totals = new Map<string, Totals>();
  const keyOf = (scope: string): string => joinKey('totals', scope);
  const scopes = [...new Set(written.map(({ change }) => change.scope))];
  const stored = await log.getMany(MAIN, scopes.map(keyOf));
  for (const { change, before } of written) {
    const { scope, row } = change;
    let sum = totals.get(scope) ?? (stored.get(keyOf(scope)) as Totals | undefined) ?? NO_TOTALS;
    if (before !== null) sum = countRow(sum, before.row, -1);
    totals.set(scope, countRow(sum, row, 1));
  }
  return [...totals].map(([scope, sum]) => [MAIN, keyOf(scope), sum]);
}

async function erasedHistory(log: PartitionLog, scope: string, itemId: string): Promise<readonly Entry[]> {
  const table = historyOf(scope);
  const found = await log.page(table, HISTORY_PAGE, { prefix: prefixOf(itemId) });
  return found.flatMap(([key, value]): Entry[] => {
    const entry = value as Omit<HistoryEntry, 'scope' | 'itemId'>;
    if (!entry.erasable) return [];
    const [, , turn = ''] = splitKey(key);
    return [[table, key, null], ...journalEntries({ ...entry, scope, itemId }, turn, null)];
  });
}

function historyEntries(entries: Entry[], history: readonly HistoryEntry[]): void {
  let turn = 0;
  let last: HistoryEntry | null = null;
  for (const entry of history) {
    const { scope, itemId, position, event, ...rest } = entry;
    const isSame = last !== null && last.itemId === itemId && last.position === position && last.scope === scope;
    turn = isSame ? turn + 1 : 0;
    last = entry;
    const turnText = String(turn).padStart(TURN_DIGITS, '0');
    const key = joinKey(itemId, sortable(position), turnText, event);
    entries.push([historyOf(scope), key, { position, event, ...rest }], ...journalEntries(entry, turnText, 1));
  }
}

function journalEntries(entry: HistoryEntry, turn: string, value: 1 | null): readonly Entry[] {
  return isJournalEvent(entry.event) ? [[WORK, journalKey(entry, turn), value]] : [];
}

/** An entry that is stored again keeps its turn. */
async function outboxEntries(log: PartitionLog, outbox: readonly OutboxEntry[]): Promise<readonly Entry[]> {
  const turns = await log.getMany(
    MAIN,
    outbox.map(({ id }) => joinKey('owed', id)),
  );
  const entries: Entry[] = [];
  const added = new Map<string, string>();
  for (const [i, { id, value, ...rest }] of outbox.entries()) {
    const stored = (turns.get(joinKey('owed', id)) as string | undefined) ?? added.get(id);
    const turn = stored ?? `${sortable(log.nextSeq)}.${String(i).padStart(TURN_DIGITS, '0')}`;
    if (stored === undefined) {
      entries.push([MAIN, joinKey('owed', id), turn]);
      added.set(id, turn);
    }
    const text = value === null ? null : Buffer.from(value.buffer, value.byteOffset, value.length).toString('base64');
    entries.push([MAIN, joinKey('outbox', turn), { id, ...rest, value: text }]);
  }
  return entries;
}

/** One change an item, where there are several: the last counts, with what the earlier ones say that it leaves open. */
export function lastOfEach(items: readonly ItemChange[]): readonly ItemChange[] {
  const byItem = new Map<string, ItemChange>();
  for (const item of items) {
    const name = `${item.scope} ${item.row.itemId}`;
    const { content, vector, eraseHistory } = byItem.get(name) ?? {};
    byItem.set(name, {
      ...(content === undefined ? {} : { content }),
      ...(vector === undefined ? {} : { vector }),
      ...(eraseHistory === undefined ? {} : { eraseHistory }),
      ...item,
    });
  }
  return [...byItem.values()];
}

/** Whether something is gone that must not be found on a disk any more. */
export function isErasing(items: readonly ItemChange[]): boolean {
  return items.some(({ content, eraseHistory }) => content === null || eraseHistory === true);
}
