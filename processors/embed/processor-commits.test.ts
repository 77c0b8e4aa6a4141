import { afterEach, describe, expect, it } from '@jest/globals';
import { FencedError } from '../../core/errors.ts';
import type { SubscribeOptions } from '../../core/ports/event-log.ts';
import { Bench } from './processor.test-support.ts';

let bench: Bench;

afterEach(() => bench.close());

const numbered = (count: number, prefix = 'text'): string[] =>
  Array.from({ length: count }, (_, i) => `${prefix} ${i}`);

describe('the embed processor commits', () => {
  it('nothing whose enriched record is not in the log', async () => {
    bench = new Bench();
    bench.log.failAppends('enriched', ...Array.from({ length: 20 }, () => 'refuse' as const));
    await bench.start();
    await bench.add('text');
    await bench.clock.runUntil(() => (bench.log.appends.get('enriched') ?? 0) > 3);
    expect(bench.log.committed('embed', 'ingest', 0)).toBe(0);
    await bench.settle();
    expect(bench.enriched()).toHaveLength(1);
  });

  it('and writes a copy under another key where the answer was lost', async () => {
    bench = new Bench();
    bench.log.failAppends('enriched', 'lose-answer');
    await bench.start();
    await bench.add('text');
    await bench.settle();
    const [first, copy] = bench.enriched();
    expect(copy?.record.key).toMatch(/~\w+$/);
    expect(copy?.record.key.startsWith(first!.record.key)).toBe(true);
    expect(copy?.position).toBe(first?.position);
    expect(bench.embedder.calls).toHaveLength(1);
  });

  it('and erases the copy along with the first, though only the first key is in `ingest`', async () => {
    bench = new Bench();
    bench.log.failAppends('enriched', 'lose-answer');
    await bench.start();
    const item = bench.item('text');
    await bench.log.append('ingest', 0, [item]);
    await bench.settle();
    expect(bench.enriched()).toHaveLength(2);
    await bench.log.append('ingest', 0, [{ key: item.key, value: null }]);
    await bench.settle();
    await bench.log.compact();
    expect(bench.enriched().filter(({ item }) => item !== null)).toEqual([]);
  });

  it('nothing more of a partition that it lost', async () => {
    bench = new Bench();
    const subscribe = bench.log.subscribe.bind(bench.log);
    let refusals = 1;
    bench.log.subscribe = (options: SubscribeOptions) =>
      subscribe({
        ...options,
        handler: (batch) =>
          options.handler({
            ...batch,
            commit: async (next) => {
              refusals -= 1;
              if (refusals >= 0) throw new FencedError('lost');
              await batch.commit(next);
            },
          }),
      });
    await bench.start({ limits: { batchRecords: 10, windowRecords: 20 } });
    await bench.add(...numbered(100));
    await bench.settle();
    const positions = bench.enriched().map(({ position }) => position);
    expect([...new Set(positions)]).toEqual(Array.from({ length: 100 }, (_, index) => index));
    expect([...bench.embedder.made.values()].every((times) => times === 1)).toBe(true);
  });
});
