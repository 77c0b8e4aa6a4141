import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { testItemStore } from '../../testing/contracts/item-store.ts';
import { changeOf, item, OTHER_SCOPE, SCOPE } from '../../testing/contracts/item-store-samples.ts';
import type { ItemStoreHarness } from '../../testing/contracts/item-store-suite.ts';
import { describeWithCouchbase } from '../../testing/couchbase/describe-with-couchbase.ts';
import { FaultyDocuments } from '../../testing/couchbase/faulty-documents.ts';
import { type OpenBucket, openBucket } from './bucket.ts';
import { openDocumentStore } from './couchbase-store.ts';
import type { StoreLimits } from './limits.ts';

// Random changes ask some thousands of questions, one after the other.
let bucket: OpenBucket;
let stores = 0;

/** Everything is merged after each change, into shards of a few rows, and hardly anything is cached. */
const TINY = { pendingBytes: 0, pendingSegments: 0, shardBytes: 400, cacheBytes: 2_000 };

function createHarness(limits: Partial<StoreLimits> = {}): ItemStoreHarness {
  const prefix = `test-${process.pid}-${stores++}:`;
  const faulty = new FaultyDocuments();
  const none = (): never => {
    throw new Error('declared as not supported');
  };
  return {
    open: () => openDocumentStore(faulty.wrap(bucket.spaces(prefix)), { limits }),
    spoil: (change) => ({
      ...change,
      vector: { model: 'test-model', dimensions: 16, bytes: new Uint8Array(15) },
    }),
    whileUnavailable: async (work) => {
      faulty.faults = { fails: ({ name }) => (name === 'get' ? null : 'before') };
      await work();
      faulty.faults = { fails: () => null };
    },
    bytes: none,
    backupFile: '',
    openBackup: none,
    close: () => undefined,
  };
}

describeWithCouchbase('The store in Couchbase', (server) => {
  beforeAll(async () => {
    bucket = await openBucket({ ...server(), scope: '_default' });
  });
  afterAll(() => bucket.close());

  // The files of a server are the server's own; words beyond the simplest need its Search service, which the protocol server
  // lacks.
  const NOT_SUPPORTED = ['backup', 'erasure', 'word search'] as const;
  testItemStore('Couchbase', () => createHarness(), NOT_SUPPORTED);
  testItemStore('Couchbase that merges all the time', () => createHarness(TINY), NOT_SUPPORTED);

  it('tells due stubs in the same order, whichever partitions a process writes', async () => {
    const harness = createHarness();
    const [one, other] = [await harness.open(), await harness.open()];
    const stubOf = (id: string, scope: string) => item(id, { content: 'stub', firstSeenAt: 7 }, { scope });
    await one.commit({ ...(await changeOf(one, { items: [stubOf('1', SCOPE), stubOf('2', SCOPE)] })), partition: 1 });
    await other.commit(await changeOf(other, { items: [stubOf('3', OTHER_SCOPE), stubOf('4', OTHER_SCOPE)] }));
    for (const store of [one, other]) {
      const pages = [await store.dueStubs(9, 3, 0), await store.dueStubs(9, 3, 3), await store.dueStubs(9, 3, 4)];
      expect(pages.map((page) => page.map(({ itemId }) => itemId))).toEqual([['3', '4', '1'], ['2'], []]);
    }
  });
});
