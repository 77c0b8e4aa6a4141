import { describe, expect, it } from '@jest/globals';
import { type EventLogSuite, keysOf, readAll, record, records, Seen, textOf, until } from './event-log-harness.ts';

const DAY_MS = 24 * 60 * 60 * 1_000;

/** Tombstones and retention. */
export function describeErasure({ harness, supports }: EventLogSuite): void {
  if (supports('prompt-erasure'))
    describe('a tombstone', () => {
      it('erases every earlier record with its key, and nothing else', async () => {
        const { log, reopen } = harness();
        const key = 'tiktok/me|tiktok/me/favorites|7|a';
        await log.append('ingest', 0, [
          record(key, 'one'),
          record(`${key}~1`, 'copy'),
          record(key, 'two'),
          record('other'),
        ]);
        await log.append('enriched', 0, [record(key, 'enriched')]);
        await log.append('ingest', 0, [record(key, null), record('last'), record(key, 'later')]);
        await log.compact();
        for (const open of [() => log, () => reopen(log)]) {
          const client = await open();
          const left = await readAll(client, 'ingest', 0);
          expect(left.map((r) => [r.offset, r.key, textOf(r)])).toEqual([
            [1, `${key}~1`, 'copy'],
            [3, 'other', 'other'],
            [4, key, null],
            [5, 'last', 'last'],
            [6, key, 'later'],
          ]);
          expect((await readAll(client, 'enriched', 0)).map(textOf)).toEqual(['enriched']);
          expect((await client.ends('ingest'))[0]).toEqual({ partition: 0, start: 1, end: 7 });
        }
      });

      it('does not let an offset be given twice', async () => {
        const { log, reopen } = harness();
        await log.append('commands', 1, [record('a'), record('a', null)]);
        await log.compact();
        expect(await (await reopen(log)).append('commands', 1, [record('b')])).toEqual([2]);
      });

      it('acts as often as there is one, however much came before', async () => {
        const { log } = harness();
        await log.append('ingest', 0, records('k', 40_000));
        const erased = new Set<string>();
        for (const step of [7, 1_001, 20_000]) {
          const keys = records('k', 40_000).flatMap(({ key }, i) => (i % step === 3 && !erased.has(key) ? [key] : []));
          await log.append(
            'ingest',
            0,
            keys.map((key) => record(key, null)),
          );
          for (const key of keys) erased.add(key);
          await log.compact();
          const left = (await readAll(log, 'ingest', 0)).filter(({ value }) => value !== null);
          expect(left.length).toBe(40_000 - erased.size);
          expect(left.some(({ key }) => erased.has(key))).toBe(false);
        }
      });

      it('leaves gaps that readers and consumers pass over', async () => {
        const { log } = harness();
        await log.append('ingest', 0, records('k', 9_000));
        await log.append(
          'ingest',
          0,
          records('k', 8_990).map(({ key }) => record(key, null)),
        );
        await log.compact();
        expect(keysOf(await log.read('ingest', 0, 0, { records: 2 }))).toEqual(['k8990', 'k8991']);
        const seen = new Seen();
        await log.subscribe({ group: 'g', topics: ['ingest'], handler: async (batch) => seen.add(batch) });
        await until('all came', () => seen.count === 9_000);
        expect(seen.batches[0]?.records[0]?.offset).toBe(8_990);
      });
    });

  if (supports('retention'))
    describe('retention', () => {
      it('removes what is older than its topic keeps', async () => {
        const { log, advance } = harness();
        const topics = ['ingest', 'enriched', 'commands', 'outcomes', 'dead-letter'] as const;
        for (const topic of topics) await log.append(topic, 0, records('old', 3));
        await advance(6 * DAY_MS);
        for (const topic of topics) await log.append(topic, 0, records('new', 1));
        await log.compact();
        for (const topic of topics) expect(await readAll(log, topic, 0)).toHaveLength(4);
        await advance(2 * DAY_MS);
        await log.compact();
        expect(keysOf(await readAll(log, 'commands', 0))).toEqual(['new0']);
        expect((await log.ends('commands'))[0]).toEqual({ partition: 0, start: 3, end: 4 });
        expect(await readAll(log, 'outcomes', 0)).toHaveLength(4);
        await advance(24 * DAY_MS);
        await log.compact();
        const left = await Promise.all(topics.map(async (topic) => (await readAll(log, topic, 0)).length));
        expect(left).toEqual([4, 4, 0, 1, 1]);
        expect((await log.ends('commands'))[0]).toEqual({ partition: 0, start: 4, end: 4 });
        expect(await log.append('commands', 0, records('next', 1))).toEqual([4]);
      });

      it('removes tombstones 30 days after them, and keeps what came later', async () => {
        const { log, advance } = harness();
        await log.append('ingest', 0, [record('a'), record('a', null), record('b')]);
        await log.compact();
        await advance(29 * DAY_MS);
        await log.compact();
        expect(keysOf(await readAll(log, 'ingest', 0))).toEqual(['a', 'b']);
        await log.append('ingest', 0, [record('a', 'again')]);
        await advance(2 * DAY_MS);
        await log.compact();
        expect((await readAll(log, 'ingest', 0)).map(textOf)).toEqual(['b', 'again']);
      });
    });
}
