import { expect, it, jest } from '@jest/globals';
import { LogUnavailableError } from '../core/errors.ts';
import type { ItemStore, OutboxEntry } from '../core/ports/item-store.ts';
import { outboxEntry } from '../testing/contracts/item-store-samples.ts';
import { MemoryEventLog } from '../testing/memory-log/memory-event-log.ts';
import { ShiftedClock } from '../testing/producer-world.ts';
import { RecordingTelemetry } from '../testing/recording-telemetry.ts';
import { OutboxSender } from './outbox.ts';

/** So much that no round reaches past it. */
const MANY = 1_200;

const owedBy = (account: string, id: string): OutboxEntry => ({ ...outboxEntry(id), account });
const manyOf = (account: string): readonly OutboxEntry[] =>
  Array.from({ length: MANY }, (_, n) => owedBy(account, `theirs ${n}`));

/** A store that holds nothing but what is owed. */
class Debts {
  owed: readonly OutboxEntry[];
  read = 0;

  constructor(owed: readonly OutboxEntry[]) {
    this.owed = owed;
  }

  asStore(): ItemStore {
    return {
      outbox: async (limit: number, isOf: (account: string) => boolean) => {
        const page = this.owed.filter(({ account }) => isOf(account)).slice(0, limit);
        this.read += page.length;
        return page;
      },
      acknowledge: async (ids: readonly string[]) => void (this.owed = this.owed.filter(({ id }) => !ids.includes(id))),
    } as unknown as ItemStore;
  }
}

it('sends what its own partitions owe, however much another sink owes before it', async () => {
  const clock = new ShiftedClock();
  const log = new MemoryEventLog({ clock });
  const [mine, others] = ['tiktok/me', 'reddit/me'].map((account) => ({ account, at: log.partitionOf(account) }));
  if (mine === undefined || others === undefined || mine.at === others.at) throw new Error('choose other accounts');
  const debts = new Debts([...manyOf(others.account), owedBy(mine.account, 'ours')]);
  const { log: logger } = new RecordingTelemetry();
  const owns = (partition: number): boolean => partition === mine.at;
  await new OutboxSender({ log, store: debts.asStore(), clock, random: () => 0.5, logger, owns }).drain();
  expect(debts.owed).toHaveLength(MANY);
  expect(debts.read).toBe(1);
  expect(debts.owed.every(({ account }) => account === others.account)).toBe(true);
  const { topic } = outboxEntry('ours');
  expect(await log.read(topic, mine.at, 0)).toHaveLength(1);
  expect(await log.read(topic, others.at, 0)).toHaveLength(0);
});

it('sends what other partitions owe while one takes nothing, and that one later', async () => {
  const clock = new ShiftedClock();
  const log = new MemoryEventLog({ clock });
  const [broken, whole] = [log.partitionOf('tiktok/me'), log.partitionOf('reddit/me')];
  expect(broken).not.toBe(whole);
  const debts = new Debts([...manyOf('tiktok/me'), owedBy('reddit/me', 'ours')]);
  let owedAtSecondTry: readonly OutboxEntry[] = [];
  let tries = 0;
  const append = log.append.bind(log);
  jest.spyOn(log, 'append').mockImplementation(async (topic, partition, records) => {
    if (partition !== broken || tries === 2) return await append(topic, partition, records);
    tries += 1;
    if (tries === 2) owedAtSecondTry = debts.owed;
    throw new LogUnavailableError('there is no leader');
  });
  const { log: logger, lines } = new RecordingTelemetry();
  await new OutboxSender({ log, store: debts.asStore(), clock, random: () => 0, logger, owns: () => true }).drain();
  expect(owedAtSecondTry).toEqual(manyOf('tiktok/me'));
  expect(debts.owed).toEqual([]);
  expect(lines).toHaveLength(2);
  expect(lines[0]).toMatchObject({ level: 'warn', fields: { partitions: [broken], error: 'there is no leader' } });
});
