import { expect, it } from '@jest/globals';
import { MemoryMetadataStore } from '../testing/memory-metadata/memory-metadata-store.ts';
import { ConfirmedClock } from './confirmed-clock.ts';

const DAY_MS = 86_400_000;
const START = Date.UTC(2026, 0, 1);

/** Looks at these times, in days since the start, each from a process of its own; what was confirmed at each. */
async function looks(...days: readonly number[]): Promise<(number | null)[]> {
  const metadata = new MemoryMetadataStore();
  const found: (number | null)[] = [];
  for (const day of days) {
    const clock = { now: () => START + day * DAY_MS, elapsed: () => day * DAY_MS, sleep: async () => undefined };
    const now = await new ConfirmedClock({ metadata, clock, confirmMs: DAY_MS }).now();
    found.push(now === null ? null : (now - START) / DAY_MS);
  }
  return found;
}

it('confirms a reading a day later, whether it is looked at all the time or once a week', async () => {
  expect(await looks(0, 0.5, 1, 1.5, 2)).toEqual([null, null, 0, 0, 1]);
  expect(await looks(0, 7, 14)).toEqual([null, 0, 7]);
});

it('does not follow a clock that jumps ahead and goes back', async () => {
  expect(await looks(0, 1, 31, 31.5, 1.1, 2.2)).toEqual([null, 0, 1, 1, 1, 1.1]);
});

it('follows a clock that was too late, once it is confirmed', async () => {
  expect(await looks(0, 1, 400, 401)).toEqual([null, 0, 1, 400]);
});

it('takes back what it confirmed when the clock turns out to have been ahead', async () => {
  expect(await looks(0, 400, 401, 2)).toEqual([null, 0, 400, 2]);
});

it('waits for nothing where nothing is to be kept', async () => {
  const clock = { now: () => START, elapsed: () => 0, sleep: async () => undefined };
  expect(await new ConfirmedClock({ metadata: new MemoryMetadataStore(), clock, confirmMs: 0 }).now()).toBe(START);
});
