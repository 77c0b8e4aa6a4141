import { hash } from 'node:crypto';

/** Hex SHA-256 of the vectorization text: what a text is known by in the cache, in `enriched` and in the ledger (law 9). */
export function textHashOf(text: string): string {
  return hash('sha256', text);
}
