import { afterEach, describe, expect, it } from '@jest/globals';
import { textHashOf } from '../../core/text-hash.ts';
import { Bench, vectorBytes } from './processor.test-support.ts';

let bench: Bench;

afterEach(() => bench.close());

describe('requests of processors that share a cache', () => {
  it('are one for equal texts that are on their way in several processors at the same time', async () => {
    bench = new Bench(4);
    bench.embedder.latencyMs = 3_000;
    const first = await bench.start();
    for (let others = 0; others < 3; others += 1) await bench.start();
    for (const user of ['a', 'b', 'c', 'd', 'e', 'f']) {
      const records = ['same', user, 'alike'].map((text) => bench.item(text, { user }));
      await bench.log.append('ingest', bench.log.partitionOf(records[0]!.account), records);
    }
    await bench.settle();
    expect(bench.embedder.made.size).toBe(8);
    expect([...bench.embedder.made.values()].filter((times) => times > 1)).toEqual([]);
    for (const { item } of bench.enriched()) expect(item?.vector).toEqual(vectorBytes(item?.item.text ?? ''));
    await bench.stop(first);
  });

  it('are made by another processor once the one that asked is dead, and not before', async () => {
    bench = new Bench();
    await bench.cache.reserve('scripted-model', [textHashOf('held')], {
      id: 'reservation',
      owner: 'elsewhere',
      now: bench.clock.now(),
      until: bench.clock.now() + 900_000,
      over: [],
    });
    bench.running.add('elsewhere');
    await bench.start();
    await bench.add('held', 'free');
    await bench.clock.advance(60_000);
    expect(bench.embedder.calls).toEqual([['free']]);
    expect(bench.enriched()).toEqual([]);
    bench.running.delete('elsewhere');
    await bench.settle();
    expect(bench.embedder.calls).toEqual([['free'], ['held']]);
    expect(bench.enriched().map(({ item }) => item?.item.text)).toEqual(['held', 'free']);
  });

  it('are free for others as soon as the one that asked got no answer, or is stopped', async () => {
    bench = new Bench();
    const isFree = async (): Promise<boolean> => {
      const options = { id: 'other', owner: 'other', now: bench.clock.now(), until: bench.clock.now() + 1, over: [] };
      const { mine } = await bench.cache.reserve('scripted-model', [textHashOf('text')], options);
      await bench.cache.release('other');
      return mine.size === 1;
    };
    bench.embedder.isDown = true;
    bench.embedder.latencyMs = 100;
    bench.random = () => 0.99;
    const processor = await bench.start();
    await bench.add('text');
    await bench.clock.runUntil(() => bench.embedder.calls.length === 1);
    expect(await isFree()).toBe(false);
    await bench.clock.advance(100);
    expect(await isFree()).toBe(true);
    bench.embedder.latencyMs = 1_000_000;
    await bench.clock.runUntil(() => bench.embedder.calls.length === 2);
    expect(await isFree()).toBe(false);
    await bench.stop(processor);
    expect(await isFree()).toBe(true);
  });
});
