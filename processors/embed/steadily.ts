import { jitteredBackoffMs } from '../../core/backoff.ts';
import { FencedError, messageOf } from '../../core/errors.ts';
import type { Clock, Random } from '../../core/ports/clock.ts';
import type { Telemetry } from '../../core/ports/telemetry.ts';

export interface SteadyDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
}

/**
 * Does the work until it succeeds, with a backoff in between: for what must be done before anything else may go on.
 *
 * @param work gets the number of the attempt, from 0
 * @throws FencedError, which no further attempt would mend
 * @throws the signal's reason
 */
export async function steadily<T>(
  what: string,
  work: (attempt: number) => Promise<T>,
  deps: SteadyDeps,
  signal: AbortSignal,
): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    signal.throwIfAborted();
    try {
      return await work(attempt);
    } catch (error) {
      if (error instanceof FencedError) throw error;
      signal.throwIfAborted();
      const waitMs = jitteredBackoffMs(attempt, deps.random());
      deps.telemetry.log.warn(`${what} failed and is tried again`, { error: messageOf(error), attempt, waitMs });
      await deps.clock.sleep(waitMs, signal);
    }
  }
}
