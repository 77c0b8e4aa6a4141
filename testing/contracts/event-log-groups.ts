import { describe, expect, it } from '@jest/globals';
import { FencedError } from '../../core/errors.ts';
import type { Batch, EventLog, Subscription } from '../../core/ports/event-log.ts';
import { after, type EventLogSuite, PARTITIONS, records, Seen, until } from './event-log-harness.ts';

/** Several consumers: groups, sharing, take-over, fencing. */
export function describeGroups({ harness, supports }: EventLogSuite): void {
  const consume = (log: EventLog, seen: Seen): Promise<Subscription> =>
    log.subscribe({
      group: 'g',
      topics: ['ingest'],
      maxBatchRecords: 5,
      handler: async (batch) => {
        seen.add(batch);
        await batch.commit(after(batch)).catch(() => {});
      },
    });

  const shares = (...subscriptions: Subscription[]): number[] =>
    subscriptions.map((subscription) => subscription.assignments().length).toSorted((a, b) => a - b);

  describe('consumer groups', () => {
    it('each get everything', async () => {
      const { log } = harness();
      const [one, two] = [new Seen(), new Seen()];
      await log.append('ingest', 1, records('k', 3));
      await log.subscribe({ group: 'one', topics: ['ingest'], handler: async (batch) => one.add(batch) });
      await log.subscribe({ group: 'two', topics: ['ingest'], handler: async (batch) => two.add(batch) });
      await until('both have all', () => one.count === 3 && two.count === 3);
    });

    it('report how far behind they are', async () => {
      const { log } = harness();
      await log.append('ingest', 1, records('k', 3));
      const seen = new Seen();
      await consume(log, seen);
      await until('all is committed', async () => {
        const lag = await log.lag();
        return lag.some(
          ({ group, partition, committed, end }) => group === 'g' && partition === 1 && committed === 3 && end === 3,
        );
      });
      expect(await log.lag()).toHaveLength(PARTITIONS);
    });

    it.each(['one client', 'two clients'])(
      'share the partitions of %s, and lose nothing when members come and go',
      async (how) => {
        const { log, another } = harness();
        const second = how === 'one client' ? log : await another();
        const seen = new Seen();
        let appended = 0;
        const appendSome = async (): Promise<void> => {
          for (let partition = 0; partition < PARTITIONS; partition += 1) {
            await log.append('ingest', partition, records(`${partition}-${appended}-`, 20));
            appended += 20;
          }
        };
        const first = await consume(log, seen);
        await until('the first has all', () => first.assignments().length === PARTITIONS);
        await appendSome();
        const joined = await consume(second, seen);
        await appendSome();
        await until('they share', () => shares(first, joined).join() === '1,2');
        await appendSome();
        await first.close();
        await until('the second has all', () => joined.assignments().length === PARTITIONS);
        await appendSome();
        const keys = (): Set<string> => new Set([0, 1, 2].flatMap((partition) => seen.keys('ingest', partition)));
        await until('all came', () => keys().size === appended);
      },
    );

    it('leave a third member without partitions in peace', async () => {
      const { log } = harness();
      const seen = new Seen();
      const members = await Promise.all([1, 2, 3, 4].map(() => consume(log, seen)));
      await until('one waits', () => shares(...members).join() === '0,1,1,1');
      await members.find((member) => member.assignments().length === 1)?.close();
      await until('it takes over', () => shares(...members).join() === '0,1,1,1');
    });

    if (supports('cooperative-rebalance')) {
      it('never have a partition handled by two members at once', async () => {
        const { log } = harness();
        const running = new Set<number>();
        let overlaps = 0;
        let handled = 0;
        const join = (): Promise<Subscription> =>
          log.subscribe({
            group: 'g',
            topics: ['ingest'],
            maxBatchRecords: 2,
            handler: async ({ partition, records: list }) => {
              if (running.has(partition)) overlaps += 1;
              running.add(partition);
              for (let i = 0; i < 3; i += 1) await new Promise((resolve) => setImmediate(resolve));
              running.delete(partition);
              handled += list.length;
            },
          });
        for (let partition = 0; partition < PARTITIONS; partition += 1)
          await log.append('ingest', partition, records('k', 300));
        const members: Subscription[] = [];
        for (let i = 0; i < 4; i += 1) {
          members.push(await join());
          const before = handled;
          await until('some more is handled', () => handled > before);
        }
        await members[0]?.close();
        await members[1]?.close();
        await until('all is handled', () => handled >= 300 * PARTITIONS);
        expect(overlaps).toBe(0);
      });
    }

    if (supports('fencing')) {
      it('take the partitions of a frozen member, whose commits are then refused', async () => {
        const { log, another, freeze } = harness();
        const frozen = await another();
        let held: Batch | null = null;
        let lost = false;
        await log.append('ingest', 0, records('k', 4));
        await frozen.subscribe({
          group: 'g',
          topics: ['ingest'],
          handler: async (batch) => {
            held ??= batch;
            await until('it may go on', () => lost);
          },
        });
        await until('it holds a batch', () => held !== null);
        const seen = new Seen();
        const member = await consume(log, seen);
        await freeze(frozen);
        await until('its partitions are taken', () => member.assignments().length === PARTITIONS && seen.count === 4);
        const commit = (): Promise<void> => held?.commit(4) ?? Promise.resolve();
        await expect(commit()).rejects.toThrow(FencedError);
        await until('it is told to stop', () => held?.signal.aborted === true);
        lost = true;
        await expect(commit()).rejects.toThrow(FencedError);
      });
    }
  });
}
