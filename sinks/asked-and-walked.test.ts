import { describe, expect, it } from '@jest/globals';
import { accountName } from '../core/keys.ts';
import type { Decoded } from '../core/ports/schema-codec.ts';
import { textHashOf } from '../core/text-hash.ts';
import { Scenario } from '../testing/scenario/scenario.ts';
import { UnitOfWork } from './unit-of-work.ts';

const many = (count: number): string[] => Array.from({ length: count }, (_, i) => `7${String(i).padStart(4, '0')}`);

/** A full walk that lists `ids`; resolves to what a verdict names of it. */
async function walk(
  scenario: Scenario,
  ids: readonly string[],
  proof: 'verdict' | 'walks',
  credentialKind: string | null = null,
) {
  const run = scenario.run('full', { credentialKind });
  const snapshotBegin = scenario.ingest.length;
  const snapshotId = run.snapshot(ids, { proof });
  run.finish();
  scenario.now += 60_000;
  await scenario.settle();
  return { snapshotId, snapshotBegin };
}

/** 30 of 40 are missing; `ask` lets the provider say that they are unsaved, and resolves to how many are gone. */
async function withManyUnsaved() {
  const scenario = new Scenario();
  const ids = many(40);
  await walk(scenario, ids, 'verdict');
  const asked = await walk(scenario, ids.slice(0, 10), 'verdict');
  const ask = async (): Promise<number> => {
    const recheck = scenario.run('recheck');
    for (const id of ids.slice(10)) recheck.verdict(id, 'unsaved', { ...asked, scopeCount: 40 });
    await scenario.settle();
    return (await scenario.idsOf('trash')).length;
  };
  return { scenario, ask };
}

describe('verdicts', () => {
  it('remove what is unsaved, unless it was sighted since the snapshot that asked', async () => {
    const scenario = new Scenario();
    await walk(scenario, ['a', 'b', 'c'], 'verdict');
    const asked = await walk(scenario, ['a'], 'verdict');
    scenario.run('delta').item('c', { sighting: true });
    const recheck = scenario.run('recheck');
    for (const id of ['b', 'c']) recheck.verdict(id, 'unsaved', { ...asked, scopeCount: 3 });
    await scenario.settle();
    expect(await scenario.idsOf('trash')).toEqual(['b']);
  });

  it('beyond the guard wait for a second one, ten minutes later', async () => {
    const { scenario, ask } = await withManyUnsaved();
    expect(await ask()).toBe(20);
    scenario.now += 600_000;
    expect(await ask()).toBe(30);
  });

  it('wait no longer than that where a clock was ahead when the first one was written down', async () => {
    const { scenario, ask } = await withManyUnsaved();
    scenario.now += 90 * 3_600_000;
    expect(await ask()).toBe(20);
    scenario.now -= 90 * 3_600_000;
    expect(await ask()).toBe(20);
    scenario.now += 600_000;
    expect(await ask()).toBe(30);
  });

  it('hold for a person where the listing was empty', async () => {
    const scenario = new Scenario();
    await walk(scenario, ['a', 'b'], 'verdict');
    const asked = await walk(scenario, [], 'verdict');
    scenario.run('recheck').verdict('a', 'unsaved', { ...asked, scopeCount: 2, emptyListing: true });
    await scenario.settle();
    expect(await scenario.row('a')).toMatchObject({ state: 'held', personOnly: true });
  });
});

describe('absence from walks', () => {
  it('removes at the second one in a row, and is judged by those alone that are missing again', async () => {
    const scenario = new Scenario();
    const ids = many(60);
    await walk(scenario, ids, 'walks');
    await walk(scenario, ids.slice(0, 58), 'walks');
    expect(await scenario.idsOf('trash')).toEqual([]);
    // 20 more are missing for the first time: they do not go yet, and do not make it a mass removal.
    await walk(scenario, ids.slice(0, 38), 'walks');
    expect(await scenario.idsOf('trash')).toEqual(ids.slice(58));
  });
});

describe('absence from the walks of a public list', () => {
  const shown = async (scenario: Scenario): Promise<readonly string[]> => {
    for (let walks = 0; walks < 3; walks++) await walk(scenario, ['a'], 'walks', 'public');
    return scenario.idsOf('trash');
  };

  it('removes where nobody but such a list ever told of the account', async () => {
    const scenario = new Scenario();
    await walk(scenario, ['a', 'b'], 'walks', 'public');
    expect(await shown(scenario)).toEqual(['b']);
  });

  it('says nothing where a token had shown it, though its sync came to no end', async () => {
    const scenario = new Scenario();
    const run = scenario.run('full', { credentialKind: 'token' });
    for (const id of ['a', 'b']) run.item(id, { sighting: true });
    expect(await shown(scenario)).toEqual([]);
    expect((await scenario.sink.store.scope(scenario.scopeName))?.applied).toMatchObject({ coverage: 'unknown' });
  });

  it('says nothing where an earlier version walked with a token, which its SyncStarted does not tell', async () => {
    const scenario = new Scenario();
    await walk(scenario, ['a', 'b'], 'verdict');
    expect(await shown(scenario)).toEqual([]);
  });

  it('says nothing where an earlier version folded it, of which nobody knows what was seen, until it is folded anew', async () => {
    const scenario = new Scenario();
    await walk(scenario, ['a', 'b'], 'walks', 'public');
    const { store, applier } = scenario.sink;
    const unit = new UnitOfWork(store);
    const row = await unit.account(accountName(scenario.scope));
    delete row.publicOnly;
    unit.changedAccount(row);
    await store.commit(unit.changeSet(0, applier.progress, applier.progress));
    expect(await shown(scenario)).toEqual([]);
  });
});

function lateVector(scenario: Scenario, itemId: string, textHash: string): Decoded {
  const eventId = `late-${itemId}`;
  const about = { eventId, at: scenario.now, ...scenario.scope, itemId, textHash };
  return { type: 'LateVector', value: { ...about, vector: new Uint8Array(16), model: 'test', dimensions: 4 } };
}

describe('a late vector', () => {
  it('of what is purged is owed beside what was owed before, though it moves no position', async () => {
    const scenario = new Scenario();
    await walk(scenario, ['a', 'b'], 'walks');
    await scenario.person('a', 'purge');
    await scenario.settle();
    await scenario.person('b', 'purge');
    await scenario.read();
    const { store, applier, read: offset } = scenario.sink;
    const before = await store.outbox(100);
    const decoded = lateVector(scenario, 'a', textHashOf('a'));
    const place = { offset, position: -1, first: -1, key: 'late', otherKeys: [] };
    await applier.apply([{ kind: 'input', input: { ...place, decoded } }]);
    const after = await store.outbox(100);
    expect(after.slice(0, before.length)).toEqual(before);
    expect(after.length).toBeGreaterThan(before.length);
  });

  it('is taken for the text that it was made of, and never by what is purged', async () => {
    const scenario = new Scenario();
    await walk(scenario, ['a', 'b'], 'walks');
    const run = scenario.run('backfill');
    // The text changed, and is so short that there is nothing to embed.
    for (const id of ['a', 'b']) run.item(id, { text: null });
    await scenario.settle();
    await scenario.person('b', 'purge');
    await scenario.settle();
    const late = (itemId: string, textHash: string): string =>
      scenario.append(lateVector(scenario, itemId, textHash), itemId, `late-${itemId}`).key;
    late('a', textHashOf('as it was'));
    const key = late('b', '');
    await scenario.settle();
    expect(await scenario.row('a')).toMatchObject({ vectorHash: '' });
    expect(await scenario.row('b')).toMatchObject({ vectorHash: '', state: 'purged' });
    const erased = scenario.erased();
    expect(erased).toContain(key);
  });
});
