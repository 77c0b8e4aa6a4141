import { expect, it } from '@jest/globals';
import type { Clock } from '../core/ports/clock.ts';
import { giveWay } from './give-way.ts';

/** A clock on which each turn takes as long as given, the last one for ever. */
function clockOf(...turnsMs: readonly number[]): Clock & { turns: number } {
  let now = 0;
  return {
    turns: 0,
    now: () => now,
    async sleep() {
      now += turnsMs[Math.min(this.turns, turnsMs.length - 1)] ?? 0;
      this.turns++;
    },
  };
}

it('waits for whoever has something to do, and not where nobody has', async () => {
  const busy = clockOf(30, 8, 12, 1);
  await giveWay(busy);
  expect(busy.turns).toBe(4);
  const idle = clockOf(1);
  await giveWay(idle);
  expect(idle.turns).toBe(1);
});

it('goes on in the end, also where others never rest', async () => {
  const crowded = clockOf(30);
  await giveWay(crowded);
  expect(crowded.turns).toBe(20);
});
