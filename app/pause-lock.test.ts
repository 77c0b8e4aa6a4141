import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { StoreUnavailableError } from '../core/errors.ts';
import { MemoryMetadataStore } from '../testing/memory-metadata/memory-metadata-store.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { newInstance } from './instance.ts';
import { PauseLock } from './pause-lock.ts';
import { BEAT_MS, Presence } from './presence.ts';
import { RoleHost, type RoleStarters } from './role-host.ts';
import { createTelemetry } from './telemetry.ts';

/** Who opened the data folder of these metadata. */
function opened(
  metadata: MemoryMetadataStore,
  clock: VirtualClock,
  telemetry = createTelemetry({ level: 'silent', secrets: [] }),
): Parameters<typeof PauseLock.take>[0] {
  const presence = new Presence(metadata, clock, newInstance());
  const roles = new RoleHost({
    presence,
    clock,
    logger: telemetry.log,
    starters: {} as RoleStarters,
    isStale: async () => false,
    refresh: async () => undefined,
    whyLeft: async () => null,
  });
  return { metadata, presence, roles, clock, telemetry };
}

it('outlives metadata that are away for a moment', async () => {
  let isAway = false;
  class Metadata extends MemoryMetadataStore {
    override async get(key: string): ReturnType<MemoryMetadataStore['get']> {
      if (isAway) throw new StoreUnavailableError('the metadata are away');
      return await super.get(key);
    }
  }
  let logs = '';
  const telemetry = createTelemetry({ level: 'warn', secrets: [], stream: { write: (line) => void (logs += line) } });
  const [clock, metadata] = [new VirtualClock(), new Metadata()];
  const lock = await PauseLock.take(opened(metadata, clock, telemetry));
  isAway = true;
  await clock.advance(BEAT_MS);
  isAway = false;
  await clock.advance(BEAT_MS);
  expect(logs).toContain('the metadata are away');
  // Its holder still says that it is there.
  expect((await metadata.get('pause'))?.value).toMatchObject({ beatAt: clock.now() });
  await lock.release();
  expect(await metadata.get('pause')).toBeNull();
});

describe('of a process that stood still for so long that another one took it', () => {
  const metadata = new MemoryMetadataStore();
  const clocks = [new VirtualClock(), new VirtualClock()] as const;
  let mine: PauseLock;
  let theirs: PauseLock;

  beforeEach(async () => {
    mine = await PauseLock.take(opened(metadata, clocks[0]));
    // Time goes by for the other one alone.
    await clocks[1].advance(60_000);
    await clocks[0].advance(0);
    theirs = await PauseLock.take(opened(metadata, clocks[1]));
  });
  afterEach(async () => {
    await mine.release();
    await theirs.release();
    expect(await metadata.list('pause')).toEqual([]);
  });

  it('is lost, also when that one has let go of it since', async () => {
    expect(await mine.isHeld()).toBe(false);
    await theirs.release();
    expect(await mine.isHeld()).toBe(false);
    await expect(mine.assertHeld()).rejects.toThrow(/another one/);
    await expect(mine.standStill(['sink'])).rejects.toThrow(/another one/);
  });

  it('is not taken anew by the next beat', async () => {
    await theirs.release();
    await clocks[0].advance(3 * BEAT_MS);
    expect(await metadata.get('pause')).toBeNull();
    expect(await mine.isHeld()).toBe(false);
  });

  it('stays with the other one, whatever this one still says', async () => {
    await mine.resume();
    await clocks[1].advance(BEAT_MS);
    expect(await theirs.isHeld()).toBe(true);
    await mine.release();
    expect(await theirs.isHeld()).toBe(true);
  });
});
