import type { HistoryEntry } from '../../core/ledger.ts';
import type { ItemStore } from '../../core/ports/item-store.ts';
import { openBucket } from '../../sinks/couchbase/bucket.ts';
import { openDocumentStore } from '../../sinks/couchbase/couchbase-store.ts';
import { ITEMS_AT_ONCE, SCOPE, sampleChanges } from './documents.ts';
import type { Place } from './place.ts';

export interface CouchbaseResult {
  readonly ms: number;
  readonly digest: string;
}

const NOTHING = { scopes: [], accounts: [], runs: [], events: [], outbox: [], chunks: [], discardChunks: [] } as const;

/** What a sink commits for new items, batch by batch, with a history entry for each. */
export async function runCouchbase({ server, prefix, items }: Place): Promise<CouchbaseResult> {
  const bucket = await openBucket({ ...server, scope: '_default', collections: false, durability: 'none' });
  const store = openDocumentStore(bucket.spaces(prefix));
  const changeAt = sampleChanges();
  const since = performance.now();
  for (let from = 0; from < items; from += ITEMS_AT_ONCE)
    await commit(store, from, Math.min(ITEMS_AT_ONCE, items - from), changeAt);
  const ms = performance.now() - since;
  const digest = await store.digest();
  await bucket.close();
  return { ms, digest };
}

async function commit(
  store: ItemStore,
  from: number,
  count: number,
  changeAt: ReturnType<typeof sampleChanges>,
): Promise<void> {
  const changes = Array.from({ length: count }, (_, i) => changeAt(from + i));
  const history = changes.map(({ row: { itemId, seen } }): HistoryEntry => {
    const shown = { at: seen, event: 'sighted', reason: '', snapshotId: null, author: 'source', evidence: '{}' };
    return { scope: SCOPE, itemId, position: seen, erasable: true, ...shown };
  });
  await store.commit({
    ...NOTHING,
    partition: 0,
    expected: { position: from - 1, nextOffset: from },
    position: from + count - 1,
    nextOffset: from + count,
    items: changes,
    history,
  });
}
