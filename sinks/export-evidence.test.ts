import { describe, expect, it } from '@jest/globals';
import { Scenario } from '../testing/scenario/scenario.ts';
import type { ScenarioRun } from '../testing/scenario/scenario-run.ts';

const DAY_MS = 86_400_000;
const POSTS = ['t3_a', 't3_b', 't3_c', 't3_d', 't3_e'];
const COMMENTS = Array.from({ length: 30 }, (_, n) => `t1_${n + 10}`);

type End = Parameters<ScenarioRun['snapshot']>[1];

/** An export that tells nothing but ids; resolves to what became of its snapshot. */
async function importIds(scenario: Scenario, ids: readonly string[], end: End): Promise<string | null> {
  const run = scenario.run('import');
  run.snapshot(ids, { kinds: ['t3'], coverage: end?.asOf === null ? 'unknown' : 'complete', ...end });
  run.finish();
  await scenario.settle();
  return (await scenario.sink.store.run(run.syncId))?.snapshotOutcome ?? null;
}

async function sight(scenario: Scenario, ...ids: readonly string[]): Promise<void> {
  const run = scenario.run('delta');
  for (const id of ids) run.item(id, { sighting: true });
  run.finish();
  await scenario.settle();
}

/** Between the collection and the snapshot last applied, as the sink compares them. */
async function differences({ sink: { store }, scopeName }: Scenario): Promise<number> {
  const applied = (await store.scope(scopeName))?.applied;
  if (applied === null || applied === undefined) throw new Error('nothing was applied');
  return store.countDifferences(scopeName, applied.begin, applied.kinds, applied.asOf);
}

async function list(scenario: Scenario, ids: readonly string[]): Promise<void> {
  const run = scenario.run('full');
  run.snapshot(ids, { kinds: ['t1', 't3'], proof: 'verdict', login: 'login 1' });
  run.finish();
  await scenario.settle();
}

describe('an export of ids without dates', () => {
  it('removes what it lacks, and not what was seen at the source after it was made', async () => {
    const scenario = new Scenario();
    const made = scenario.now;
    await importIds(scenario, POSTS, { asOf: made });
    scenario.now += 2 * DAY_MS;
    await sight(scenario, 't3_new', 't3_a');
    scenario.now += DAY_MS;
    await importIds(scenario, ['t3_c', 't3_d', 't3_e'], { asOf: made + DAY_MS });
    expect(await scenario.idsOf('trash')).toEqual(['t3_b']);
    expect(await scenario.idsOf('active')).toEqual(['t3_a', 't3_c', 't3_d', 't3_e', 't3_new']);
    await importIds(scenario, ['t3_c', 't3_d', 't3_e'], { asOf: scenario.now });
    expect(await scenario.idsOf('active')).toEqual(['t3_c', 't3_d', 't3_e']);
  });

  it('does not remove what a listing held after it was made, which no row of it tells', async () => {
    const scenario = new Scenario();
    await list(scenario, [...POSTS, 't3_f']);
    const between = scenario.now + DAY_MS;
    scenario.now += 2 * DAY_MS;
    await list(scenario, [...POSTS, 't3_f']);
    for (const asOf of [between, between + 1]) {
      await importIds(scenario, POSTS, { asOf });
      expect(await scenario.idsOf('active')).toEqual([...POSTS, 't3_f']);
    }
    await importIds(scenario, POSTS, { asOf: scenario.now + 1 });
    expect(await scenario.idsOf('trash')).toEqual(['t3_f']);
  });

  it('does not remove what came in with a newer export that did not tell its date', async () => {
    const scenario = new Scenario();
    await importIds(scenario, [...POSTS, 't3_f'], { asOf: null });
    await importIds(scenario, POSTS, { asOf: scenario.now - DAY_MS });
    expect(await scenario.idsOf('active')).toEqual([...POSTS, 't3_f']);
  });

  it('is believed on what came in without a date, once the same list came with one', async () => {
    const scenario = new Scenario();
    const made = scenario.now - 10 * DAY_MS;
    await importIds(scenario, [...POSTS, 't3_f'], { asOf: null });
    await importIds(scenario, [...POSTS, 't3_f'], { asOf: made });
    await importIds(scenario, POSTS, { asOf: made + DAY_MS });
    expect(await scenario.idsOf('trash')).toEqual(['t3_f']);
  });

  it('is believed on the day on which another came in without a date, and does not mind those of other kinds', async () => {
    const scenario = new Scenario();
    scenario.now += 14 * 3_600_000;
    const today = scenario.now - (scenario.now % DAY_MS);
    await importIds(scenario, COMMENTS, { asOf: null, kinds: ['t1'] });
    await importIds(scenario, [...POSTS, 't3_f'], { asOf: today - 2 * DAY_MS });
    await importIds(scenario, POSTS, { asOf: today - DAY_MS });
    expect(await scenario.idsOf('trash')).toEqual(['t3_f']);
    await importIds(scenario, COMMENTS.slice(1), { asOf: today, kinds: ['t1'] });
    expect(await scenario.idsOf('trash')).toEqual([COMMENTS[0], 't3_f']);
  });

  it('is compared with what it can speak of', async () => {
    const scenario = new Scenario();
    const made = scenario.now;
    await importIds(scenario, POSTS, { asOf: made });
    scenario.now += 2 * DAY_MS;
    await sight(scenario, 't3_new');
    await importIds(scenario, POSTS, { asOf: made + DAY_MS });
    expect(await differences(scenario)).toBe(0);
  });
});

describe('an export of some kinds of ids', () => {
  it('says nothing of the others, which do not weigh in either', async () => {
    const scenario = new Scenario();
    await importIds(scenario, [...POSTS, ...COMMENTS], { asOf: scenario.now, kinds: ['t1', 't3'] });
    scenario.now += DAY_MS;
    // One of five is within the guard, though the export shares few ids with the whole scope.
    await importIds(scenario, POSTS.slice(1), { asOf: scenario.now });
    expect(await scenario.idsOf('trash')).toEqual(['t3_a']);
    expect(await scenario.idsOf('active')).toHaveLength(34);
    expect(await differences(scenario)).toBe(0);
    scenario.now += DAY_MS;
    await importIds(scenario, COMMENTS.slice(0, 12), { asOf: scenario.now, kinds: ['t1'] });
    // Less than half of the comments: held for a person, and the posts stay out of it.
    expect((await scenario.idsOf('held')).every((id) => COMMENTS.includes(id))).toBe(true);
    expect(await scenario.idsOf('held')).toHaveLength(18);
    expect(await scenario.idsOf('active')).toHaveLength(16);
  });

  it('is newer or older than exports of the same kinds alone', async () => {
    const scenario = new Scenario();
    const asOf = scenario.now;
    expect(await importIds(scenario, POSTS, { asOf })).toBe('applied');
    expect(await importIds(scenario, COMMENTS, { asOf, kinds: ['t1'] })).toBe('applied');
    expect(await importIds(scenario, COMMENTS, { asOf, kinds: ['t1'] })).toMatch(/^same/);
    expect(await importIds(scenario, POSTS.slice(1), { asOf: asOf - 1 })).toMatch(/^older/);
    expect(await importIds(scenario, POSTS, { asOf })).toMatch(/^older/);
    expect(await scenario.idsOf('active')).toHaveLength(35);
    await importIds(scenario, [], { asOf: null });
    expect(await importIds(scenario, COMMENTS.slice(1), { asOf: asOf - 1, kinds: ['t1'] })).toMatch(/^older/);
  });

  it('may come again with the others', async () => {
    const scenario = new Scenario();
    const asOf = scenario.now;
    await importIds(scenario, POSTS, { asOf });
    expect(await importIds(scenario, [...POSTS, ...COMMENTS], { asOf, kinds: ['t1', 't3'] })).toBe('applied');
    expect(await importIds(scenario, [...POSTS, ...COMMENTS], { asOf, kinds: ['t1', 't3'] })).toMatch(/^same/);
    expect(await scenario.idsOf('active')).toHaveLength(35);
  });
});
