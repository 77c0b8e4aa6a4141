import { afterEach, describe, expect, it } from '@jest/globals';
import { Bench, vectorBytes } from './processor.test-support.ts';
import type { EmbedProcessor } from './processor.ts';

const SEEDS = Number(process.env['HOARDARR_TEST_SEEDS'] ?? 15);
const FIRST_SEED = Number(process.env['HOARDARR_TEST_SEED'] ?? 1);

let bench: Bench;

afterEach(() => bench.close());

/** mulberry32 */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Appends, outages, restarts and a second processor, in an order that the seed gives. */
async function live(random: () => number, most: number): Promise<void> {
  const below = (limit: number): number => Math.floor(random() * limit);
  const processors: EmbedProcessor[] = [];
  const limits = { batchRecords: 1 + below(20), windowRecords: 1 + below(60), lingerMs: below(30) };
  const steps: readonly (() => Promise<void>)[] = [
    async () => {
      for (let i = below(40); i >= 0; i -= 1) {
        const poison = { key: `poison ${i} ${random()}`, value: Buffer.from('poison'), account: `tiktok/u${below(4)}` };
        const item = bench.item(`text ${below(30)}`, { user: `u${below(4)}` });
        const record = [item, item, item, poison, { ...item, value: null }][below(5)] ?? item;
        await bench.log.append('ingest', bench.log.partitionOf(record.account), [record]);
      }
    },
    async () => {
      bench.embedder.isDown = random() < 0.5;
    },
    async () => {
      bench.embedder.latencyMs = below(3) * 100;
    },
    async () => {
      const faults = ['refuse', 'lose-answer', 'duplicate'] as const;
      bench.log.failAppends(random() < 0.8 ? 'enriched' : 'dead-letter', faults[below(3)] ?? 'refuse');
    },
    async () => {
      if (processors.length < most)
        processors.push(await bench.start({ limits: { ...limits, drainMs: below(2) * 1_000 } }));
    },
    async () => {
      const [processor] = processors.splice(below(3), 1);
      if (processor !== undefined) await bench.stop(processor);
    },
    () => bench.clock.advance(below(40_000)),
  ];
  for (let step = 0; step < 60; step += 1) await steps[below(steps.length)]?.();
  bench.embedder.isDown = false;
  if (processors.length === 0) await bench.start({ limits });
  await bench.settle();
  await bench.clock.runUntil(async () => (await bench.cache.countPending()) === 0);
}

describe('embed processor', () => {
  it.each(Array.from({ length: SEEDS }, (_, index) => FIRST_SEED + index))(
    'loses, reorders and embeds twice nothing, whatever fails (seed %d)',
    async (seed) => {
      bench = new Bench(3);
      const random = randomOf(seed);
      bench.random = random;
      const most = 1 + (seed % 3);
      await live(random, most);
      for (let partition = 0; partition < 3; partition += 1) await checkPartition(partition);
      const twice = [...bench.embedder.made].filter(([text, times]) => text !== 'hello' && times > 1);
      expect(twice).toEqual([]);
    },
  );
});

/** What a sink makes of a partition: each position once, in order, and the late vectors after their items. */
async function checkPartition(partition: number): Promise<void> {
  const limits = { records: 100_000 };
  const [ingest, enriched, dead] = await Promise.all(
    (['ingest', 'enriched', 'dead-letter'] as const).map((topic) => bench.log.read(topic, partition, 0, limits)),
  );
  const isPoison = (key: string): boolean => key.startsWith('poison');
  const applied: { key: string; hasVector: boolean; textHash: string }[] = [];
  const late = new Set<string>();
  let last = -1;
  for (const record of enriched ?? []) {
    const position = Number(record.headers['hoardarr-position'] ?? Number.NaN);
    const isMarker = record.headers['hoardarr-poison'] !== undefined;
    const decoded = record.value === null || isMarker ? null : bench.codec.decode(record.value);
    if (decoded?.type === 'LateVector') late.add(decoded.value.textHash);
    if (Number.isNaN(position) || position <= last) continue;
    last = position;
    const item = decoded?.type === 'EnrichedItem' ? decoded.value : null;
    const key = record.key.replace(/~\w+$/, '');
    applied.push({ key, hasVector: item === null || item.vector !== null, textHash: item?.textHash ?? '' });
    if (item !== null && item.vector !== null) expect(item.vector).toEqual(vectorBytes(item.item.text ?? ''));
  }
  // What went to the dead letters is there as a marker.
  expect(applied.map(({ key }) => key)).toEqual((ingest ?? []).map(({ key }) => key));
  const deadKeys = new Set((dead ?? []).map(({ key }) => key.replace(/~\w+$/, '')));
  expect([...deadKeys].toSorted()).toEqual(
    (ingest ?? [])
      .map(({ key }) => key)
      .filter(isPoison)
      .toSorted(),
  );
  const erased = new Set((ingest ?? []).filter(({ value }) => value === null).map(({ key }) => key));
  const without = applied.filter(
    ({ hasVector, key, textHash }) => !hasVector && !late.has(textHash) && !erased.has(key),
  );
  expect(without).toEqual([]);
}
