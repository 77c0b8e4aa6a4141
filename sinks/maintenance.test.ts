import { describe, expect, it } from '@jest/globals';
import { deadLetterRecord } from '../core/dead-letter.ts';
import { recordKey } from '../core/keys.ts';
import { textHashOf } from '../core/text-hash.ts';
import { MemoryEventLog } from '../testing/memory-log/memory-event-log.ts';
import { MemoryMetadataStore } from '../testing/memory-metadata/memory-metadata-store.ts';
import { RecordingTelemetry } from '../testing/recording-telemetry.ts';
import { Scenario } from '../testing/scenario/scenario.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { Maintenance, type MaintenanceDeps } from './maintenance.ts';

const DAY_MS = 86_400_000;
const MONTH_MS = 31 * DAY_MS;

/** A scenario whose item `d` has been in the trash for long enough, and what time brings for it. */
async function withOldTrash() {
  const scenario = new Scenario();
  for (const ids of [
    ['a', 'b', 'c', 'd'],
    ['a', 'b', 'c'],
  ]) {
    const run = scenario.run('import');
    for (const id of ids) run.item(id, { savedAt: 1_000 });
    run.snapshot(
      ids.map((id) => ({ id, savedAt: 1_000 })),
      { asOf: scenario.now, oldestRow: 0 },
    );
    run.finish();
    scenario.now += 60_000;
    await scenario.settle();
  }
  expect(await scenario.idsOf('trash')).toEqual(['d']);
  scenario.now += MONTH_MS;
  const clock = new VirtualClock(scenario.now);
  const log = new MemoryEventLog({ clock, partitionCount: 1 });
  const { store } = scenario.sink;
  const telemetry = new RecordingTelemetry();
  const metadata = new MemoryMetadataStore();
  const forgotten: string[] = [];
  const forgetTexts: MaintenanceDeps['forgetTexts'] = async (texts) =>
    void forgotten.push(...texts.map(({ textHash }) => textHash));
  const deps = { log, store, codec: scenario.codec, clock, metadata, telemetry, forgetTexts };
  const maintenance = new Maintenance(deps);
  // What the clock says now is believed a day later.
  await maintenance.look();
  await clock.advance(DAY_MS);
  /** What maintenance wrote reaches the log of the scenario. */
  const deliver = async (): Promise<number> => {
    const records = await log.read('ingest', 0, 0);
    for (const { key, value } of records)
      scenario.append(value === null ? null : scenario.codec.decode(value), '', '', { key });
    return records.length;
  };
  return { scenario, maintenance, deps, deliver, forgotten };
}

/** The same, when that item has been purged. */
async function withPurged() {
  const world = await withOldTrash();
  await world.maintenance.look();
  await world.deliver();
  await world.scenario.settle();
  return world;
}

describe('trash whose time is over', () => {
  it('is purged', async () => {
    const { scenario } = await withPurged();
    expect(await scenario.row('d')).toMatchObject({ state: 'purged', content: 'none' });
  });

  it('is not purged by a clock that jumped', async () => {
    const { maintenance, deps } = await withOldTrash();
    await new Maintenance({ ...deps, metadata: new MemoryMetadataStore() }).look();
    expect(await deps.log.read('ingest', 0, 0)).toEqual([]);
    await maintenance.look();
    expect(await deps.log.read('ingest', 0, 0)).toHaveLength(1);
  });

  it('is not purged when a snapshot lists it that had begun, but was not applied yet', async () => {
    const { scenario, maintenance, deliver } = await withOldTrash();
    const ids = ['a', 'b', 'c', 'd'];
    const run = scenario.run('import');
    const snapshotId = run.begin();
    const chunks = run.chunks(
      snapshotId,
      ids.map((id) => ({ id, savedAt: 1_000 })),
    );
    await scenario.read();
    await maintenance.look();
    run.end(snapshotId, ids, { chunks, asOf: scenario.now, oldestRow: 0 });
    run.finish();
    await deliver();
    await scenario.settle();
    expect(await scenario.row('d')).toMatchObject({ state: 'active', content: 'full' });
  });

  it('leaves its decision in the log, however often it was written', async () => {
    const { scenario, maintenance, deps, deliver } = await withOldTrash();
    await maintenance.look();
    await maintenance.look();
    // Another process looks too.
    await new Maintenance(deps).look();
    expect(await deliver()).toBe(2);
    await scenario.settle();
    const purges = scenario
      .compacted()
      .filter(({ decoded }) => decoded?.type === 'Decision' && decoded.value.operation === 'purge');
    expect(purges).toHaveLength(1);
  });
});

describe('dead letters of purged items', () => {
  it('go when they arrive, however late', async () => {
    const { scenario, maintenance, deps } = await withPurged();
    const { log } = deps;
    await maintenance.start();
    // Its processor was stopped between the marker and the dead letter.
    const letters = ['d', 'a'].map((itemId) => {
      const key = recordKey(scenario.scope, scenario.scope.collection, itemId, `f9.${itemId}`);
      const record = { key, offset: 1, headers: {}, timestamp: 0, value: Buffer.from(`text of ${itemId}`) };
      return deadLetterRecord(record, { topic: 'ingest', partition: 0, stage: 'embed', error: 'too large' });
    });
    await log.append('dead-letter', 0, letters);
    const left = async (): Promise<string[]> => {
      const tombstones = await log.read('dead-letter', 0, 2);
      return tombstones.map(({ key }) => key);
    };
    await deps.clock.runUntil(async () => (await left()).length > 0);
    expect(await left()).toEqual([letters[0]?.key]);
    const erased = (await log.read('ingest', 0, 0)).filter(({ value }) => value === null);
    expect(erased.map(({ key }) => key)).toEqual([letters[0]?.key]);
    await maintenance.stop();
  });
});

describe('what outcomes say was erased', () => {
  it('leaves the embedding cache, also when the text came after the purge', async () => {
    const { scenario, maintenance, deps, forgotten } = await withPurged();
    scenario.run('backfill').item('d', { text: 'came late' });
    scenario.run('backfill').item('a', { text: 'in use' });
    await scenario.settle();
    await tell(deps.log, scenario);
    await maintenance.start();
    await deps.clock.runUntil(() => deps.log.committed('eraser', 'outcomes', 0) > 0);
    await maintenance.stop();
    expect(forgotten.toSorted()).toEqual([textHashOf('text of d'), textHashOf('came late')].toSorted());
  });

  it('is done also behind an outcome that cannot be read, which goes to the dead letters', async () => {
    const { scenario, maintenance, deps, forgotten } = await withPurged();
    await deps.log.append('outcomes', 0, [{ key: 'poison', value: Buffer.from('no outcome') }]);
    await tell(deps.log, scenario);
    await maintenance.start();
    await deps.clock.runUntil(() => deps.log.committed('eraser', 'outcomes', 0) > 0);
    await maintenance.stop();
    expect(forgotten).toEqual([textHashOf('text of d')]);
    expect((await deps.log.read('dead-letter', 0, 0)).map(({ key }) => key)).toEqual(['poison']);
  });
});

/** The outcomes of the scenario reach the log. */
async function tell(log: MemoryEventLog, { codec, outcomes }: Scenario): Promise<void> {
  const records = outcomes.flatMap(({ type, value }) =>
    type === 'Outcome' ? [{ key: value.eventId, value: codec.encode('Outcome', value) }] : [],
  );
  await log.append('outcomes', 0, records);
}
