import { type LedgerRow, newLedgerRow } from '../../core/ledger.ts';
import type { ChangeSet, ItemStore, StagedChunk } from '../../core/ports/item-store.ts';
import { SetDigest } from '../../core/set-digest.ts';
import { openBucket } from '../../sinks/couchbase/bucket.ts';
import { openDocumentStore } from '../../sinks/couchbase/couchbase-store.ts';
import { sampleId } from '../sample-items.ts';
import { SCOPE } from './documents.ts';
import type { Place } from './place.ts';

export interface SeededScope {
  /** digest of all ids of the ledger */
  readonly listedDigest: string;
  /** of the snapshot that is staged: all ids but every hundredth */
  readonly chunks: number;
  readonly listed: number;
  readonly ms: number;
}

export const SNAPSHOT_ID = 'snapshot';
const ROWS_AT_ONCE = 1_000;
const CHUNK_IDS = 12_000;
const NOTHING = {
  partition: 0,
  items: [],
  scopes: [],
  accounts: [],
  runs: [],
  history: [],
  events: [],
  outbox: [],
  chunks: [],
  discardChunks: [],
} as const;

/** One scope of so many ids, and a snapshot staged that does not list all of them. */
export async function seedScope({ server, prefix, items }: Place): Promise<SeededScope> {
  const bucket = await openBucket({ ...server, scope: '_default', collections: false, durability: 'none' });
  const store = openDocumentStore(bucket.spaces(prefix));
  const ids = Array.from({ length: items }, (_, n) => sampleId(n)).sort();
  const since = performance.now();
  const listedDigest = await seed(store, ids);
  const listed = ids.filter((_, i) => i % 100 !== 7);
  const chunks = await stage(store, listed);
  await bucket.close();
  return { listedDigest, chunks, listed: listed.length, ms: performance.now() - since };
}

async function seed(store: ItemStore, ids: readonly string[]): Promise<string> {
  const digest = new SetDigest();
  for (let from = 0; from < ids.length; from += ROWS_AT_ONCE) {
    const rows = ids.slice(from, from + ROWS_AT_ONCE).map((itemId, i): LedgerRow => {
      digest.add(itemId);
      const hashes = { documentHash: itemId.repeat(2), contentHash: itemId.repeat(2) };
      const state = { state: 'active', listed: true, content: 'full' } as const;
      return {
        ...newLedgerRow(itemId),
        ...state,
        ...hashes,
        savedAt: (from + i) * 1_000,
        firstSeenAt: 1,
        lastSeenAt: 1,
      };
    });
    await commit(store, { items: rows.map((row) => ({ scope: SCOPE, row })) });
  }
  return digest.toString();
}

/** Resolves to how many chunks there are. */
async function stage(store: ItemStore, ids: readonly string[]): Promise<number> {
  let index = 0;
  for (let from = 0; from < ids.length; from += CHUNK_IDS) {
    const itemIds = ids.slice(from, from + CHUNK_IDS);
    const chunk: StagedChunk = {
      scope: SCOPE,
      snapshotId: SNAPSHOT_ID,
      index,
      itemIds,
      documentHashes: '',
      savedAt: [],
    };
    await commit(store, { chunks: [chunk] });
    index++;
  }
  return index;
}

async function commit(store: ItemStore, change: Partial<ChangeSet>): Promise<void> {
  const expected = await store.progress(0);
  const position = expected.position + 1;
  await store.commit({ ...NOTHING, expected, position, nextOffset: position + 1, ...change });
}
