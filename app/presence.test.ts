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

describe('processes of a machine that slept', () => {
  it('are there when it wakes, and are missed when they then say nothing', async () => {
    const clock = new VirtualClock();
    const metadata = new MemoryMetadataStore();
    const here = new Presence(metadata, clock, 'here:1:1');
    const there = new Presence(metadata, clock, 'there:1:1');
    for (const each of [here, there]) await each.beat(['sink']);
    await clock.leap(DAY_MS);
    expect(await here.isRunning('there:1:1')).toBe(true);
    await here.beat(['sink']);
    expect([...(await here.elsewhere())]).toEqual(['sink']);
    for (let beat = 0; beat < SILENCE_MS / BEAT_MS; beat++) {
      await clock.advance(BEAT_MS);
      await here.beat(['sink']);
    }
    expect(await here.isRunning('there:1:1')).toBe(false);
  });

  it('are missed at once if they had died before it slept', async () => {
    const clock = new VirtualClock();
    const metadata = new MemoryMetadataStore();
    const here = new Presence(metadata, clock, 'here:1:1');
    await new Presence(metadata, clock, 'there:1:1').beat(['sink']);
    await clock.advance(SILENCE_MS);
    await here.beat(['sink']);
    await clock.leap(DAY_MS);
    expect(await here.isRunning('there:1:1')).toBe(false);
  });

  it('are missed at once by one that has just begun', async () => {
    const clock = new VirtualClock();
    const metadata = new MemoryMetadataStore();
    await new Presence(metadata, clock, 'there:1:1').beat(['sink']);
    await clock.leap(DAY_MS);
    const here = new Presence(metadata, clock, 'here:1:1');
    expect([...(await here.elsewhere())]).toEqual([]);
    await here.beat(['sink']);
    expect(await here.isRunning('there:1:1')).toBe(false);
  });
});
