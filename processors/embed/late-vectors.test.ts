import { afterEach, describe, expect, it } from '@jest/globals';
import { HEADER } from '../../core/keys.ts';
import { textHashOf } from '../../core/text-hash.ts';
import { Bench, DIMENSIONS, vectorBytes } from './processor.test-support.ts';

let bench: Bench;

afterEach(() => bench.close());

const MINUTE_MS = 60_000;

const isEmpty = async (): Promise<boolean> => (await bench.cache.countPending()) === 0;

describe('while the embedder is down', () => {
  it('waits for it for a while, and then loses nothing', async () => {
    bench = new Bench();
    bench.embedder.isDown = true;
    const processor = await bench.start();
    await bench.add('text');
    await bench.clock.advance(30_000);
    expect(processor.embedderState()).toBe('failing');
    expect(bench.enriched()).toEqual([]);
    bench.embedder.isDown = false;
    await bench.settle();
    expect(bench.enriched().map(({ item }) => item?.vector)).toEqual([vectorBytes('text')]);
    expect(processor.embedderState()).toBe('up');
  });

  it('lets items pass after a minute, without waiting a minute for each', async () => {
    bench = new Bench();
    bench.embedder.isDown = true;
    const processor = await bench.start();
    const before = bench.clock.now();
    await bench.add('first');
    await bench.settle();
    expect(bench.clock.now() - before).toBeGreaterThanOrEqual(MINUTE_MS);
    expect(bench.clock.now() - before).toBeLessThan(2 * MINUTE_MS);
    expect(processor.embedderState()).toBe('out');
    const then = bench.clock.now();
    await bench.add('second', 'third');
    await bench.settle();
    expect(bench.clock.now()).toBe(then);
    const hashes = ['first', 'second', 'third'].map(textHashOf);
    expect(bench.enriched().map(({ item }) => [item?.textHash, item?.vector])).toEqual(
      hashes.map((hash) => [hash, null]),
    );
  });

  it('lets those pass that have a vector in the cache, with it', async () => {
    bench = new Bench();
    await bench.start();
    await bench.add('known');
    await bench.settle();
    bench.embedder.isDown = true;
    await bench.add('unknown');
    await bench.settle();
    await bench.add('known');
    await bench.settle();
    expect(bench.enriched()[2]?.item?.vector).toEqual(vectorBytes('known'));
  });

  it('gives them their vectors when it is back, and embeds new ones again', async () => {
    bench = new Bench(4);
    bench.embedder.isDown = true;
    const processor = await bench.start();
    const records = ['a', 'b', 'c'].map((user) => bench.item(`text of ${user}`, { user }));
    for (const record of records) await bench.log.append('ingest', bench.log.partitionOf(record.account), [record]);
    await bench.settle();
    await bench.clock.advance(3 * 60 * MINUTE_MS);
    expect(bench.enriched()).toHaveLength(3);
    bench.embedder.isDown = false;
    await bench.clock.runUntil(isEmpty);
    const late = bench.enriched().filter((entry) => entry.late !== null);
    expect(late.map((entry) => entry.late?.textHash ?? '').toSorted()).toEqual(
      ['a', 'b', 'c'].map((user) => textHashOf(`text of ${user}`)).toSorted(),
    );
    for (const { late: vector, record } of late) {
      expect(vector).toMatchObject({
        provider: 'tiktok',
        collection: 'favorites',
        model: 'scripted-model',
        dimensions: DIMENSIONS,
      });
      expect(Buffer.from(vector!.vector)).toEqual(vectorBytes(`text of ${vector!.user}`));
      expect(record.key).toMatch(new RegExp(`\\|${vector!.itemId}\\|[^|]+\\+late$`));
      expect(record.headers[HEADER.position]).toBeUndefined();
    }
    expect(processor.embedderState()).toBe('up');
    await bench.add('new');
    await bench.settle();
    const added = bench.enriched().find(({ item }) => item?.item.text === 'new');
    expect(added?.item?.vector).toEqual(vectorBytes('new'));
  });

  it('asks it with one text at a time, ever more rarely', async () => {
    bench = new Bench();
    bench.embedder.isDown = true;
    await bench.start();
    await bench.add(...Array.from({ length: 500 }, (_, index) => `text ${index}`));
    await bench.settle();
    const before = bench.embedder.calls.length;
    await bench.clock.advance(60 * MINUTE_MS);
    const calls = bench.embedder.calls.slice(before);
    expect(calls.length).toBeGreaterThan(10);
    expect(calls.length).toBeLessThan(200);
    expect(new Set(calls.map((texts) => texts.length))).toEqual(new Set([1]));
  });

  it('finds out that it is back though no item waits', async () => {
    bench = new Bench();
    bench.embedder.isDown = true;
    const processor = await bench.start();
    const item = bench.item('purged meanwhile');
    await bench.log.append('ingest', 0, [item]);
    await bench.settle();
    await bench.cache.removePending([item.key]);
    bench.embedder.isDown = false;
    await bench.clock.runUntil(() => processor.embedderState() === 'up', 10 * MINUTE_MS);
    expect(bench.enriched().filter(({ late }) => late !== null)).toEqual([]);
  });

  it('forgets an item that was erased', async () => {
    bench = new Bench();
    bench.embedder.isDown = true;
    await bench.start();
    const item = bench.item('secret');
    await bench.log.append('ingest', 0, [item]);
    await bench.settle();
    expect(await bench.cache.countPending()).toBe(1);
    await bench.log.append('ingest', 0, [{ key: item.key, value: null }]);
    await bench.settle();
    expect(await bench.cache.countPending()).toBe(0);
  });

  it('gives up on a text that is refused for good later', async () => {
    bench = new Bench();
    bench.embedder.isDown = true;
    await bench.start();
    await bench.add('bad');
    await bench.settle();
    bench.embedder.poison.add('bad');
    bench.embedder.isDown = false;
    await bench.clock.runUntil(isEmpty);
    expect(bench.enriched()).toHaveLength(1);
  });

  it('writes no vector before its item, however long the log refuses the item', async () => {
    bench = new Bench();
    bench.embedder.isDown = true;
    await bench.start();
    const refuse = 'refuse' as const;
    bench.log.failAppends('enriched', ...Array.from({ length: 200 }, () => refuse));
    await bench.add('text');
    await bench.clock.runUntil(async () => !(await isEmpty()));
    bench.embedder.isDown = false;
    await bench.settle();
    await bench.clock.runUntil(isEmpty);
    expect(bench.enriched().map(({ item, late }) => [item !== null, late !== null])).toEqual([
      [true, false],
      [false, true],
    ]);
  });

  it('writes a late vector again where the log failed', async () => {
    bench = new Bench();
    bench.embedder.isDown = true;
    await bench.start();
    await bench.add('text');
    await bench.settle();
    bench.log.failAppends('enriched', 'lose-answer');
    bench.embedder.isDown = false;
    await bench.clock.runUntil(isEmpty);
    const late = bench.enriched().filter((entry) => entry.late !== null);
    expect(late).toHaveLength(2);
    // It may displace the first: both are the same, and apply at any time.
    expect(late[1]?.record.key).toBe(late[0]?.record.key);
    expect(late[1]?.late?.eventId).toBe(late[0]?.late?.eventId);
    expect(bench.embedder.made.get('text')).toBe(1);
  });

  it('goes on after a restart with what was left', async () => {
    bench = new Bench();
    bench.embedder.isDown = true;
    const processor = await bench.start();
    await bench.add('text');
    await bench.settle();
    await bench.stop(processor);
    bench.embedder.isDown = false;
    await bench.start();
    await bench.clock.runUntil(isEmpty);
    expect(bench.enriched().map(({ late }) => late?.textHash ?? null)).toEqual([null, textHashOf('text')]);
  });
});
