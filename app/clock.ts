import { setTimeout } from 'node:timers/promises';
import type { Clock } from '../core/ports/clock.ts';

/** The machine's own time. A wait keeps the process alive until it is over or aborted. */
export const systemClock: Clock = {
  now: () => Date.now(),
  // Whole ms, as `now` gives them: reports show the differences.
  elapsed: () => Math.floor(performance.now()),
  async sleep(ms, signal) {
    try {
      await setTimeout(ms, undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      // Node's AbortError wraps the reason, which is what the port promises.
      signal?.throwIfAborted();
      throw error;
    }
  },
};
