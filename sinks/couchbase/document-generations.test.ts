import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { StoreUnavailableError } from '../../core/errors.ts';
import { describeWithCouchbase } from '../../testing/couchbase/describe-with-couchbase.ts';
import { FaultyDocuments } from '../../testing/couchbase/faulty-documents.ts';
import { storyEnd, tellStory } from '../../testing/couchbase/store-story.ts';
import { type OpenBucket, openBucket } from './bucket.ts';
import { openDocumentStore } from './couchbase-store.ts';
import { DocumentGenerations } from './document-generations.ts';

let bucket: OpenBucket;
let places = 0;

const LIMITS = { pendingSegments: 1, shardBytes: 1_500 };

function newPlace() {
  const start = `generations-${process.pid}-${places++}:`;
  const faulty = new FaultyDocuments();
  const spacesOf = (generation: number) => faulty.wrap(bucket.spaces(`${start}g${generation}:`));
  const generations = new DocumentGenerations(bucket.spaces(start).ledger, spacesOf, (generation) =>
    openDocumentStore(spacesOf(generation), { limits: LIMITS }),
  );
  /** Documents of a generation that are there. */
  const left = async (generation: number): Promise<readonly string[]> => {
    const { ledger, items } = bucket.spaces(`${start}g${generation}:`);
    const all: string[] = [];
    for (const key of faulty.ledgerKeys) if ((await ledger.get(key)) !== null) all.push(key);
    for (const id of ['1', '2', '3', '4', '5'])
      for (const [provider, list] of [
        ['tiktok', 'favorites'],
        ['reddit', 'saved'],
      ] as const)
        if ((await items(provider).get(`${provider}/me/${list}/${id}`)) !== null) all.push(`item ${id}`);
    return all;
  };
  return { faulty, generations, left };
}

describeWithCouchbase('Generations in a bucket', (server) => {
  beforeAll(async () => {
    bucket = await openBucket({ ...server(), scope: '_default', collections: false, durability: 'none' });
  });
  afterAll(() => bucket.close());

  describe('generations of a store in one bucket', () => {
    it('stand beside each other, and one goes without a trace', async () => {
      const { generations, left } = newPlace();
      const [one, two] = [await generations.open(1), await generations.open(2)];
      await tellStory(one);
      expect(await two.progress(0)).toEqual({ position: -1, nextOffset: 0 });
      await tellStory(two);
      const end = await storyEnd(two);
      expect((await left(1)).length).toBeGreaterThan(5);
      expect(await generations.list()).toEqual([1, 2]);
      await generations.remove(1);
      expect(await left(1)).toEqual([]);
      expect([await generations.list(), await generations.exists(1)]).toEqual([[2], false]);
      expect(await storyEnd(await generations.open(2))).toEqual(end);
      await generations.remove(7);
    });

    it('go without a trace after a removal that was cut off anywhere', async () => {
      const counted = newPlace();
      await tellStory(await counted.generations.open(1));
      const told = counted.faulty.operations.length;
      await counted.generations.remove(1);
      const names = counted.faulty.operations.slice(told);
      expect(names.filter((name) => name === 'remove').length).toBeGreaterThan(10);
      for (const [number, name] of names.entries()) {
        if (name === 'get') continue;
        const { faulty, generations, left } = newPlace();
        await tellStory(await generations.open(1));
        const first = faulty.operations.length;
        faulty.faults = { fails: (operation) => (operation.number < first + number ? null : 'before') };
        await expect(generations.remove(1)).rejects.toThrow(StoreUnavailableError);
        faulty.faults = { fails: () => null };
        expect(await generations.exists(1)).toBe(true);
        await generations.remove(1);
        expect([number, await left(1)]).toEqual([number, []]);
      }
    });
  });
});
