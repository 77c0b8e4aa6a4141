import { lateVectorKey } from '../keys.ts';
import type { LedgerRow } from '../ledger.ts';
import type { FoldContext } from './effects.ts';

/** Law 7: the ledger knows the keys of all records that held content of the item, also of those that were ignored. */
export function rememberKey(context: FoldContext, row: LedgerRow): void {
  if (!row.contentKeys.includes(context.key)) row.contentKeys.push(context.key);
}

/**
 * Law 7: content older than the item's purge, and content of a purged or blocked item, is erased wherever it turns up,
 * unless it is itself an accepted sighting newer than the purge. True when the record must not be taken as content.
 */
export function eraseLateContent(context: FoldContext, row: LedgerRow, isSighting: boolean): boolean {
  const gone = row.state === 'purged' || row.blocked;
  const newer = isSighting && context.first > row.purgedAt && !row.blocked;
  const late = gone ? !newer : context.first <= row.purgedAt;
  if (late) eraseRecord(context);
  return late;
}

/** A redriven record names its first key, and both are erased. */
function eraseRecord(context: FoldContext): void {
  context.effects.tombstones.push(context.key);
  if (context.firstKey !== null) context.effects.tombstones.push(context.firstKey);
}

/** Law 7: a purge that takes effect erases every record that held content of the item. */
export function eraseAll(context: FoldContext, row: LedgerRow): void {
  for (const key of row.contentKeys) context.effects.tombstones.push(key, lateVectorKey(key));
  row.contentKeys = [];
}
