import { jitteredBackoffMs } from './backoff.ts';

export interface Patience {
  /** what is waited for, as a message names it: 'Kafka', 'the store' */
  readonly what: string;
  /** Whether it is away, rather than refuses: whatever else comes up is thrown at once. */
  readonly isAway: (error: unknown) => error is Error;
  readonly clock: { readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void> };
  /** uniform in [0, 1) */
  readonly random: () => number;
  readonly log: { readonly warn: (message: string, fields: Readonly<Record<string, unknown>>) => void };
  /** Ends the waiting; absent: it goes on until it is there. */
  readonly signal?: AbortSignal;
}

/**
 * Tries until a server can be reached, with growing waits and a warning at each.
 *
 * @throws what the server refuses; the last outage where the signal was aborted by AbortSignal.timeout, and its reason otherwise
 */
export async function untilReached<T>(open: () => Promise<T>, patience: Patience): Promise<T> {
  const { what, isAway, clock, random, log, signal } = patience;
  for (let attempt = 0; ; attempt++) {
    try {
      return await open();
    } catch (error) {
      if (!isAway(error)) throw error;
      const waitMs = jitteredBackoffMs(attempt, random());
      log.warn(`${what} cannot be reached; waiting for it`, { error: error.message, waitMs });
      await clock.sleep(waitMs, signal).catch(() => {
        throw isTimeout(signal?.reason) ? error : signal?.reason;
      });
    }
  }
}

/** As AbortSignal.timeout gives it. */
function isTimeout(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'TimeoutError';
}
