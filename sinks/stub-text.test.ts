import { describe, expect, it } from '@jest/globals';
import { Scenario } from '../testing/scenario/scenario.ts';
import type { ScenarioRun } from '../testing/scenario/scenario-run.ts';

const SLUG = 'how to sharpen a knife';
const FULL = 'How do I sharpen a knife? With a stone.';

/** A scenario whose export told no more of `a` than a few words. */
async function withStub(): Promise<Scenario> {
  const scenario = new Scenario();
  const run = scenario.run('import');
  run.item('a', { content: 'stub', text: SLUG });
  run.snapshot(['a'], { asOf: scenario.now, oldestRow: null });
  run.finish();
  await scenario.settle();
  return scenario;
}

async function hydrate(scenario: Scenario, item: (run: ScenarioRun) => void): Promise<void> {
  const run = scenario.run('backfill');
  item(run);
  run.finish();
  scenario.now += 60_000;
  await scenario.settle();
}

const titleOf = async (scenario: Scenario, sink = scenario.sink): Promise<string | null | undefined> =>
  (await sink.store.item(scenario.scopeName, 'a'))?.content?.title;

describe('a stub that says a little', () => {
  it('is found by its words and by its meaning, stays marked, and its content is asked for', async () => {
    const scenario = await withStub();
    expect(await scenario.row('a')).toMatchObject({ state: 'active', content: 'stub', documentHash: '' });
    expect((await scenario.row('a'))?.vectorHash).not.toBe('');
    const { store } = scenario.sink;
    const byWord = await store.searchText('sharpen', {}, 5);
    const vector = (await store.item(scenario.scopeName, 'a'))?.vector;
    const bytes = Uint8Array.from(vector?.bytes ?? []);
    const byMeaning = await store.searchVectors(new Float32Array(bytes.buffer), 'test', {}, 5);
    for (const hits of [byWord, byMeaning]) expect(hits.map(({ itemId }) => itemId)).toEqual(['a']);
    expect((await store.list({}, 5, null)).items).toMatchObject([{ itemId: 'a', stub: true, title: SLUG }]);
    const asked = scenario.commands.flatMap(({ type, value }) => (type === 'BackfillCommand' ? value.itemIds : []));
    expect(asked).toEqual(['a']);
  });

  it('gives way to content, and never comes over it', async () => {
    const scenario = await withStub();
    const before = (await scenario.row('a'))?.vectorHash;
    await hydrate(scenario, (run) => run.item('a', { text: FULL }));
    const full = await scenario.row('a');
    expect(full).toMatchObject({ content: 'full' });
    expect(full?.vectorHash).not.toBe(before);
    await hydrate(scenario, (run) => run.item('a', { content: 'stub', text: SLUG }));
    expect(await scenario.row('a')).toMatchObject({ content: 'full', vectorHash: full?.vectorHash });
    expect(await titleOf(scenario)).toBe(FULL);
  });

  it('keeps its words when a fetch fails, and where the source shows nothing any more', async () => {
    const scenario = await withStub();
    const before = await scenario.row('a');
    for (const content of ['failed', 'removed'] as const) {
      await hydrate(scenario, (run) => run.item('a', { content }));
      expect(await titleOf(scenario)).toBe(SLUG);
      expect(await scenario.row('a')).toMatchObject({
        content: 'stub',
        vectorHash: before?.vectorHash,
        unavailable: true,
      });
    }
  });

  it('does not bring words back of what its author deleted', async () => {
    const scenario = new Scenario();
    const listing = scenario.run('full');
    listing.item('a', { content: 'deleted', sighting: true, documentHash: 'hash' });
    listing.finish();
    await scenario.settle();
    await hydrate(scenario, (run) => run.item('a', { content: 'stub', text: SLUG }));
    expect(await scenario.row('a')).toMatchObject({ content: 'stub', vectorHash: '', hidden: true });
    expect(await titleOf(scenario)).toBeNull();
  });

  it('is erased with its item, also where it comes after the purge', async () => {
    const scenario = await withStub();
    await scenario.person('a', 'purge');
    await scenario.settle();
    await hydrate(scenario, (run) => run.item('a', { content: 'stub', text: SLUG }));
    expect(await scenario.row('a')).toMatchObject({ state: 'purged', vectorHash: '', textHash: '' });
    const left = scenario.compacted().filter(({ decoded }) => decoded?.type === 'RawItem');
    expect(left).toEqual([]);
  });

  it('is the same after a rebuild', async () => {
    const scenario = await withStub();
    const fresh = await scenario.rebuild();
    expect(await fresh.store.digest()).toBe(await scenario.sink.store.digest());
    expect(await titleOf(scenario, fresh)).toBe(SLUG);
  });
});
