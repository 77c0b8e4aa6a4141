import type { ItemState, LedgerRow } from '../../core/ledger.ts';

/**
 * Everything about a row that has few values, in one integer, so that the scan of a large ledger reads one column for it.
 * Bits 0-2 state, 3 pinned, 4 blocked, 5 hidden, 6 listed, 7 person only, 8 unavailable, 9-10 content, 11-12 deleted by,
 * 13 has a text, 14 has a vector, 15 stale. schema.ts repeats part of this layout.
 */
export const FLAG = {
  state: 7,
  pinned: 8,
  blocked: 16,
  hidden: 32,
  listed: 64,
  personOnly: 128,
  unavailable: 256,
  full: 1024,
  text: 8192,
  vector: 16384,
  stale: 32768,
} as const;

const STATES: readonly (ItemState | null)[] = [null, 'active', 'held', 'trash', 'purged'];
const CONTENTS: readonly LedgerRow['content'][] = ['none', 'stub', 'full'];
const DELETERS: readonly LedgerRow['deletedBy'][] = [null, 'author', 'moderator'];
const CONTENT_SHIFT = 9;
const DELETED_BY_SHIFT = 11;

/** Number of a state in the lowest three bits. */
export function stateNumber(state: ItemState): number {
  return STATES.indexOf(state);
}

export function packFlags(row: LedgerRow): number {
  return (
    STATES.indexOf(row.state) |
    (row.pinned ? FLAG.pinned : 0) |
    (row.blocked ? FLAG.blocked : 0) |
    (row.hidden ? FLAG.hidden : 0) |
    (row.listed ? FLAG.listed : 0) |
    (row.personOnly ? FLAG.personOnly : 0) |
    (row.unavailable ? FLAG.unavailable : 0) |
    (CONTENTS.indexOf(row.content) << CONTENT_SHIFT) |
    (DELETERS.indexOf(row.deletedBy) << DELETED_BY_SHIFT) |
    (row.textHash === '' ? 0 : FLAG.text) |
    (row.vectorHash === '' ? 0 : FLAG.vector) |
    (row.stale ? FLAG.stale : 0)
  );
}

export function stateOf(flags: number): ItemState | null {
  return STATES[flags & FLAG.state] ?? null;
}

export function contentOf(flags: number): LedgerRow['content'] {
  return CONTENTS[(flags >> CONTENT_SHIFT) & 3] ?? 'none';
}

export function deletedByOf(flags: number): LedgerRow['deletedBy'] {
  return DELETERS[(flags >> DELETED_BY_SHIFT) & 3] ?? null;
}

/**
 * What a scan of vectors filters by: scope, state and hidden in one integer, since sqlite-vec compares one metadata column
 * faster than three.
 */
export function bucketOf(scopeId: number, flags: number): number {
  return scopeId * 16 + (flags & FLAG.state) * 2 + ((flags & FLAG.hidden) === 0 ? 0 : 1);
}
