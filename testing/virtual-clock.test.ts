import { expect, it } from '@jest/globals';
import { VirtualClock } from './virtual-clock.ts';

it('goes in whole milliseconds, and wakes nobody too early', async () => {
  const clock = new VirtualClock(1_000);
  const woken: number[] = [];
  void clock.sleep(12.3).then(() => woken.push(clock.now(), clock.elapsed()));
  await clock.runUntil(() => woken.length > 0);
  expect(woken).toEqual([1_013, 1_013]);
});
