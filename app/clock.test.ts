import timers from 'node:timers/promises';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { systemClock } from './clock.ts';

const DAY_MS = 86_400_000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

describe('a wait that is longer than a timer of Node.js can be', () => {
  afterEach(() => void jest.restoreAllMocks());

  it('outlasts a short one, and is aborted at once', async () => {
    const [stop, reason] = [new AbortController(), new Error('the process ends')];
    const long = systemClock.sleep(60 * DAY_MS, stop.signal).catch((error: unknown) => error);
    expect(await Promise.race([long, systemClock.sleep(20).then(() => 'short')])).toBe('short');
    stop.abort(reason);
    expect(await long).toBe(reason);
  });

  it('is as long as it was to be', async () => {
    const waits: number[] = [];
    jest.spyOn(timers, 'setTimeout').mockImplementation(async (ms = 0) => void waits.push(ms));
    await systemClock.sleep(60 * DAY_MS);
    expect(Math.max(...waits)).toBeLessThanOrEqual(LONGEST_TIMER_MS);
    expect(waits.reduce((sum, ms) => sum + ms, 0)).toBe(60 * DAY_MS);
  });
});
