import { mkdirSync } from 'node:fs';
import { type LedgerRow, newLedgerRow } from '../../core/ledger.ts';
import type { ItemChange } from '../../core/ports/item-store.ts';
import { textHashOf } from '../../core/text-hash.ts';
import { contentHashOf, hashBytes } from '../../sinks/content.ts';
import { openSqliteStore } from '../../sinks/sqlite/sqlite-store.ts';
import { sampleItems } from '../sample-items.ts';
import { filesOf } from '../stack.ts';
import { DIMENSIONS, MODEL, SCOPE_NAME } from './collection.ts';
import { Mixture } from './mixture.ts';

const ITEMS_AT_ONCE = 500;
const TEXT_BYTES = 256;
const NOTHING = {
  scopes: [],
  accounts: [],
  runs: [],
  history: [],
  events: [],
  outbox: [],
  chunks: [],
  discardChunks: [],
} as const;

/** A store of items whose words and vectors are found. */
export async function seedVectors({
  dataDir,
  items,
}: {
  readonly dataDir: string;
  readonly items: number;
}): Promise<null> {
  mkdirSync(dataDir, { recursive: true });
  const store = await openSqliteStore({ file: filesOf(dataDir).store });
  const mixture = new Mixture(DIMENSIONS);
  const itemAt = sampleItems(TEXT_BYTES);
  const changeOf = (n: number): ItemChange => {
    const { itemId, document, text, documentHash, payload } = itemAt(n);
    const bytes = new Uint8Array(mixture.vector(n).buffer);
    const row: LedgerRow = {
      ...newLedgerRow(itemId),
      state: 'active',
      content: 'full',
      documentHash,
      contentHash: contentHashOf(document),
      textHash: textHashOf(text ?? ''),
      vectorHash: hashBytes(bytes),
      savedAt: document.savedAt,
    };
    return {
      scope: SCOPE_NAME,
      row,
      content: { ...document, payload },
      vector: { model: MODEL, dimensions: DIMENSIONS, bytes },
    };
  };
  for (let from = 0; from < items; from += ITEMS_AT_ONCE) {
    const changes = Array.from({ length: Math.min(ITEMS_AT_ONCE, items - from) }, (_, i) => changeOf(from + i));
    const expected = await store.progress(0);
    await store.commit({ ...NOTHING, partition: 0, expected, ...expected, items: changes });
  }
  await store.close();
  return null;
}
