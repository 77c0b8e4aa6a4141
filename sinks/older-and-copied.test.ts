import { describe, expect, it } from '@jest/globals';
import { Scenario } from '../testing/scenario/scenario.ts';
import type { ScenarioRecord } from '../testing/scenario/scenario-run.ts';

/** A full walk of a list that nobody can be asked about. */
async function walk(scenario: Scenario, ids: readonly string[]): Promise<void> {
  const run = scenario.run('full');
  run.snapshot(ids, { proof: 'walks' });
  run.finish();
  await scenario.settle();
}

/** A listing shows the item with content. */
async function show(scenario: Scenario, itemId: string): Promise<ScenarioRecord> {
  const run = scenario.run('delta');
  const record = run.item(itemId, { sighting: true });
  run.finish();
  await scenario.settle();
  return record;
}

async function redrive(scenario: Scenario, record: ScenarioRecord): Promise<string> {
  const copy = scenario.append(record.decoded, '', '', { key: `${record.key}~r`, first: record });
  await scenario.settle();
  return copy.key;
}

/** Purged by a person, who then allows that it comes back. */
async function purgeAndAllow(scenario: Scenario, itemId: string): Promise<void> {
  for (const operation of ['purge', 'allow'] as const) {
    await scenario.person(itemId, operation);
    await scenario.settle();
  }
}

describe('a sighting that is older than the last one', () => {
  it('does not make an item, which two walks have missed, look as if it had been seen in between', async () => {
    const scenario = new Scenario();
    const sighting = await show(scenario, 'c');
    await walk(scenario, ['a', 'b', 'c']);
    const seenAt = (await scenario.row('c'))?.lastSeenAt;
    scenario.now += 60_000;
    await walk(scenario, ['a', 'b']);
    const { absentSince } = (await scenario.row('c')) ?? {};
    expect(absentSince).toBeGreaterThan(sighting.position);
    await redrive(scenario, sighting);
    expect(await scenario.row('c')).toMatchObject({ absentSince, lastSeenAt: seenAt });
    await walk(scenario, ['a', 'b']);
    expect(await scenario.row('c')).toMatchObject({ state: 'trash' });
  });
});

describe('a decision that the log holds twice under one key', () => {
  it('is not erased with its copy', async () => {
    const scenario = new Scenario();
    await walk(scenario, ['a', 'b']);
    const purge = await scenario.person('a', 'purge');
    await scenario.settle();
    for (const suffix of ['', '~1']) scenario.append(purge.decoded, '', '', { key: `${purge.key}${suffix}` });
    await scenario.settle();
    expect(scenario.erased()).not.toContain(purge.key);
    expect(scenario.erased()).toContain(`${purge.key}~1`);
    expect(await scenario.row('a')).toMatchObject({ state: 'purged', blocked: true });
  });
});

describe('a purge', () => {
  it('erases the record under the first key too, where a log that was moved knows it by that of a repeat', async () => {
    const scenario = new Scenario();
    const { key } = await show(scenario, 'a');
    const run = scenario.run('delta');
    const again = run.item('a', { sighting: true });
    scenario.ingest[again.position] = { ...again, key: `${again.key}~again` };
    await scenario.settle();
    await scenario.person('a', 'purge');
    await scenario.settle();
    expect(scenario.erased()).toEqual(expect.arrayContaining([key, again.key, `${again.key}~again`]));
  });
});

describe('the record that brought a purged item back', () => {
  it('is not erased by a copy of it', async () => {
    const scenario = new Scenario();
    await walk(scenario, ['a', 'b']);
    await purgeAndAllow(scenario, 'a');
    const back = await show(scenario, 'a');
    expect(await scenario.row('a')).toMatchObject({ state: 'active', content: 'full', returnedBy: 'f2.1' });
    const copy = await redrive(scenario, back);
    expect(scenario.erased()).not.toContain(back.key);
    expect(scenario.erased()).not.toContain(copy);
    expect(await scenario.row('a', await scenario.rebuild())).toMatchObject({ state: 'active', content: 'full' });
  });

  it('is as late as any other after the next purge, also when a snapshot brings the item back', async () => {
    const scenario = new Scenario();
    await walk(scenario, ['a', 'b']);
    await purgeAndAllow(scenario, 'a');
    const back = await show(scenario, 'a');
    await purgeAndAllow(scenario, 'a');
    await walk(scenario, ['a', 'b']);
    expect(await scenario.row('a')).toMatchObject({ state: 'active', content: 'none', returnedBy: null });
    const copy = await redrive(scenario, back);
    expect(scenario.erased()).toContain(copy);
    expect(await scenario.row('a')).toMatchObject({ content: 'none' });
  });
});
