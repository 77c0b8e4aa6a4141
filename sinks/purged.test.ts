import { describe, expect, it } from '@jest/globals';
import { lateVectorKey } from '../core/keys.ts';
import { textHashOf } from '../core/text-hash.ts';
import type { Decision } from '../schemas/generated/records.ts';
import { Scenario } from '../testing/scenario/scenario.ts';

const REDDIT = { provider: 'reddit', user: 'me', collection: 'saved' };
const ALL = ['a', 'b', 'c', 'd'];
const DAY_MS = 86_400_000;

const purgesOf = (scenario: Scenario): readonly Decision[] =>
  scenario.ingest.flatMap(({ decoded }) =>
    decoded?.type === 'Decision' && decoded.value.operation === 'purge' ? [decoded.value] : [],
  );

/** Its author deletes it, and that is seen twice. */
async function deletedByAuthor(scenario: Scenario, itemId: string): Promise<void> {
  for (let seen = 0; seen < 2; seen++) {
    scenario.now += DAY_MS;
    const run = scenario.run('delta');
    run.item(itemId, { sighting: true, content: 'deleted' });
    run.finish();
    await scenario.settle();
  }
  expect(await scenario.row(itemId)).toMatchObject({ state: 'purged' });
}

describe('a purge', () => {
  it('of the sink keeps the url of what it erases', async () => {
    const scenario = new Scenario({ scope: REDDIT });
    const run = scenario.run('full');
    run.item('t3_a', { sighting: true });
    run.finish();
    await scenario.settle();
    const url = (await scenario.sink.store.item(scenario.scopeName, 't3_a'))?.content?.url;
    expect(url).toEqual(expect.any(String));
    await deletedByAuthor(scenario, 't3_a');
    expect(purgesOf(scenario)).toMatchObject([{ author: 'sink', url }]);
  });

  it('that came late, and is issued again, keeps the url that it had', async () => {
    const scenario = new Scenario();
    const run = scenario.run('full');
    run.item('a', { sighting: true });
    run.finish();
    await scenario.settle();
    await scenario.person('a', 'pin');
    const { decoded } = await scenario.person('a', 'purge');
    if (decoded?.type !== 'Decision') throw new Error('it is a decision');
    Object.assign(decoded.value, { url: 'https://example.org/of-the-purge' });
    await scenario.settle();
    expect(await scenario.row('a')).toMatchObject({ state: 'purged' });
    expect(purgesOf(scenario)).toMatchObject([
      decoded.value,
      { firstId: decoded.value.eventId, url: 'https://example.org/of-the-purge' },
    ]);
  });

  it.each([
    ['the sink', 'sink', 'active'],
    ['a person', 'person:me', 'purged'],
  ])('of %s in the middle of an export that lists the item', async (_who, author, state) => {
    const scenario = new Scenario();
    const listed = (ids: readonly string[]) => ids.map((id) => ({ id, savedAt: 1_000 }));
    const run = scenario.run('import');
    for (const id of ALL) run.item(id);
    run.snapshot(listed(ALL), { asOf: scenario.now, oldestRow: 0 });
    run.finish();
    scenario.now += DAY_MS;
    const without = scenario.run('import');
    without.snapshot(listed(ALL.slice(1)), { asOf: scenario.now, oldestRow: 0 });
    without.finish();
    await scenario.settle();
    expect(await scenario.row('a')).toMatchObject({ state: 'trash' });
    scenario.now += 31 * DAY_MS;
    const again = scenario.run('import');
    const snapshot = again.begin(null, scenario.now);
    const { decided, basisSeen } = (await scenario.row('a'))!;
    const { decoded } = await scenario.person('a', 'purge');
    if (decoded?.type !== 'Decision') throw new Error('it is a decision');
    Object.assign(decoded.value, { author, basisDecided: decided, basisSeen });
    const chunks = again.chunks(snapshot, listed(ALL));
    again.end(snapshot, ALL, { chunks, asOf: scenario.now, oldestRow: 0 });
    again.finish();
    await scenario.settle();
    expect(await scenario.row('a')).toMatchObject({ state, listed: true });
  });

  it('erases the late vector that was being made, also where its item is back by then', async () => {
    const scenario = new Scenario({ scope: REDDIT });
    const run = scenario.run('full');
    const raw = run.item('t3_a', { sighting: true, text: 'secret' });
    run.finish();
    await scenario.settle();
    await deletedByAuthor(scenario, 't3_a');
    scenario.now += DAY_MS;
    const back = scenario.run('delta');
    back.item('t3_a', { sighting: true, text: 'new text' });
    back.finish();
    await scenario.settle();
    expect(await scenario.row('t3_a')).toMatchObject({ state: 'active' });
    const [erased, told] = [scenario.erased().length, scenario.outcomes.length];
    const { applier } = scenario.sink;
    const vector = { textHash: textHashOf('secret'), vector: new Uint8Array(16), model: 'test', dimensions: 4 };
    const value = { eventId: 'late-1', at: scenario.now, ...REDDIT, itemId: 't3_a', ...vector };
    const key = lateVectorKey(raw.key);
    const offset = applier.progress.position + 1;
    const input = {
      offset,
      position: -1,
      first: -1,
      key,
      otherKeys: [],
      decoded: { type: 'LateVector', value },
    } as const;
    await applier.apply([{ kind: 'input', input }]);
    await scenario.publish();
    expect(scenario.erased().slice(erased)).toEqual([key]);
    expect(scenario.outcomes.slice(told)).toMatchObject([
      { value: { kind: 'erased', evidence: expect.stringContaining(value.textHash) } },
    ]);
  });
});
