import { describe, expect, it } from '@jest/globals';
import { Outage } from './outage.ts';

const HOUR_MS = 3_600_000;
const MAX_OUTAGE_MS = 60_000;

/** An outage on a clock that the test sets. */
function withClock() {
  const clock = { at: 10 * HOUR_MS };
  const outage = new Outage({ now: () => clock.at, sleep: async () => undefined }, () => 0.5, MAX_OUTAGE_MS);
  const fail = (): void => outage.fail(clock.at, undefined);
  return { clock, outage, fail };
}

describe('an outage of the embedder', () => {
  it('is over for whoever waits once its pause has passed, and ends what waits too long', () => {
    const { clock, outage, fail } = withClock();
    fail();
    const pause = outage.waitMs();
    expect(pause).toBeGreaterThan(0);
    clock.at += pause;
    expect(outage.waitMs()).toBe(0);
    clock.at += MAX_OUTAGE_MS;
    fail();
    expect(outage.state).toBe('out');
  });

  it('asks again at once where the clock was ahead when it began, and is out after the limit all the same', () => {
    const { clock, outage, fail } = withClock();
    fail();
    clock.at -= 9 * HOUR_MS;
    expect(outage.waitMs()).toBe(0);
    fail();
    expect(outage.waitMs()).toBeLessThanOrEqual(MAX_OUTAGE_MS);
    expect(outage.state).toBe('failing');
    clock.at += MAX_OUTAGE_MS;
    fail();
    expect(outage.state).toBe('out');
  });
});
