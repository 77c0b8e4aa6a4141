import { describe, expect, it } from '@jest/globals';
import { Scenario } from '../testing/scenario/scenario.ts';

/** Imports `ids` as an export of this moment, with content. */
async function importOf(
  scenario: Scenario,
  ids: readonly string[],
  detail: { readonly asOf?: number; readonly oldestRow?: number | null } = {},
): Promise<string> {
  const run = scenario.run('import');
  for (const id of ids) run.item(id, { savedAt: 1_000 });
  run.snapshot(
    [...ids].toSorted().map((id) => ({ id, savedAt: 1_000 })),
    { asOf: detail.asOf ?? scenario.now, oldestRow: detail.oldestRow ?? 0 },
  );
  run.finish();
  scenario.now += 60_000;
  await scenario.settle();
  return run.syncId;
}

const many = (count: number): string[] => Array.from({ length: count }, (_, i) => `7${String(i).padStart(4, '0')}`);

describe('applying an import', () => {
  it('stores what the export lists, and says that both sides hold the same', async () => {
    const scenario = new Scenario();
    const syncId = await importOf(scenario, ['a', 'b', 'c']);
    expect(await scenario.idsOf('active')).toEqual(['a', 'b', 'c']);
    const run = await scenario.sink.store.run(syncId);
    expect(run).toMatchObject({
      status: 'done',
      snapshotOutcome: 'applied',
      converged: true,
      counts: { new: 3, removed: 0 },
    });
  });

  it('removes what a newer export no longer lists, with the reason, and restores without losing content', async () => {
    const scenario = new Scenario();
    await importOf(scenario, ['a', 'b', 'c', 'd']);
    const syncId = await importOf(scenario, ['a', 'b', 'c']);
    expect(await scenario.idsOf('trash')).toEqual(['d']);
    expect((await scenario.sink.store.run(syncId))?.counts).toMatchObject({ new: 0, removed: 1, unchanged: 3 });
    const history = await scenario.sink.store.history(scenario.scopeName, 'd');
    expect(history.map((entry) => entry.event)).toEqual(['saved', 'removed']);
    await scenario.person('d', 'restore');
    await scenario.settle();
    expect(await scenario.row('d')).toMatchObject({ state: 'active', pinned: true, content: 'full' });
    await importOf(scenario, ['a', 'b', 'c']);
    expect(await scenario.row('d')).toMatchObject({ state: 'active', pinned: true });
  });

  it('changes nothing for an export that is older, the same, or of the same moment with other items', async () => {
    const scenario = new Scenario();
    const asOf = scenario.now;
    await importOf(scenario, ['a', 'b', 'c'], { asOf });
    for (const [ids, when, outcome] of [
      [['a'], asOf - 1, 'older'],
      [['a', 'b', 'c'], asOf, 'same'],
      [['a', 'x'], asOf, 'older'],
    ] as const) {
      const syncId = await importOf(scenario, ids, { asOf: when });
      expect((await scenario.sink.store.run(syncId))?.snapshotOutcome).toMatch(new RegExp(`^${outcome}`));
      expect(await scenario.idsOf('active')).toEqual(['a', 'b', 'c']);
    }
    await importOf(scenario, ['a', 'b'], { asOf });
    expect(await scenario.idsOf('trash')).toEqual(['c']);
  });

  it('keeps the date of the newest export, whatever an older one or a late fetch says', async () => {
    const scenario = new Scenario();
    const asOf = scenario.now;
    await importOf(scenario, ['a', 'b', 'c'], { asOf });
    const older = scenario.run('import');
    older.item('a', { savedAt: 500, content: 'stub' });
    older.snapshot([{ id: 'a', savedAt: 500 }], { asOf: asOf - 1 });
    older.finish();
    scenario.run('backfill').item('b', { savedAt: 700 });
    await scenario.settle();
    expect(await scenario.row('a')).toMatchObject({ state: 'active', savedAt: 1_000 });
    expect(await scenario.row('b')).toMatchObject({ state: 'active', savedAt: 1_000 });
  });

  it('removes nothing when a chunk is missing, the digest is off, or the walk was aborted', async () => {
    const scenario = new Scenario();
    await importOf(scenario, ['a', 'b', 'c', 'd']);
    const breakages: ((run: ReturnType<Scenario['run']>) => void)[] = [
      (run) => run.end(run.begin(), [], { status: 'aborted', reason: 'page 2 failed' }),
      (run) => run.snapshot(['a', 'b'], { chunks: 2 }),
      (run) => run.snapshot(['a', 'b'], { digest: 'f'.repeat(32) }),
      (run) => run.snapshot(['a', 'b'], { digestOnly: true }),
      (run) => run.snapshot([], { explicitlyEmpty: false }),
      (run) => run.snapshot(['a', 'b'], { coverage: 'window' }),
    ];
    for (const breakage of breakages) {
      const run = scenario.run('import');
      breakage(run);
      run.finish();
      await scenario.settle();
      expect(await scenario.idsOf('trash')).toEqual([]);
      expect(await scenario.idsOf('held')).toEqual([]);
    }
  });

  it('holds a removal beyond the guard until a newer export agrees, and what a person rejects stays', async () => {
    const scenario = new Scenario();
    await importOf(scenario, many(100));
    await importOf(scenario, many(70));
    expect(await scenario.idsOf('held')).toHaveLength(30);
    const [kept = ''] = await scenario.idsOf('held');
    await scenario.person(kept, 'reject');
    await scenario.settle();
    await importOf(scenario, many(70));
    expect(await scenario.idsOf('trash')).toHaveLength(29);
    expect(await scenario.row(kept)).toMatchObject({ state: 'active', pinned: true });
  });

  it('holds for a person what shares less than half of the ids of the scope, however many exports agree', async () => {
    const scenario = new Scenario();
    await importOf(scenario, ['a', 'b', 'c', 'd', 'e']);
    for (let exports = 0; exports < 2; exports++) {
      await importOf(scenario, ['a', 'b']);
      expect(await scenario.idsOf('held')).toEqual(['c', 'd', 'e']);
    }
    expect(await scenario.row('c')).toMatchObject({ state: 'held', personOnly: true });
    expect((await scenario.sink.store.held())[0]).toMatchObject({ count: 3 });
  });

  it('holds for a person what would empty the scope or may have been cut off', async () => {
    const scenario = new Scenario();
    await importOf(scenario, ['a', 'b', 'c']);
    await importOf(scenario, []);
    await importOf(scenario, []);
    expect(await scenario.idsOf('held')).toEqual(['a', 'b', 'c']);
    const other = new Scenario();
    await importOf(other, ['a', 'b', 'c']);
    await importOf(other, ['a', 'b'], { oldestRow: 1_000 });
    await importOf(other, ['a', 'b'], { oldestRow: 1_000 });
    expect(await other.idsOf('held')).toEqual(['c']);
    await other.person('c', 'approve');
    await other.settle();
    expect(await other.idsOf('trash')).toEqual(['c']);
  });

  it('purges for good: content goes, the item is blocked, later exports do not bring it back', async () => {
    const scenario = new Scenario();
    await importOf(scenario, ['a', 'b', 'c']);
    const keys = (await scenario.row('a'))?.contentKeys ?? [];
    await scenario.person('a', 'purge');
    await scenario.settle();
    expect(scenario.ingest.filter((record) => record.decoded === null).map((record) => record.key)).toEqual(
      expect.arrayContaining(keys),
    );
    await importOf(scenario, ['a', 'b', 'c']);
    expect(await scenario.row('a')).toMatchObject({ state: 'purged', blocked: true, content: 'none' });
    expect((await scenario.sink.store.item(scenario.scopeName, 'a'))?.content).toBeNull();
    await scenario.person('a', 'allow');
    await scenario.settle();
    await importOf(scenario, ['a', 'b', 'c']);
    expect(await scenario.row('a')).toMatchObject({ state: 'active', blocked: false });
  });

  it('gives the same after a rebuild, also when erased records are gone', async () => {
    const scenario = new Scenario();
    await importOf(scenario, ['a', 'b', 'c', 'd', 'e', 'f']);
    await importOf(scenario, ['a', 'b', 'c', 'd', 'e']);
    await scenario.person('a', 'purge');
    await scenario.settle();
    await importOf(scenario, ['a', 'b', 'c', 'd', 'e', 'g']);
    await scenario.person('f', 'restore');
    await scenario.settle();
    const fresh = await scenario.rebuild();
    expect(await fresh.store.digest()).toBe(await scenario.sink.store.digest());
    for (const id of ['a', 'b', 'f', 'g'])
      expect(await fresh.store.history(scenario.scopeName, id)).toEqual(
        await scenario.sink.store.history(scenario.scopeName, id),
      );
  });
});
