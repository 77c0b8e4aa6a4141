import { newLedgerRow } from '../../core/ledger.ts';
import type { ItemChange } from '../../core/ports/item-store.ts';
import { contentHashOf } from '../../sinks/content.ts';
import { sampleItems } from '../sample-items.ts';

export const SCOPE = 'tiktok/me/favorites';
export const ITEMS_AT_ONCE = 200;
const TEXT_BYTES = 512;
const DIMENSIONS = 512;

/** Makes the change that a sink commits for item n: as large as real ones are. */
export function sampleChanges(): (n: number) => ItemChange {
  const itemAt = sampleItems(TEXT_BYTES);
  return (n) => {
    const { itemId, document, payload, documentHash } = itemAt(n);
    const content = { ...document, payload };
    const numbers = Float32Array.from({ length: DIMENSIONS }, (_, i) => Math.sin(n * 31 + i));
    const hash = contentHashOf(content);
    const row = {
      ...newLedgerRow(itemId),
      state: 'active' as const,
      seen: n,
      firstSeenAt: document.savedAt,
      lastSeenAt: document.savedAt,
      contentAt: n,
      content: 'full' as const,
      documentHash,
      contentHash: hash,
      textHash: hash,
      vectorHash: hash,
      savedAt: document.savedAt,
      contentKeys: [`RawItem|${n}`],
    };
    const vector = { model: 'bench', dimensions: DIMENSIONS, bytes: new Uint8Array(numbers.buffer) };
    return { scope: SCOPE, row, content, vector };
  };
}
