import type { Clock, Random } from '../../core/ports/clock.ts';
import type { EventLog } from '../../core/ports/event-log.ts';

/** What an append or a delivery may take at most. */
const LATENCY_MS = 20;

/**
 * The log with a seeded scheduler: how long each append and each delivery takes is drawn, so that the seed decides in which
 * order the stages get their turns.
 */
export function seededLog(log: EventLog, clock: Clock, random: Random): EventLog {
  const delay = (): Promise<void> => clock.sleep(Math.floor(random() * LATENCY_MS));
  return {
    partitionCount: log.partitionCount,
    partitionOf: (account) => log.partitionOf(account),
    async append(topic, partition, records) {
      await delay();
      return log.append(topic, partition, records);
    },
    subscribe: (options) =>
      log.subscribe({
        ...options,
        async handler(batch) {
          await delay();
          await options.handler(batch);
        },
      }),
    read: (topic, partition, from, limits) => log.read(topic, partition, from, limits),
    ends: (topic) => log.ends(topic),
    lag: () => log.lag(),
    compact: () => log.compact(),
    close: () => log.close(),
  };
}
