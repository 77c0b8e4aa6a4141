import type { LedgerRow } from '../../core/ledger.ts';
import type { ItemContent, ItemFilter, ItemSummary, StoredVector } from '../../core/ports/item-store.ts';

/** An item as the memory store keeps it. */
export interface Entry {
  row: LedgerRow;
  content: ItemContent | null;
  vector: StoredVector | null;
}

/** Order of UTF-16 code units. */
export const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Its own copy, so that nobody changes what is stored. */
export function copyOf<T>(value: T | undefined): T | null {
  return value === undefined ? null : clone(value);
}

/** As structuredClone does for rows and contents, at a fraction of its time, which was a tenth of a simulation's. */
export function clone<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(clone) as T;
  // structuredClone would copy all that the bytes are a part of: for a record from Kafka, its whole batch.
  if (value instanceof Uint8Array) return new Uint8Array(value) as T;
  if (Object.getPrototypeOf(value) !== Object.prototype) return structuredClone(value);
  const copy = { ...value };
  for (const name in copy) {
    const member = copy[name];
    if (typeof member === 'object' && member !== null) copy[name] = clone(member);
  }
  return copy;
}

/** Newest save first, then id. */
export function sortKey(row: LedgerRow): string {
  return `${String(Number.MAX_SAFE_INTEGER - (row.savedAt ?? 0)).padStart(17, '0')} ${row.itemId}`;
}

/** Where a filter is by date, items that have none are left out. */
export function fitsDates({ savedFrom, savedBefore }: ItemFilter, savedAt: number | null): boolean {
  if (savedFrom === undefined && savedBefore === undefined) return true;
  return savedAt !== null && savedAt >= (savedFrom ?? 0) && savedAt < (savedBefore ?? Infinity);
}

/** What a list shows of an item. */
export function summaryOf(scope: string, { row, content }: Entry): ItemSummary {
  const { itemId, state, pinned, blocked, hidden, unavailable, savedAt } = row;
  return {
    scope,
    itemId,
    state,
    pinned,
    blocked,
    hidden,
    unavailable,
    savedAt,
    stub: row.content !== 'full',
    hasVector: row.vectorHash !== '',
    hasThumbnail: content !== null && content.thumbnailUrl !== null,
    title: content?.title ?? null,
    url: content?.url ?? null,
    author: content?.author ?? null,
  };
}

/** Cosine similarity with a stored little-endian float32 vector. */
export function cosine(a: Float32Array, bytes: Uint8Array): number {
  const b = new Float32Array(bytes.slice().buffer);
  let dot = 0;
  let lengthA = 0;
  let lengthB = 0;
  for (let i = 0; i < a.length; i++) {
    dot += (a[i] ?? 0) * (b[i] ?? 0);
    lengthA += (a[i] ?? 0) ** 2;
    lengthB += (b[i] ?? 0) ** 2;
  }
  return dot / (Math.sqrt(lengthA * lengthB) || 1);
}
