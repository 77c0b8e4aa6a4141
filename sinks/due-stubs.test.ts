import { describe, expect, it } from '@jest/globals';
import { commit, item, OTHER_SCOPE, SCOPE } from '../testing/contracts/item-store-samples.ts';
import { MemoryEventLog } from '../testing/memory-log/memory-event-log.ts';
import { MemoryMetadataStore } from '../testing/memory-metadata/memory-metadata-store.ts';
import { MemoryItemStore } from '../testing/memory-store/memory-item-store.ts';
import { RecordingTelemetry } from '../testing/recording-telemetry.ts';
import { Scenario } from '../testing/scenario/scenario.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { Maintenance, type MaintenanceDeps } from './maintenance.ts';

const HOUR_MS = 3_600_000;
const MANY = 5_500;

/** Many stubs of one scope that were never asked for, one of another, and what asks for them. */
async function withStubs(more: Partial<MaintenanceDeps> = {}) {
  const { codec } = new Scenario();
  const store = new MemoryItemStore();
  const stub = { content: 'stub', retryAt: null, firstSeenAt: 1_000_000 } as const;
  const items = Array.from({ length: MANY }, (_, n) => item(`${10_000 + n}`, stub));
  await commit(store, { items: [...items, item('t3_other', stub, { scope: OTHER_SCOPE })] });
  const clock = new VirtualClock(1_000_000);
  const log = new MemoryEventLog({ clock, partitionCount: 1 });
  const telemetry = new RecordingTelemetry();
  const deps = { log, store, metadata: new MemoryMetadataStore(), codec, clock, telemetry };
  const maintenance = new Maintenance({ ...deps, forgetTexts: async () => undefined, ...more });
  /** ids that were asked for, by scope, since the last look at them */
  let read = 0;
  const asked = async (): Promise<Record<string, string[]>> => {
    const ids: Record<string, string[]> = {};
    const records = await log.read('commands', 0, read);
    for (const { value } of records) {
      const decoded = codec.decode(value ?? new Uint8Array());
      if (decoded.type !== 'BackfillCommand') continue;
      const { provider, user, collection, itemIds } = decoded.value;
      (ids[`${provider}/${user}/${collection}`] ??= []).push(...itemIds);
    }
    read += records.length;
    return ids;
  };
  return { maintenance, clock, asked };
}

/** A look at each round of due stubs, twice over. */
async function lookThrough(maintenance: Maintenance): Promise<void> {
  for (let round = 0; round < 4; round++) await maintenance.look();
}

describe('stubs', () => {
  it('are all asked for, also those that come behind very many others', async () => {
    const { maintenance, clock, asked } = await withStubs();
    await lookThrough(maintenance);
    // The command of the snapshot that found them is on its way.
    expect(await asked()).toEqual({});
    await clock.leap(HOUR_MS + 1);
    await lookThrough(maintenance);
    const ids = await asked();
    expect(new Set(ids[SCOPE]).size).toBe(MANY);
    expect(ids[OTHER_SCOPE]).toEqual(['t3_other']);
  });

  it('wait while nobody can be asked, without keeping others waiting', async () => {
    let connectedAt: number | null = null;
    const askableSince = async ({ provider }: { readonly provider: string }): Promise<number | null> =>
      provider === 'reddit' ? 0 : connectedAt;
    const { maintenance, clock, asked } = await withStubs({ askableSince });
    for (let hour = 0; hour < 3; hour++) {
      await lookThrough(maintenance);
      await clock.leap(HOUR_MS + 1);
    }
    expect(await asked()).toEqual({ [OTHER_SCOPE]: ['t3_other'] });
    connectedAt = clock.now();
    await lookThrough(maintenance);
    expect(new Set((await asked())[SCOPE]).size).toBe(MANY);
  });
});
