import { createHash } from 'node:crypto';
import { inCollection, type LedgerRow } from '../../../core/ledger.ts';
import type { StoredVector } from '../../../core/ports/item-store.ts';
import { hashText } from '../../../processors/embed/hash/hash-embedder.ts';
import type { Evidence } from './evidence.ts';

/** Every text that an item ever had, by its SHA-256 in hex. */
export function textsOf(evidence: Evidence): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const { value } of evidence.of('ingest')) {
    const decoded = value === null ? null : evidence.decode(value);
    if (decoded?.type !== 'RawItem' || decoded.value.text === null) continue;
    texts.set(createHash('sha256').update(decoded.value.text).digest('hex'), decoded.value.text);
  }
  return texts;
}

/** Laws 9 and 10: when everything came to rest, what is found by words is found by meaning too, and by that of its present text. */
export function checkVector(
  row: LedgerRow,
  vector: StoredVector | null,
  texts: ReadonlyMap<string, string>,
  dimensions: number,
): readonly string[] {
  if (!inCollection(row.state) || row.textHash === '') return [];
  const text = texts.get(row.textHash);
  if (text === undefined) return [`${row.itemId} names a text that nobody wrote`];
  if (vector === null) return [`${row.itemId} has no vector`];
  const due = hashText(text, dimensions).vector;
  const bytes = Buffer.from(due.buffer, due.byteOffset, due.byteLength);
  return bytes.equals(vector.bytes) ? [] : [`${row.itemId} has the vector of another text`];
}
