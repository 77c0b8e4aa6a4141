import { describe, expect, it } from '@jest/globals';
import { Outage } from './outage.ts';

const HOUR_MS = 3_600_000;
const MAX_OUTAGE_MS = 60_000;

/** An outage on a clock that the test sets. */
function withClock() {
  const time = { wall: 10 * HOUR_MS, passed: 0 };
  const clock = { now: () => time.wall, elapsed: () => time.passed, sleep: async () => undefined };
  const outage = new Outage(clock, () => 0.5, MAX_OUTAGE_MS);
  const fail = (): void => outage.fail(time.passed, undefined);
  return { time, outage, fail };
}

describe('an outage of the embedder', () => {
  it('is over for whoever waits once its pause has passed, and ends what waits too long', () => {
    const { time, outage, fail } = withClock();
    fail();
    const pause = outage.waitMs();
    expect(pause).toBeGreaterThan(0);
    time.passed += pause;
    expect(outage.waitMs()).toBe(0);
    time.passed += MAX_OUTAGE_MS;
    fail();
    expect(outage.state).toBe('out');
  });

  it('goes by what has passed, and not by a clock that was ahead and is put right', () => {
    const { time, outage, fail } = withClock();
    fail();
    const pause = outage.waitMs();
    time.wall -= 9 * HOUR_MS;
    time.passed += pause;
    expect(outage.waitMs()).toBe(0);
  });
});
