import { describe, expect, it } from '@jest/globals';
import { LogUnavailableError } from '../../core/errors.ts';
import type { Batch } from '../../core/ports/event-log.ts';
import { after, type EventLogSuite, keysOf, record, records, Seen, until } from './event-log-harness.ts';

/** One consumer: delivery, commits, failures. */
export function describeConsumers({ harness }: EventLogSuite): void {
  describe('a consumer', () => {
    it('gets every record of its topics in order, also those that come later', async () => {
      const { log } = harness();
      const seen = new Seen();
      await log.append('ingest', 0, records('old', 5));
      await log.subscribe({ group: 'g', topics: ['ingest', 'enriched'], handler: async (batch) => seen.add(batch) });
      await until('the old records came', () => seen.count === 5);
      for (let i = 0; i < 20; i += 1) await log.append('ingest', i % 3, records(`new${i}-`, 2));
      await log.append('enriched', 1, records('e', 3));
      await log.append('commands', 1, records('c', 3));
      await until('all came', () => seen.count === 48);
      expect(seen.keys('ingest', 0).slice(0, 7)).toEqual(['old0', 'old1', 'old2', 'old3', 'old4', 'new0-0', 'new0-1']);
      expect(seen.keys('ingest', 2)).toEqual([2, 5, 8, 11, 14, 17].flatMap((i) => [`new${i}-0`, `new${i}-1`]));
      expect(seen.keys('enriched', 1)).toEqual(['e0', 'e1', 'e2']);
    });

    it('gets what another client appends', async () => {
      const { log, another } = harness();
      const seen = new Seen();
      await log.subscribe({ group: 'g', topics: ['ingest'], handler: async (batch) => seen.add(batch) });
      const other = await another();
      await other.append('ingest', 2, records('k', 3));
      await until('they came', () => seen.keys('ingest', 2).length === 3);
    });

    it('gets one batch of a partition at a time, and partitions side by side', async () => {
      const { log } = harness();
      const running = [0, 0, 0];
      let most = 0;
      let both = false;
      let count = 0;
      for (const partition of [0, 1]) await log.append('ingest', partition, records('k', 30));
      await log.subscribe({
        group: 'g',
        topics: ['ingest'],
        maxBatchRecords: 3,
        handler: async ({ partition, records: list }) => {
          running[partition] = (running[partition] ?? 0) + 1;
          most = Math.max(most, ...running);
          both ||= running[0] === 1 && running[1] === 1;
          if (!both) await until('the other partition is handled', () => both);
          await new Promise((resolve) => setImmediate(resolve));
          expect(list.length).toBeLessThanOrEqual(3);
          running[partition] -= 1;
          count += list.length;
        },
      });
      await until('all came', () => count === 60);
      expect(most).toBe(1);
    });

    it('limits batches by bytes, and still gives a record that is larger', async () => {
      const { log } = harness();
      const seen = new Seen();
      await log.append(
        'ingest',
        0,
        Array.from({ length: 9 }, (_, i) => record(`k${i}`, 'x'.repeat(i === 4 ? 90_000 : 20_000))),
      );
      await log.subscribe({ group: 'g', topics: ['ingest'], maxBatchBytes: 50_000, handler: async (b) => seen.add(b) });
      await until('all came', () => seen.count === 9);
      for (const { records: list } of seen.batches) {
        const bytes = list.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
        expect(list.length === 1 || bytes <= 50_000).toBe(true);
      }
      expect(seen.keys('ingest', 0)).toEqual(Array.from({ length: 9 }, (_, i) => `k${i}`));
    });

    it('reads again from the last commit after its handler failed', async () => {
      const { log } = harness();
      const tries: string[][] = [];
      let failed = 0;
      await log.append('ingest', 0, records('k', 6));
      await log.subscribe({
        group: 'g',
        topics: ['ingest'],
        maxBatchRecords: 2,
        handler: async (batch) => {
          tries.push(keysOf(batch.records));
          if (batch.records[0]?.offset === 4 && failed < 2) {
            failed += 1;
            throw new Error('the store is away');
          }
          if (batch.records[0]?.offset === 0) await batch.commit(after(batch));
        },
      });
      await until('it came through', () => tries.length === 7);
      const [first, second, third] = [
        ['k0', 'k1'],
        ['k2', 'k3'],
        ['k4', 'k5'],
      ];
      expect(tries).toEqual([first, second, third, second, third, second, third]);
    });

    it('goes on behind its commits, which may come later than the batches', async () => {
      const { log } = harness();
      const seen = new Seen();
      await log.append('ingest', 0, records('k', 6));
      const first = await log.subscribe({
        group: 'g',
        topics: ['ingest'],
        maxBatchRecords: 2,
        handler: async (batch) => seen.add(batch),
      });
      await until('all came', () => seen.count === 6);
      await seen.batches[0]?.commit(2);
      await seen.batches[1]?.commit(3);
      expect(await log.lag()).toContainEqual({ group: 'g', topic: 'ingest', partition: 0, committed: 3, end: 6 });
      await first.close();
      const again = new Seen();
      await log.subscribe({ group: 'g', topics: ['ingest'], handler: async (batch) => again.add(batch) });
      await until('the rest came', () => again.count === 3);
      expect(again.keys('ingest', 0)).toEqual(['k3', 'k4', 'k5']);
    });

    it('begins where onAssigned says, and says when it is over', async () => {
      const { log } = harness();
      const events: string[] = [];
      await log.append('ingest', 0, records('k', 5));
      const subscription = await log.subscribe({
        group: 'g',
        topics: ['ingest'],
        onAssigned: async (topic, partition) => {
          events.push(`assigned ${topic}/${partition}`);
          return partition === 0 ? 3 : undefined;
        },
        onRevoked: async (topic, partition) => void events.push(`revoked ${topic}/${partition}`),
        handler: async ({ partition, records: list }) => void events.push(`${partition}: ${keysOf(list).join(' ')}`),
      });
      await until('the batch came', () => events.includes('0: k3 k4'));
      await until('all are assigned', () => subscription.assignments().length === 3);
      await subscription.close();
      const ofFirst = events.filter((event) => event.endsWith('/0') || event.startsWith('0:'));
      expect(ofFirst).toEqual(['assigned ingest/0', '0: k3 k4', 'revoked ingest/0']);
      expect(events.filter((event) => event.startsWith('revoked'))).toHaveLength(3);
    });

    it('is told to stop when it closes, and closing waits for its handler', async () => {
      const { log } = harness();
      let batch: Batch | null = null;
      let ended = false;
      await log.append('ingest', 0, records('k', 4));
      const subscription = await log.subscribe({
        group: 'g',
        topics: ['ingest'],
        maxBatchRecords: 2,
        handler: async (given) => {
          batch = given;
          await until('it is told to stop', () => given.signal.aborted);
          await new Promise((resolve) => setImmediate(resolve));
          ended = true;
        },
      });
      await until('the batch came', () => batch !== null);
      await Promise.all([subscription.close(), subscription.close()]);
      expect(ended).toBe(true);
      expect(subscription.assignments()).toEqual([]);
      await log.close();
      await expect(log.append('ingest', 0, records('late', 1))).rejects.toThrow(LogUnavailableError);
      await expect(log.read('ingest', 0, 0)).rejects.toThrow(LogUnavailableError);
      await log.close();
    });
  });
}
