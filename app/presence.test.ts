import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Clock } from '../core/ports/clock.ts';
import { MemoryMetadataStore } from '../testing/memory-metadata/memory-metadata-store.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { BEAT_MS, Presence, type Role } from './presence.ts';

const DAY_MS = 86_400_000;
/** several beats: whoever says nothing for so long is dead */
const SILENCE_MS = 10 * BEAT_MS;

describe('a process of another machine whose clock is a day ahead', () => {
  const clock = new VirtualClock();
  let here: Presence;
  let there: Presence;
  beforeEach(() => {
    const metadata = new MemoryMetadataStore();
    const ahead: Clock = {
      now: () => clock.now() + DAY_MS,
      elapsed: () => clock.elapsed(),
      sleep: (ms, signal) => clock.sleep(ms, signal),
    };
    here = new Presence(metadata, clock, 'here:1:1');
    there = new Presence(metadata, ahead, 'there:1:1');
  });
  const elsewhere = async (): Promise<readonly Role[]> => [...(await here.elsewhere())];

  it('is there as long as it says so, and not until its clock is right', async () => {
    for (let beat = 0; beat < 10; beat++) {
      await there.beat(['sink']);
      expect(await elsewhere()).toEqual(['sink']);
      await clock.advance(BEAT_MS);
    }
    await clock.advance(SILENCE_MS);
    expect(await elsewhere()).toEqual([]);
    expect(await here.isRunning('there:1:1')).toBe(false);
  });

  it('lets nothing stand still for longer than it asks for it', async () => {
    expect(await there.pause(['sink'])).toBe(true);
    expect([...(await here.paused())]).toEqual(['sink']);
    expect(await here.pause(['sink'])).toBe(false);
    await clock.advance(SILENCE_MS);
    expect([...(await here.paused())]).toEqual([]);
    expect(await here.pause(['sink'])).toBe(true);
  });
});
