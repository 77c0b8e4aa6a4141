import { lateVectorKey, withoutRepeats } from '../keys.ts';
import type { LedgerRow } from '../ledger.ts';
import type { FoldContext } from './effects.ts';

/** Law 7: the ledger knows the keys of all records that held content of the item, also of those that were ignored. */
export function rememberKey(context: FoldContext, row: LedgerRow): void {
  for (const key of [context.key, ...context.otherKeys]) if (!row.contentKeys.includes(key)) row.contentKeys.push(key);
}

/**
 * Law 7: content older than the item's purge or return, and content of a purged or blocked item, is late, unless it is itself
 * an accepted sighting newer than the purge. Late records are erased wherever they turn up, and have no other effect.
 */
export function isLate(context: FoldContext, row: LedgerRow, isSighting: boolean): boolean {
  if (row.state === 'purged' || row.blocked) return !(isSighting && context.first > row.purgedAt && !row.blocked);
  return context.first <= row.purgedAt && context.eventId !== row.returnedBy;
}

/** Content that is not taken, as a copy or of a run that was fenced off: erased when it is late, else its key is kept. */
export function refuseContent(context: FoldContext, row: LedgerRow, textHash: string): void {
  if (isLate(context, row, false)) eraseLate(context, row, textHash);
  else rememberKey(context, row);
}

/**
 * Under every key that it has, and with the late vector that may have been made for it. Its text was embedded on the way: who
 * owns the embedding cache is told.
 */
export function eraseLate(context: FoldContext, row: LedgerRow, textHash: string): void {
  for (const key of [context.key, ...context.otherKeys]) eraseKey(context, key);
  forgetLate(context, row, textHash);
}

/**
 * A late vector whose raw item was erased by a purge while it was made: it came after the tombstone, and nothing else would
 * erase it.
 */
export function isOfErased(row: LedgerRow, lateKey: string): boolean {
  return !row.contentKeys.some((key) => [key, withoutRepeats(key)].some((each) => lateVectorKey(each) === lateKey));
}

/** Says that a text came after the purge of its item. */
export function forgetLate(context: FoldContext, row: LedgerRow, textHash: string): void {
  if (textHash === '') return;
  context.effects.outcomes.push({
    scope: context.scope.scope,
    itemId: row.itemId,
    syncId: null,
    snapshotId: null,
    kind: 'erased',
    reason: 'content that came after its item was purged',
    count: 1,
    evidence: { textHash, position: context.position },
  });
}

/** Law 7: a purge that takes effect erases every record that held content of the item. */
export function eraseAll(context: FoldContext, row: LedgerRow): void {
  for (const key of row.contentKeys) eraseKey(context, key);
  row.contentKeys = [];
}

/** Where a log that was moved knows a record by a repeat's key, what was made of it may lie under the first. */
function eraseKey({ effects }: FoldContext, key: string): void {
  for (const each of new Set([key, withoutRepeats(key)])) effects.tombstones.push(each, lateVectorKey(each));
}
