import { expect, it } from '@jest/globals';
import type { ItemStore, OutboxEntry } from '../core/ports/item-store.ts';
import { outboxEntry } from '../testing/contracts/item-store-samples.ts';
import { MemoryEventLog } from '../testing/memory-log/memory-event-log.ts';
import { ShiftedClock } from '../testing/producer-world.ts';
import { RecordingTelemetry } from '../testing/recording-telemetry.ts';
import { OutboxSender } from './outbox.ts';

/** A sink that has died owes so much that no round of the others reaches past it. */
const OWED_BY_ANOTHER = 1_200;

it('sends what its own partitions owe, however much another sink owes before it', async () => {
  const clock = new ShiftedClock();
  const log = new MemoryEventLog({ clock });
  const [mine, others] = ['tiktok/me', 'reddit/me'].map((account) => ({ account, at: log.partitionOf(account) }));
  if (mine === undefined || others === undefined || mine.at === others.at) throw new Error('choose other accounts');
  const of = (account: string, id: string): OutboxEntry => ({ ...outboxEntry(id), account });
  let owed = [
    ...Array.from({ length: OWED_BY_ANOTHER }, (_, n) => of(others.account, `theirs ${n}`)),
    of(mine.account, 'ours'),
  ];
  let read = 0;
  const store = {
    outbox: async (limit: number, isOf: (account: string) => boolean) => {
      const page = owed.filter(({ account }) => isOf(account)).slice(0, limit);
      read += page.length;
      return page;
    },
    acknowledge: async (ids: readonly string[]) => void (owed = owed.filter(({ id }) => !ids.includes(id))),
  } as unknown as ItemStore;
  const { log: logger } = new RecordingTelemetry();
  const owns = (partition: number): boolean => partition === mine.at;
  await new OutboxSender({ log, store, clock, random: () => 0.5, logger, owns }).drain();
  expect(owed).toHaveLength(OWED_BY_ANOTHER);
  expect(read).toBe(1);
  expect(owed.every(({ account }) => account === others.account)).toBe(true);
  const { topic } = outboxEntry('ours');
  expect(await log.read(topic, mine.at, 0)).toHaveLength(1);
  expect(await log.read(topic, others.at, 0)).toHaveLength(0);
});
