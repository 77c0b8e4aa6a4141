import { describe, expect, it } from '@jest/globals';
import { Rounds } from './rounds.ts';

/** A clock whose pauses end when the test says so, or when they are given up. */
class HeldClock {
  readonly pauses: { readonly ms: number; readonly end: () => void }[] = [];

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) reject(signal.reason as Error);
      signal.addEventListener('abort', () => reject(signal.reason as Error));
      this.pauses.push({ ms, end: resolve });
    });
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('rounds', () => {
  it('come one after the other, with a pause between them, until they are stopped', async () => {
    const clock = new HeldClock();
    let done = 0;
    const rounds = new Rounds({ clock, everyMs: 7, round: async () => void (done += 1) });
    rounds.start();
    await turn();
    clock.pauses.at(-1)?.end();
    await turn();
    expect(done).toBe(2);
    expect(clock.pauses.map(({ ms }) => ms)).toEqual([7, 7]);
    await rounds.stop();
    expect(done).toBe(2);
  });

  it('may begin with a pause, and then stop without a round', async () => {
    const clock = new HeldClock();
    let done = 0;
    const rounds = new Rounds({ clock, everyMs: 7, startsLater: true, round: async () => void (done += 1) });
    rounds.start();
    await turn();
    expect({ done, pauses: clock.pauses.length }).toEqual({ done: 0, pauses: 1 });
    await rounds.stop();
    expect(done).toBe(0);
  });

  it('let the round under way come to its end when they are stopped', async () => {
    let end = (): void => undefined;
    const under = new Promise<void>((resolve) => {
      end = resolve;
    });
    const rounds = new Rounds({ clock: new HeldClock(), everyMs: 7, round: () => under });
    rounds.start();
    let hasStopped = false;
    const stopped = rounds.stop().then(() => {
      hasStopped = true;
    });
    await turn();
    expect(hasStopped).toBe(false);
    end();
    await stopped;
  });
});
