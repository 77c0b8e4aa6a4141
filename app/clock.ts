import { setTimeout } from 'node:timers/promises';
import type { Clock } from '../core/ports/clock.ts';

/** A longer timer of Node.js ends after 1 ms: https://nodejs.org/api/timers.html#settimeoutcallback-delay-args */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The machine's own time. A wait keeps the process alive until it is over or aborted. */
export const systemClock: Clock = {
  now: () => Date.now(),
  // Whole ms, as `now` gives them: reports show the differences.
  elapsed: () => Math.floor(performance.now()),
  async sleep(ms, signal) {
    const options = signal === undefined ? {} : { signal };
    try {
      let leftMs = ms;
      for (; leftMs > LONGEST_TIMER_MS; leftMs -= LONGEST_TIMER_MS)
        await setTimeout(LONGEST_TIMER_MS, undefined, options);
      await setTimeout(leftMs, undefined, options);
    } catch (error) {
      // Node's AbortError wraps the reason, which is what the port promises.
      signal?.throwIfAborted();
      throw error;
    }
  },
};
