import { describe, expect, it } from '@jest/globals';
import type { SnapshotEnd } from '../schemas/generated/records.ts';
import { Scenario } from '../testing/scenario/scenario.ts';
import { BatchApplier } from './apply-batch.ts';
import { Owed } from './owed.ts';

const many = (count: number): string[] => Array.from({ length: count }, (_, i) => `7${String(i).padStart(4, '0')}`);

/** An export of this moment, without content; resolves to its sync id. */
function importOf(scenario: Scenario, ids: readonly string[]): string {
  const run = scenario.run('import');
  run.snapshot(
    ids.map((id) => ({ id, savedAt: 1_000 })),
    { asOf: scenario.now, oldestRow: 0 },
  );
  run.finish();
  scenario.now += 60_000;
  return run.syncId;
}

/** A sink that was started again on the same store. */
async function restarted(scenario: Scenario, stepRows: number): Promise<BatchApplier> {
  const { store } = scenario.sink;
  const deps = {
    store,
    owed: new Owed(scenario.codec),
    settings: scenario.settings,
    rebuilding: false,
    pause: async () => undefined,
    stepRows,
    deadLetter: async () => undefined,
  };
  return new BatchApplier(deps, 0, await store.progress(0));
}

describe('a snapshot that is applied in steps', () => {
  it.each([1, 2, 3, 4, 5])('is judged once, also after a crash at commit %i', async (crash) => {
    const scenario = new Scenario();
    importOf(scenario, ['a', 'b', 'c', 'd', 'e', 'f']);
    await scenario.settle();
    const syncId = importOf(scenario, ['a', 'b', 'c', 'x']);
    const { store } = scenario.sink;
    const end = scenario.ingest.length - 2;
    await scenario.read(end - scenario.sink.read);
    let commits = 0;
    store.beforeCommit = () => {
      if (++commits === crash) throw new Error('killed by the test');
    };
    const before = { store, applier: await restarted(scenario, 1), read: end };
    await scenario.read(1, before).catch((error: unknown) => expect(String(error)).toContain('killed by the test'));
    // What was owed so far went out before the sink was started again.
    await scenario.publish();
    scenario.sink = { store, applier: await restarted(scenario, 1), read: end };
    await scenario.settle();
    expect(await scenario.idsOf('trash')).toEqual(['d', 'e', 'f']);
    expect(await store.run(syncId)).toMatchObject({
      snapshotOutcome: 'applied',
      waitingDecisions: 0,
      counts: { new: 1, unchanged: 3, removed: 3 },
    });
    const scope = await store.scope(scenario.scopeName);
    expect(scope).toMatchObject({ listedCount: 4, listedDigest: scope?.applied?.digest });
  });
});

describe('the figures that a snapshot is judged by', () => {
  it('are those from before its first step, also after a crash', async () => {
    const scenario = new Scenario();
    const ids = many(60);
    importOf(scenario, ids);
    await scenario.settle();
    // These come first, and would make the share that goes look small.
    const fresh = Array.from({ length: 100 }, (_, i) => `1${String(i).padStart(4, '0')}`);
    importOf(scenario, [...fresh, ...ids.slice(0, 27)]);
    const { store } = scenario.sink;
    const end = scenario.ingest.length - 2;
    await scenario.read(end - scenario.sink.read);
    let commits = 0;
    store.beforeCommit = () => {
      if (++commits === 12) throw new Error('killed by the test');
    };
    const killed = scenario.read(1, { store, applier: await restarted(scenario, 10), read: end });
    await expect(killed).rejects.toThrow('killed by the test');
    scenario.sink = { store, applier: await restarted(scenario, 10), read: end };
    await scenario.settle();
    expect(await scenario.idsOf('trash')).toEqual([]);
    expect(await scenario.row(ids[59] ?? '')).toMatchObject({ state: 'held', personOnly: true });
  });
});

describe('a hold', () => {
  it('is not released by a newer snapshot that shares less than half of the ids', async () => {
    const scenario = new Scenario();
    const ids = many(60);
    importOf(scenario, ids);
    await scenario.settle();
    importOf(scenario, ids.slice(0, 35));
    await scenario.settle();
    expect(await scenario.idsOf('held')).toEqual(ids.slice(35));
    importOf(scenario, ids.slice(0, 25));
    await scenario.settle();
    expect(await scenario.idsOf('trash')).toEqual([]);
    expect(await scenario.idsOf('held')).toEqual(ids.slice(25));
  });
});

describe('a redriven sighting', () => {
  it('from before a removal does not bring the item back', async () => {
    const scenario = new Scenario();
    importOf(scenario, ['a', 'b', 'c']);
    const earlier = scenario.run('delta');
    const sighting = earlier.item('c', { sighting: true });
    scenario.ingest[sighting.position] = { ...sighting, decoded: null };
    earlier.finish();
    importOf(scenario, ['a', 'b']);
    await scenario.settle();
    scenario.append(sighting.decoded, '', '', { key: `${sighting.key}~r`, first: sighting });
    await scenario.settle();
    expect(await scenario.row('c')).toMatchObject({ state: 'trash', content: 'full' });
  });

  it('counts at its first position', async () => {
    const scenario = new Scenario();
    importOf(scenario, ['a', 'b', 'c']);
    const earlier = scenario.run('delta');
    const sighting = earlier.item('c', { sighting: true });
    scenario.ingest[sighting.position] = { ...sighting, decoded: null };
    earlier.finish();
    const run = scenario.run('full');
    const snapshotId = run.begin();
    const chunks = run.chunks(snapshotId, [{ id: 'a' }, { id: 'b' }]);
    scenario.append(sighting.decoded, '', '', { key: `${sighting.key}~r`, first: sighting });
    run.end(snapshotId, ['a', 'b'], { chunks });
    run.finish();
    await scenario.settle();
    expect(await scenario.row('c')).toMatchObject({ state: 'trash', seen: sighting.position });
  });
});

describe('an export of the same moment as the one last applied', () => {
  const MADE = Date.UTC(2025, 5, 1);
  const unread: Partial<SnapshotEnd> = { coverage: 'unknown' };

  /** Resolves to what became of the snapshot. */
  async function take(scenario: Scenario, ids: readonly string[], end: Partial<SnapshotEnd> = {}): Promise<string> {
    const run = scenario.run('import');
    run.snapshot(
      ids.map((id) => ({ id, savedAt: 1_000 })),
      { asOf: MADE, oldestRow: 0, ...end },
    );
    run.finish();
    await scenario.settle();
    return (await scenario.sink.store.run(run.syncId))?.snapshotOutcome?.split(':')[0] ?? '';
  }

  it('is taken when it lists what could not be read before, and removes what it lacks', async () => {
    const scenario = new Scenario();
    await take(scenario, ['a', 'b', 'c', 'd', 'e'], { asOf: MADE - 1 });
    expect(await take(scenario, ['a', 'b', 'c'], unread)).toBe('applied');
    expect(await scenario.idsOf('active')).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(await take(scenario, ['a', 'b', 'c', 'd', 'f'], unread)).toBe('applied');
    expect(await take(scenario, ['a', 'b', 'c', 'd', 'f'], unread)).toBe('same');
    expect(await take(scenario, ['a', 'b', 'c', 'd', 'f'])).toBe('applied');
    expect(await scenario.idsOf('active')).toEqual(['a', 'b', 'c', 'd', 'f']);
    expect(await scenario.idsOf('trash')).toEqual(['e']);
  });

  it('is refused when it lacks something that the unreadable one listed', async () => {
    const scenario = new Scenario();
    await take(scenario, ['a', 'b', 'c'], unread);
    expect(await take(scenario, ['a', 'b', 'x', 'y'])).toBe('older');
  });

  it.each([
    ['one of that moment was read as a whole before', { coverage: 'unknown' as const }],
    ['a dateless one came in between', { coverage: 'unknown' as const, asOf: null }],
  ])('is refused when %s', async (_, between) => {
    const scenario = new Scenario();
    await take(scenario, ['a', 'b', 'c', 'd']);
    expect(await take(scenario, ['a', 'b'], between)).toBe('applied');
    expect(await take(scenario, ['a', 'b', 'x'])).toBe('older');
  });

  it('is refused when the unreadable one shrank meanwhile', async () => {
    const scenario = new Scenario();
    await take(scenario, ['a', 'b', 'c', 'd'], unread);
    expect(await take(scenario, ['a', 'b'], unread)).toBe('applied');
    expect(await take(scenario, ['a', 'b', 'x'])).toBe('older');
  });
});

describe('neighbours that are missing from an export, where they are guarded', () => {
  it.each([1, 3, 5])('are held together, also after a crash at commit %i', async (crash) => {
    const scenario = new Scenario({ settings: { guardNeighbours: 5 } });
    const ids = many(40);
    const dated = (listed: readonly string[]): void => {
      const run = scenario.run('import');
      run.snapshot(
        listed.map((id) => ({ id, savedAt: 1_000 * (1 + ids.indexOf(id)) })),
        { asOf: scenario.now, oldestRow: 0 },
      );
      run.finish();
      scenario.now += 60_000;
    };
    dated(ids);
    await scenario.settle();
    const gap = ids.slice(20, 26);
    dated(ids.filter((id) => !gap.includes(id)));
    const { store } = scenario.sink;
    const end = scenario.ingest.length - 2;
    await scenario.read(end - scenario.sink.read);
    let commits = 0;
    store.beforeCommit = () => {
      if (++commits === crash) throw new Error('killed by the test');
    };
    const before = { store, applier: await restarted(scenario, 1), read: end };
    await scenario.read(1, before).catch((error: unknown) => expect(String(error)).toContain('killed by the test'));
    await scenario.publish();
    scenario.sink = { store, applier: await restarted(scenario, 1), read: end };
    await scenario.settle();
    expect(commits).toBeGreaterThan(crash);
    expect(await scenario.idsOf('held')).toEqual(gap);
    expect(await scenario.idsOf('trash')).toEqual([]);
  });
});
