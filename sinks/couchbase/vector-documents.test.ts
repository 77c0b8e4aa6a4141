import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { testReservations } from '../../testing/contracts/reservations.ts';
import { describeWithCouchbase } from '../../testing/couchbase/describe-with-couchbase.ts';
import { type OpenBucket, openBucket } from './bucket.ts';
import { VectorDocuments } from './vector-documents.ts';

const TEXT = 'a'.repeat(64);
const OTHER = 'b'.repeat(64);
const entry = (textHash: string, ...bytes: readonly number[]) => {
  return { textHash, vector: Uint8Array.from(bytes), truncated: bytes.length > 4 };
};

describeWithCouchbase('vectors that all machines share', (server) => {
  let bucket: OpenBucket;
  let places = 0;
  let here: VectorDocuments;
  let elsewhere: VectorDocuments;
  beforeAll(async () => {
    bucket = await openBucket({ ...server(), scope: '_default', collections: false, durability: 'none' });
  });
  afterAll(() => bucket.close());
  beforeEach(() => {
    const { ledger } = bucket.spaces(`vectors-${process.pid}-${places++}:`);
    [here, elsewhere] = [new VectorDocuments(ledger), new VectorDocuments(ledger)];
  });

  it('are found elsewhere, by model and text, byte for byte', async () => {
    await here.putMany('one', [entry(TEXT, 1, 2, 3, 250), entry(OTHER, 1, 2, 3, 4, 5, 6, 7, 8)]);
    const found = await elsewhere.getMany('one', [TEXT, 'c'.repeat(64), OTHER]);
    expect([...found]).toEqual([
      [TEXT, { vector: Uint8Array.from([1, 2, 3, 250]), truncated: false }],
      [OTHER, { vector: Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]), truncated: true }],
    ]);
    expect([...(await elsewhere.getMany('two', [TEXT]))]).toEqual([]);
  });

  it('stay as they were first, for equal texts that two machines embedded at once', async () => {
    await here.putMany('one', [entry(TEXT, 1, 1, 1, 1)]);
    await elsewhere.putMany('one', [entry(TEXT, 2, 2, 2, 2)]);
    expect((await here.getMany('one', [TEXT])).get(TEXT)?.vector).toEqual(Uint8Array.from([1, 1, 1, 1]));
  });

  it('are removed for all models and all machines, also by one that knows none of the models', async () => {
    await Promise.all([here.putMany('one', [entry(TEXT, 1)]), elsewhere.putMany('two', [entry(TEXT, 2)])]);
    await here.putMany('one', [entry(OTHER, 3)]);
    await elsewhere.remove([{ textHash: TEXT }, { textHash: 'c'.repeat(64) }]);
    expect([...(await here.getMany('one', [TEXT, OTHER])).keys()]).toEqual([OTHER]);
    expect([...(await here.getMany('two', [TEXT])).keys()]).toEqual([]);
  });

  testReservations('Couchbase', () => {
    const { ledger } = bucket.spaces(`vectors-${process.pid}-${places++}:`);
    return { caches: [new VectorDocuments(ledger), new VectorDocuments(ledger)], close: () => undefined };
  });
});
