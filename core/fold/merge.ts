import { inCollection, type LedgerGlance } from '../ledger.ts';

/** One id of a snapshot; hash empty and savedAt null where the source gave none. */
export interface SnapshotEntry {
  readonly itemId: string;
  readonly documentHash: string;
  readonly savedAt: number | null;
}

/** A row that a snapshot changes, or may change. */
export interface Finding {
  readonly itemId: string;
  /** null: the snapshot does not list it */
  readonly entry: SnapshotEntry | null;
}

/** The snapshot lists `entry`, and the ledger shows `row`, or nothing: does anything have to be done? */
export function listedNeedsWork(row: LedgerGlance | null, entry: SnapshotEntry): boolean {
  if (row === null || !row.listed || row.state !== 'active') return true;
  if (entry.savedAt !== null && entry.savedAt !== row.savedAt) return true;
  if (row.blocked) return false;
  if (row.content !== 'full' || row.stale || row.hidden || row.deletedBy !== null) return true;
  return differs(entry.documentHash, row.documentHash);
}

/** The snapshot does not list the row: does anything have to be done? `isCovered`: it speaks of ids of this kind. */
export function absentNeedsWork(row: LedgerGlance, isCovered: boolean): boolean {
  return row.listed || (isCovered && inCollection(row.state) && !row.pinned);
}

/** Document hashes differ, where both are known. */
export function differs(a: string, b: string): boolean {
  return a !== '' && b !== '' && a !== b;
}
