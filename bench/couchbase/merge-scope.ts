import { newScopeRow } from '../../core/ledger.ts';
import type { SnapshotEnd } from '../../schemas/generated/records.ts';
import { openBucket } from '../../sinks/couchbase/bucket.ts';
import { openDocumentStore } from '../../sinks/couchbase/couchbase-store.ts';
import { SnapshotMerge } from '../../sinks/snapshot-merge.ts';
import { SCOPE } from './documents.ts';
import type { Place } from './place.ts';
import { type SeededScope, SNAPSHOT_ID } from './seed-scope.ts';

export interface MergeScopeResult {
  /** comparing a snapshot of all ids with the ledger, page by page */
  readonly mergeMs: number;
  /** counting differences, row by row */
  readonly countMs: number;
  readonly isRight: boolean;
}

/** What a sink does with a snapshot of a large scope before it changes anything: what time and memory it takes. */
export async function mergeScope({
  server,
  prefix,
  items,
  seeded,
}: Place & { readonly seeded: SeededScope }): Promise<MergeScopeResult> {
  const bucket = await openBucket({ ...server, scope: '_default', collections: false, durability: 'none' });
  const store = openDocumentStore(bucket.spaces(prefix));
  const { listedDigest, chunks, listed } = seeded;
  const staged = { snapshotId: SNAPSHOT_ID, begin: 1, login: null, chunks, intact: true, sorted: true };
  const scope = {
    ...newScopeRow(SCOPE),
    listedDigest,
    listedCount: items,
    staged: { ...staged, lastId: null, judgement: null },
  };
  const end = { snapshotId: SNAPSHOT_ID, digestOnly: false, kinds: [''], asOf: null } as unknown as SnapshotEnd;
  const since = performance.now();
  const merged = await new SnapshotMerge(store, scope, end, async () => undefined).run();
  const mergedAt = performance.now();
  const differing = await store.countDifferences(SCOPE, Number.MAX_SAFE_INTEGER, [''], null);
  const countMs = performance.now() - mergedAt;
  await bucket.close();
  const isRight = merged.count === listed && merged.overlap === listed && differing === 0;
  return { mergeMs: mergedAt - since, countMs, isRight };
}
