import { jitteredBackoffMs } from '../../core/backoff.ts';
import { LogUnavailableError, messageOf } from '../../core/errors.ts';
import type { Clock, Random } from '../../core/ports/clock.ts';
import type { EventLog } from '../../core/ports/event-log.ts';
import type { Logger } from '../../core/ports/telemetry.ts';

export interface PatientDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** Some minutes, by core/backoff. */
const ATTEMPTS = 20;

/** A log whose questions wait until it can be reached again, and say so. What is appended is the caller's to try again. */
export function patientLog(log: EventLog, deps: PatientDeps): EventLog {
  return {
    partitionCount: log.partitionCount,
    partitionOf: (account) => log.partitionOf(account),
    append: (topic, partition, records) => log.append(topic, partition, records),
    subscribe: (options) => log.subscribe(options),
    read: (topic, partition, from, limits) => waitOut(deps, () => log.read(topic, partition, from, limits)),
    ends: (topic) => waitOut(deps, () => log.ends(topic)),
    lag: () => waitOut(deps, () => log.lag()),
    compact: () => log.compact(),
    close: () => log.close(),
  };
}

async function waitOut<T>({ clock, random, logger }: PatientDeps, work: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof LogUnavailableError) || attempt + 1 >= ATTEMPTS) throw error;
      logger.warn('Kafka cannot be read now; it is tried again', { error: messageOf(error), attempt });
      await clock.sleep(jitteredBackoffMs(attempt, random()));
    }
  }
}
