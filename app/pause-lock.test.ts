import { expect, it } from '@jest/globals';
import { StoreUnavailableError } from '../core/errors.ts';
import { MemoryMetadataStore } from '../testing/memory-metadata/memory-metadata-store.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { newInstance } from './instance.ts';
import { PauseLock } from './pause-lock.ts';
import { BEAT_MS, Presence } from './presence.ts';
import { RoleHost, type RoleStarters } from './role-host.ts';
import { createTelemetry } from './telemetry.ts';

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
  const lock = await PauseLock.take({ presence, roles, clock, telemetry });
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
