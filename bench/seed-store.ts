import { type LedgerRow, newLedgerRow, newScopeRow } from '../core/ledger.ts';
import type { ItemChange } from '../core/ports/item-store.ts';
import { textHashOf } from '../core/text-hash.ts';
import { contentHashOf, hashBytes } from '../sinks/content.ts';
import { openSqliteStore } from '../sinks/sqlite/sqlite-store.ts';
import { sampleItems } from './sample-items.ts';

export interface StoreSeed {
  /** of the store */
  readonly file: string;
  readonly scope: string;
  readonly items: number;
  readonly model: string;
  readonly vectorOf: (n: number, text: string) => Float32Array;
}

export const SEED_TEXT_BYTES = 256;

const ITEMS_AT_ONCE = 500;
const NOTHING = {
  accounts: [],
  runs: [],
  history: [],
  events: [],
  outbox: [],
  chunks: [],
  discardChunks: [],
} as const;

/** Commits sample items straight to a store, as active ones whose words and vectors are found. */
export async function seedStore({ file, scope, items, model, vectorOf }: StoreSeed): Promise<void> {
  const store = await openSqliteStore({ file });
  const itemAt = sampleItems(SEED_TEXT_BYTES);
  const changeOf = (n: number): ItemChange => {
    const { itemId, document, text, documentHash, payload } = itemAt(n);
    const vector = vectorOf(n, text ?? '');
    const bytes = new Uint8Array(vector.buffer);
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
      scope,
      row,
      content: { ...document, payload },
      vector: { model, dimensions: vector.length, bytes },
    };
  };
  for (let from = 0; from < items; from += ITEMS_AT_ONCE) {
    const changes = Array.from({ length: Math.min(ITEMS_AT_ONCE, items - from) }, (_, i) => changeOf(from + i));
    const expected = await store.progress(0);
    await store.commit({
      ...NOTHING,
      scopes: [newScopeRow(scope)],
      partition: 0,
      expected,
      ...expected,
      items: changes,
    });
  }
  await store.close();
}
