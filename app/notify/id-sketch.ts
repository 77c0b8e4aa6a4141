import { hash } from 'node:crypto';

/** Ids that a sketch has room for: it is a text of 80 kB at most, and is read with what was told, every few seconds. */
export const MOST_SKETCHED = 10_000;
/** So few that a sketch is small, and so many that an id that is new is taken for one of 10,000 once in 28,000,000,000. */
const HASH_BYTES = 6;

/**
 * What is kept of a set of distinct ids, so that it is known later of fewer ids whether they were all in it: the first 6 bytes
 * of each SHA-256, ascending, in base64. Null where they are more than there is room for: a part of them would say nothing.
 */
export function sketchOf(ids: readonly string[]): string | null {
  if (ids.length > MOST_SKETCHED) return null;
  const hashes = Float64Array.from(ids, (id) => hash('sha256', id, 'buffer').readUIntBE(0, HASH_BYTES)).sort();
  const bytes = Buffer.alloc(hashes.length * HASH_BYTES);
  for (const [index, each] of hashes.entries()) bytes.writeUIntBE(each, index * HASH_BYTES, HASH_BYTES);
  return bytes.toString('base64');
}

/** Whether all ids of the first sketch are in the second. */
export function isWithin(sketch: string, whole: string): boolean {
  const known = new Set(hashesOf(whole));
  return hashesOf(sketch).every((each) => known.has(each));
}

function hashesOf(sketch: string): readonly number[] {
  const bytes = Buffer.from(sketch, 'base64');
  return Array.from({ length: bytes.length / HASH_BYTES }, (_, index) =>
    bytes.readUIntBE(index * HASH_BYTES, HASH_BYTES),
  );
}
