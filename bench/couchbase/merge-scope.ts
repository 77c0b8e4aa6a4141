import { type LedgerRow, newLedgerRow, newScopeRow } from '../../core/ledger.ts';
import type { ChangeSet, ItemStore, StagedChunk } from '../../core/ports/item-store.ts';
import { SetDigest } from '../../core/set-digest.ts';
import type { SnapshotEnd } from '../../schemas/generated/records.ts';
import { openBucket } from '../../sinks/couchbase/bucket.ts';
import { openDocumentStore } from '../../sinks/couchbase/couchbase-store.ts';
import { SnapshotMerge } from '../../sinks/snapshot-merge.ts';
import { sampleId } from '../sample-items.ts';
import type { Place } from './couchbase.ts';
import { SCOPE } from './documents.ts';

export interface MergeScopeResult {
  readonly ids: number;
  readonly seedMs: number;
  /** comparing a snapshot of all ids with the ledger, page by page */
  readonly mergeMs: number;
  /** counting differences, row by row */
  readonly countMs: number;
  readonly isRight: boolean;
}

const ROWS_AT_ONCE = 1_000;
const CHUNK_IDS = 12_000;
const SNAPSHOT_ID = 'snapshot';
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

/** One scope of so many ids, all of which a staged snapshot lists but every hundredth: what memory a reconciliation takes. */
export async function mergeScope({ server, prefix, items }: Place): Promise<MergeScopeResult> {
  const bucket = await openBucket({ ...server, scope: '_default', collections: false, durability: 'none' });
  const store = openDocumentStore(bucket.spaces(prefix));
  const ids = Array.from({ length: items }, (_, n) => sampleId(n)).sort();
  const isListed = (_: string, i: number): boolean => i % 100 !== 7;
  const since = performance.now();
  const listedDigest = await seed(store, ids);
  const listed = ids.filter(isListed);
  const chunks = await stage(store, listed);
  const seeded = performance.now();
  const staged = { snapshotId: SNAPSHOT_ID, begin: 1, login: null, chunks, intact: true, sorted: true };
  const scope = {
    ...newScopeRow(SCOPE),
    listedDigest,
    listedCount: ids.length,
    staged: { ...staged, lastId: null, judgement: null },
  };
  const end = { snapshotId: SNAPSHOT_ID, digestOnly: false } as SnapshotEnd;
  const merged = await new SnapshotMerge(store, scope, end, async () => undefined).run();
  const mergedAt = performance.now();
  const differing = await store.countDifferences(SCOPE, Number.MAX_SAFE_INTEGER, ['']);
  const countMs = performance.now() - mergedAt;
  await bucket.close();
  const isRight = merged.count === listed.length && merged.overlap === listed.length && differing === 0;
  return { ids: items, seedMs: seeded - since, mergeMs: mergedAt - seeded, countMs, isRight };
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
