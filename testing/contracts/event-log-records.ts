import { describe, expect, it } from '@jest/globals';
import { RecordTooLargeError } from '../../core/errors.ts';
import { partitionOfKey } from '../../core/murmur2.ts';
import { type EventLogSuite, keysOf, PARTITIONS, readAll, record, records, textOf } from './event-log-harness.ts';

const MEBIBYTE = 1_048_576;

export function describeRecords({ harness }: EventLogSuite): void {
  describe('records', () => {
    it('counts offsets from 0 in each partition of each topic', async () => {
      const { log } = harness();
      expect(await log.append('ingest', 0, records('a', 3))).toEqual([0, 1, 2]);
      expect(await log.append('ingest', 0, records('b', 2))).toEqual([3, 4]);
      expect(await log.append('ingest', 1, records('c', 1))).toEqual([0]);
      expect(await log.append('enriched', 0, records('d', 1))).toEqual([0]);
      expect(await log.append('ingest', 0, [])).toEqual([]);
      expect(keysOf(await readAll(log, 'ingest', 0))).toEqual(['a0', 'a1', 'a2', 'b0', 'b1']);
    });

    it('gives keys, values, headers and timestamps back as they were', async () => {
      const { log } = harness();
      const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
      const given = [
        {
          key: 'tiktok/zoë|ünïcode|😀|\u0000|1',
          value: bytes.subarray(3),
          headers: { 'hoardarr-position': '7', ä: '"😀\n' },
        },
        { key: 'empty', value: new Uint8Array(), headers: {}, timestamp: 1_700_000_000_123 },
        { key: 'tombstone', value: null, timestamp: 1 },
      ];
      await log.append('ingest', 2, given);
      const [first, empty, tombstone] = await log.read('ingest', 2, 0);
      expect(first).toMatchObject({ key: given[0]?.key, headers: given[0]?.headers, offset: 0 });
      expect(Uint8Array.from(first?.value ?? [])).toEqual(bytes.slice(3));
      expect(first?.timestamp).toBeGreaterThan(1_600_000_000_000);
      expect(empty).toMatchObject({ key: 'empty', headers: {}, timestamp: 1_700_000_000_123 });
      expect(empty?.value?.length).toBe(0);
      expect(tombstone).toMatchObject({ key: 'tombstone', value: null, headers: {}, timestamp: 1 });
    });

    it('reads from an offset, within limits, and nothing at the end', async () => {
      const { log } = harness();
      await log.append('ingest', 0, records('k', 20));
      expect(keysOf(await log.read('ingest', 0, 5, { records: 3 }))).toEqual(['k5', 'k6', 'k7']);
      expect(await log.read('ingest', 0, 20)).toEqual([]);
      expect(await log.read('ingest', 0, 1_000)).toEqual([]);
      await log.append(
        'ingest',
        1,
        Array.from({ length: 10 }, (_, i) => record(`large${i}`, 'x'.repeat(100_000))),
      );
      const some = await log.read('ingest', 1, 2, { bytes: 350_000 });
      expect(some.length).toBeGreaterThan(1);
      expect(some.length).toBeLessThan(5);
      expect(some[0]?.offset).toBe(2);
      expect(keysOf(await log.read('ingest', 1, 2, { bytes: 10 }))).toEqual(['large2']);
    });

    it('refuses what is too large, with everything else of the call', async () => {
      const { log } = harness();
      const large = (size: number): ReturnType<typeof record> => ({ key: 'large', value: new Uint8Array(size) });
      await expect(log.append('ingest', 0, [record('small'), large(MEBIBYTE)])).rejects.toThrow(RecordTooLargeError);
      await expect(log.append('dead-letter', 0, [large(2 * MEBIBYTE)])).rejects.toThrow(RecordTooLargeError);
      expect(await readAll(log, 'ingest', 0)).toEqual([]);
      await log.append('ingest', 0, [large(1_000_000)]);
      await log.append('dead-letter', 0, [large(2_000_000)]);
      expect((await log.read('ingest', 0, 0))[0]?.value?.length).toBe(1_000_000);
      expect((await log.read('dead-letter', 0, 0))[0]?.value?.length).toBe(2_000_000);
    });

    it('keeps calls that overlap in order, and each one together', async () => {
      const { log } = harness();
      const calls = Array.from({ length: 40 }, (_, i) => log.append('ingest', i % 2, records(`${i}-`, 1 + (i % 7))));
      const offsets = await Promise.all(calls);
      for (const partition of [0, 1]) {
        const own = offsets.filter((_, i) => i % 2 === partition).flat();
        expect(own).toEqual(own.map((_, i) => i));
        const expected = offsets.flatMap((list, i) => (i % 2 === partition ? list.map((_, j) => `${i}-${j}`) : []));
        expect(keysOf(await readAll(log, 'ingest', partition))).toEqual(expected);
      }
    });

    it('takes many records at once', async () => {
      const { log } = harness();
      const many = Array.from({ length: 6_000 }, (_, i) => record(`many${i}`, `${i}`.repeat(60)));
      expect((await log.append('enriched', 1, many)).at(-1)).toBe(5_999);
      const read = await readAll(log, 'enriched', 1);
      expect(keysOf(read)).toEqual(many.map(({ key }) => key));
      expect(textOf(read[4_321] ?? read[0]!)).toBe('4321'.repeat(60));
    });

    it('says where partitions start and end', async () => {
      const { log } = harness();
      await log.append('outcomes', 1, records('k', 4));
      expect(log.partitionCount).toBe(PARTITIONS);
      expect(await log.ends('outcomes')).toEqual([
        { partition: 0, start: 0, end: 0 },
        { partition: 1, start: 0, end: 4 },
        { partition: 2, start: 0, end: 0 },
      ]);
    });

    it('chooses the partition of an account as Java does', () => {
      const { log } = harness();
      for (const account of ['tiktok/me', 'reddit/someone-else', 'github/%C3%BC']) {
        expect(log.partitionOf(account)).toBe(partitionOfKey(account, PARTITIONS));
      }
    });

    it('has everything after it was opened again, and counts on', async () => {
      const { log, reopen } = harness();
      await log.append('ingest', 0, records('k', 3));
      const again = await reopen(log);
      expect(keysOf(await readAll(again, 'ingest', 0))).toEqual(['k0', 'k1', 'k2']);
      expect(await again.append('ingest', 0, records('l', 1))).toEqual([3]);
    });
  });
}
