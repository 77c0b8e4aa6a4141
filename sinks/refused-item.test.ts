import { describe, expect, it } from '@jest/globals';
import { lateVectorKey } from '../core/keys.ts';
import { Scenario } from '../testing/scenario/scenario.ts';
import { BatchApplier } from './apply-batch.ts';
import { Owed } from './owed.ts';

interface Letter {
  readonly offset: number;
  readonly error: string;
  readonly itemId: string | undefined;
}

/** A scenario whose dead letters are kept, and whose store refuses what the test says. */
async function withLetters(deadLetter: () => Promise<void> = async () => undefined) {
  const scenario = new Scenario();
  const letters: Letter[] = [];
  const { store } = scenario.sink;
  const begin = async (): Promise<void> => {
    const progress = await store.progress(0);
    const deps = {
      store,
      owed: new Owed(scenario.codec),
      settings: scenario.settings,
      rebuilding: false,
      pause: async () => undefined,
      stepRows: 2,
      deadLetter: async (offset: number, error: string, itemId?: string) => {
        await deadLetter();
        letters.push({ offset, error, itemId });
      },
    };
    scenario.sink = { store, applier: new BatchApplier(deps, 0, progress), read: progress.nextOffset };
  };
  await begin();
  return { scenario, letters, store, begin };
}

/** An export with content of `items`. What the sink asks for about others is answered by nobody knowing them. */
async function importOf(scenario: Scenario, ids: readonly string[], items = ids): Promise<string> {
  const run = scenario.run('import');
  for (const id of items) run.item(id, { savedAt: 1_000 });
  run.snapshot(
    ids.map((id) => ({ id, savedAt: 1_000 })),
    { asOf: scenario.now, oldestRow: 0 },
  );
  run.finish();
  scenario.now += 60_000;
  await scenario.settle();
  for (const { type, value } of scenario.commands.splice(0)) {
    if (type !== 'BackfillCommand') continue;
    const answer = scenario.run('backfill', { causedBy: run.syncId, commandId: value.eventId });
    answer.finish();
  }
  await scenario.settle();
  return run.syncId;
}

describe('an item that the store refuses', () => {
  it('is in the dead letters before the position moves past it, also after a crash in between', async () => {
    let crashes = 1;
    const { scenario, letters, store, begin } = await withLetters(async () => {
      if (crashes-- > 0) throw new Error('killed by the test');
    });
    store.refuse = (_, itemId) => itemId === 'b';
    await expect(importOf(scenario, ['a', 'b', 'c'])).rejects.toThrow('killed by the test');
    expect(await store.progress(0)).toEqual({ position: -1, nextOffset: 0 });
    await begin();
    await scenario.settle();
    expect(letters).toContainEqual({
      offset: 2,
      error: expect.stringContaining('refused by the test'),
      itemId: undefined,
    });
    expect(await scenario.idsOf('active')).toEqual(['a', 'c']);
    expect(await store.history(scenario.scopeName, 'b')).toEqual([]);
  });

  it('when a snapshot is applied, is told by its End, keeps both sides from being the same, and comes with the next', async () => {
    const { scenario, letters, store } = await withLetters();
    await importOf(scenario, ['a', 'b', 'c']);
    store.refuse = (_, itemId) => itemId === 'x';
    const syncId = await importOf(scenario, ['a', 'c', 'd', 'e', 'x'], []);
    const end = scenario.ingest.findLastIndex(({ decoded }) => decoded?.type === 'SnapshotEnd');
    expect(letters).toEqual([{ offset: end, error: expect.stringContaining('favorites x'), itemId: 'x' }]);
    expect(await scenario.idsOf('active')).toEqual(['a', 'c', 'd', 'e']);
    expect(await scenario.idsOf('trash')).toEqual(['b']);
    expect(await store.run(syncId)).toMatchObject({ snapshotOutcome: 'applied', converged: false });
    expect(await store.scope(scenario.scopeName)).toMatchObject({ listedCount: 4, applied: { contentDigest: '' } });
    store.refuse = () => false;
    const next = await importOf(scenario, ['a', 'c', 'd', 'e', 'x', 'y']);
    expect(await store.run(next)).toMatchObject({ snapshotOutcome: 'applied', converged: true });
    expect(await scenario.idsOf('active')).toEqual(['a', 'c', 'd', 'e', 'x', 'y']);
    const scope = await store.scope(scenario.scopeName);
    expect(scope).toMatchObject({ listedCount: 6, listedDigest: scope?.applied?.digest });
  });

  it('stays listed where the snapshot does not list it any more', async () => {
    const { scenario, store } = await withLetters();
    await importOf(scenario, ['a', 'b', 'c', 'd']);
    store.refuse = (_, itemId) => itemId === 'd';
    await importOf(scenario, ['a', 'b', 'c']);
    expect(await scenario.idsOf('active')).toEqual(['a', 'b', 'c', 'd']);
    store.refuse = () => false;
    await importOf(scenario, ['a', 'b', 'c', 'e']);
    expect(await scenario.idsOf('trash')).toEqual(['d']);
  });

  it('is left to the redrive of each of its records, and nothing of them is done, told or erased before', async () => {
    const { scenario, letters, store } = await withLetters();
    await importOf(scenario, ['a', 'b', 'c']);
    store.refuse = (_, itemId) => itemId === 'b';
    const [purge] = [await scenario.person('b', 'purge'), await scenario.person('b', 'pin')];
    const told = scenario.outcomes.length;
    await scenario.settle();
    expect(letters.map(({ offset }) => offset)).toEqual([purge.position, purge.position + 1]);
    expect(scenario.erased()).toEqual([]);
    expect(scenario.outcomes.slice(told)).toEqual([]);
    // Once more in vain, then in earnest.
    const again = scenario.append(purge.decoded, 'b', 'again', { first: purge });
    await scenario.settle();
    store.refuse = () => false;
    scenario.append(purge.decoded, 'b', 'at last', { first: again });
    await scenario.settle();
    expect(await scenario.row('b')).toMatchObject({ state: 'purged', blocked: true });
    expect(scenario.erased()).toEqual(expect.arrayContaining([purge.key, again.key]));
  });

  it('whose decision was redriven twice leaves only the one in the log that acted', async () => {
    const { scenario, store } = await withLetters();
    await importOf(scenario, ['a', 'b', 'c']);
    store.refuse = (_, itemId) => itemId === 'b';
    const pin = await scenario.person('b', 'pin');
    await scenario.settle();
    const inVain = scenario.append(pin.decoded, 'b', 'in vain', { first: pin });
    await scenario.settle();
    store.refuse = () => false;
    const acted = scenario.append(pin.decoded, 'b', 'acted', { first: pin });
    await scenario.settle();
    expect(await scenario.row('b')).toMatchObject({ pinned: true, decided: acted.position });
    const copy = scenario.append(pin.decoded, 'b', 'copy', { first: inVain });
    await scenario.settle();
    expect(new Set(scenario.erased())).toEqual(new Set([pin.key, inVain.key, copy.key]));
  });

  it('of which a copy came is not in the dead letters: whoever redrives the copy would have it taken a second time', async () => {
    const { scenario, letters, store } = await withLetters();
    const run = scenario.run('delta');
    const first = run.item('a', { sighting: true });
    await scenario.settle();
    // One of its own, so that it is not merely left out with what came before it.
    const copy = scenario.append(first.decoded, 'a', 'f1.1', { suffix: '1' });
    store.refuse = (_, itemId) => itemId === 'a';
    await scenario.settle();
    store.refuse = () => false;
    expect(letters).toEqual([]);
    // The row does not know its key, so that no purge would reach it, nor the late vector that may have been made for it.
    expect(scenario.erased()).toEqual(expect.arrayContaining([copy.key, lateVectorKey(copy.key)]));
    expect(scenario.erased()).not.toContain(first.key);
    expect(await scenario.row('a')).toMatchObject({ seen: first.position, contentAt: first.position });
  });

  it('is taken once where the copy of what was refused is not, and the dead letter is redriven', async () => {
    const { scenario, letters, store } = await withLetters();
    await importOf(scenario, ['a', 'b', 'c']);
    const run = scenario.run('backfill');
    store.refuse = (_, itemId) => itemId === 'd';
    const first = run.item('d', { content: 'failed' });
    await scenario.settle();
    store.refuse = () => false;
    // The latest of its run so far: its number is the highest.
    const copy = scenario.append(first.decoded, 'd', 'f1.1', { suffix: '1' });
    await scenario.settle();
    scenario.append(first.decoded, 'd', 'redriven', { first });
    scenario.append(first.decoded, 'd', 'redriven again', { first: copy });
    await scenario.settle();
    expect(letters).toHaveLength(1);
    expect(await scenario.row('d')).toMatchObject({ attempts: 1 });
    expect(await store.run(run.syncId)).toMatchObject({ counts: { failed: 1 } });
  });

  it('of which the log holds a record twice under one key loses neither what was taken nor what is in the dead letters', async () => {
    for (const refusesFirst of [false, true]) {
      const { scenario, letters, store } = await withLetters();
      const run = scenario.run('delta');
      store.refuse = (_, itemId) => itemId === 'a' && refusesFirst;
      const first = run.item('a', { sighting: true });
      run.item('b', { sighting: true });
      await scenario.settle();
      store.refuse = (_, itemId) => itemId === 'a';
      scenario.append(first.decoded, 'a', '', { key: first.key });
      await scenario.settle();
      expect({ letters: letters.length, erased: scenario.erased() }).toEqual({
        letters: refusesFirst ? 1 : 0,
        erased: [],
      });
    }
  });

  it('of which a copy of a decision came loses nothing of what acted, and the copy is not in the dead letters', async () => {
    const { scenario, letters, store } = await withLetters();
    await importOf(scenario, ['a', 'b', 'c']);
    const pin = await scenario.person('b', 'pin');
    await scenario.settle();
    store.refuse = (_, itemId) => itemId === 'b';
    for (const key of [pin.key, `${pin.key}~1`]) scenario.append(pin.decoded, 'b', '', { key });
    // Without something that changes the item there is nothing to refuse.
    const shown = scenario.run('delta').item('b', { text: 'changed' });
    await scenario.settle();
    store.refuse = () => false;
    expect(letters.map(({ offset }) => offset)).toEqual([shown.position]);
    expect(scenario.erased()).toEqual([`${pin.key}~1`]);
    expect(await scenario.row('b')).toMatchObject({ pinned: true, decided: pin.position });
    expect(await scenario.row('b', await scenario.rebuild())).toMatchObject({ pinned: true, decided: pin.position });
  });

  it('leaves no content behind that a purge does not reach, of all the times it was redriven', async () => {
    const { scenario, letters, store } = await withLetters();
    const run = scenario.run('delta');
    store.refuse = (_, itemId) => itemId === 'a';
    const first = run.item('a', { sighting: true });
    await scenario.settle();
    const redrive = async (from: typeof first, refused: boolean): Promise<typeof first> => {
      store.refuse = (_, itemId) => itemId === 'a' && refused;
      const again = scenario.append(from.decoded, 'a', `again ${scenario.ingest.length}`, { first: from });
      await scenario.settle();
      return again;
    };
    // Twice from one letter, as a crash leaves it.
    const inVain = [await redrive(first, true), await redrive(first, true)] as const;
    await redrive(inVain[0], false);
    expect(letters).toHaveLength(3);
    await redrive(inVain[1], true);
    expect(letters).toHaveLength(3);
    store.refuse = () => false;
    await scenario.person('a', 'purge');
    await scenario.settle();
    expect(scenario.compacted().filter(({ decoded }) => decoded?.type === 'RawItem')).toEqual([]);
  });

  it('has all its content erased by a purge, also what was refused, redriven by nobody and forgotten by the dead letters', async () => {
    const { scenario, letters, store } = await withLetters();
    const run = scenario.run('delta');
    store.refuse = (_scope, _itemId, { content }) => (content?.title ?? '').includes('large');
    const [large, larger] = [run.item('a', { text: 'large', sighting: true }), run.item('a', { text: 'larger' })];
    await scenario.settle();
    expect(letters.map(({ offset }) => offset)).toEqual([large.position, larger.position]);
    expect(await scenario.row('a')).toMatchObject({ state: null, seen: -1, content: 'none' });
    run.item('a', { text: 'small', sighting: true });
    await scenario.settle();
    expect(await scenario.row('a')).toMatchObject({ state: 'active', content: 'full' });
    await scenario.person('a', 'purge');
    await scenario.settle();
    expect(scenario.compacted().filter(({ decoded }) => decoded?.type === 'RawItem')).toEqual([]);
    // What comes too late for that goes at once.
    const late = run.item('a', { text: 'large', sighting: true });
    await scenario.settle();
    expect(scenario.erased()).toContain(late.key);
  });

  it('keeps no run waiting for the decision about it that is in the dead letters', async () => {
    const { scenario, store } = await withLetters();
    await importOf(scenario, ['a', 'b', 'c', 'd', 'e']);
    const run = scenario.run('import');
    scenario.now += 60_000;
    run.snapshot(
      ['a', 'c', 'd', 'e'].map((id) => ({ id, savedAt: 1_000 })),
      { asOf: scenario.now, oldestRow: 0 },
    );
    run.finish();
    await scenario.read();
    await scenario.publish();
    expect(await store.run(run.syncId)).toMatchObject({ waitingDecisions: 1 });
    store.refuse = (_, itemId) => itemId === 'b';
    await scenario.settle();
    expect(await store.run(run.syncId)).toMatchObject({ waitingDecisions: 0, converged: false });
    store.refuse = () => false;
    const removal = scenario.ingest.findLast(({ decoded }) => decoded?.type === 'Decision');
    if (removal === undefined) throw new Error('nothing was removed');
    scenario.append(removal.decoded, 'b', 'again', { first: removal });
    await scenario.settle();
    expect(await scenario.idsOf('trash')).toEqual(['b']);
    expect(await store.run(run.syncId)).toMatchObject({ waitingDecisions: 0 });
  });
});
