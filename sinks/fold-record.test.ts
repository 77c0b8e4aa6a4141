import { describe, expect, it } from '@jest/globals';
import { Scenario } from '../testing/scenario/scenario.ts';

const entries = (ids: readonly string[]) => ids.map((id) => ({ id, savedAt: 1_000 }));

/** A scenario that holds `ids`, from an export of its moment. */
async function holding(ids: readonly string[]): Promise<Scenario> {
  const scenario = new Scenario();
  const run = scenario.run('import');
  run.snapshot(entries(ids), { asOf: scenario.now, oldestRow: 0 });
  run.finish();
  scenario.now += 60_000;
  await scenario.settle();
  return scenario;
}

describe('what does not remove anything', () => {
  it('is the End of a run that another one followed', async () => {
    const scenario = await holding(['a', 'b', 'c', 'd']);
    const frozen = scenario.run('import');
    const snapshotId = frozen.begin();
    const chunks = frozen.chunks(snapshotId, entries(['a', 'b', 'c']));
    scenario.run('import').finish();
    frozen.end(snapshotId, ['a', 'b', 'c'], { chunks, asOf: scenario.now });
    await scenario.settle();
    expect(await scenario.idsOf('active')).toEqual(['a', 'b', 'c', 'd']);
  });

  it('is a snapshot whose chunks came in another order, of another login, or of a content that is not known', async () => {
    const scenario = await holding(['a', 'b', 'c', 'd']);
    const swapped = scenario.run('import');
    const snapshotId = swapped.begin();
    swapped.chunk(snapshotId, 1, entries(['a', 'b']));
    swapped.chunk(snapshotId, 0, entries(['c']));
    swapped.end(snapshotId, ['a', 'b', 'c'], { chunks: 2, asOf: scenario.now });
    const foreign = scenario.run('import');
    const other = foreign.begin('somebody');
    foreign.end(other, ['a', 'b', 'c'], {
      chunks: foreign.chunks(other, entries(['a', 'b', 'c'])),
      login: 'somebody else',
      asOf: scenario.now,
    });
    scenario.run('import').snapshot(['a', 'b', 'c', 'd'], {
      digestOnly: true,
      contentDigest: 'f'.repeat(32),
      asOf: scenario.now,
    });
    await scenario.settle();
    expect(await scenario.idsOf('active')).toEqual(['a', 'b', 'c', 'd']);
    const outcomes = scenario.outcomes.flatMap(({ type, value }) => (type === 'Outcome' ? [value.kind] : []));
    for (const kind of ['incomplete', 'foreign', 'unknown content']) expect(outcomes).toContain(`snapshot ${kind}`);
  });

  it('is an older export, also when one without a date came in between', async () => {
    const scenario = await holding(['a', 'b', 'c', 'd']);
    scenario.run('import').snapshot(entries(['a', 'b', 'c', 'd', 'e']), { coverage: 'unknown', asOf: null });
    await scenario.settle();
    scenario.run('import').snapshot(entries(['a', 'b', 'c']), { asOf: scenario.now - 120_000, oldestRow: 0 });
    await scenario.settle();
    expect(await scenario.idsOf('active')).toEqual(['a', 'b', 'c', 'd', 'e']);
  });
});

describe('a record of a run that comes again under another key', () => {
  it('changes nothing', async () => {
    const scenario = await holding(['a', 'b']);
    const run = scenario.run('backfill');
    const first = run.item('a', { text: 'as it was', documentHash: 'one' });
    run.item('a', { text: 'as it is', documentHash: 'two' });
    scenario.append(first.decoded, '', '', { key: `${first.key}~1` });
    await scenario.settle();
    expect(await scenario.row('a')).toMatchObject({ documentHash: 'two' });
  });
});

describe('decisions that crossed', () => {
  it('a rejection that came first is not undone by an approval', async () => {
    const scenario = await holding(['a', 'b']);
    scenario.run('import').snapshot([], { asOf: scenario.now });
    await scenario.settle();
    expect(await scenario.idsOf('held')).toEqual(['a', 'b']);
    await scenario.person('a', 'reject');
    await scenario.person('a', 'approve');
    await scenario.settle();
    expect(await scenario.row('a')).toMatchObject({ state: 'active', pinned: true });
  });

  it('an approval of what was listed again meanwhile keeps the item', async () => {
    const scenario = await holding(['a', 'b']);
    scenario.run('import').snapshot([], { asOf: scenario.now });
    await scenario.settle();
    scenario.now += 60_000;
    const approval = await scenario.person('a', 'approve');
    scenario.ingest.pop();
    scenario.run('import').snapshot(entries(['a', 'b']), { asOf: scenario.now, oldestRow: 0 });
    scenario.append(approval.decoded, '', '', { key: approval.key });
    await scenario.settle();
    expect(await scenario.row('a')).toMatchObject({ state: 'active' });
  });

  it('a restoration never comes over a purge', async () => {
    const scenario = await holding(['a', 'b']);
    await scenario.person('a', 'purge');
    await scenario.settle();
    await scenario.person('a', 'restore');
    await scenario.settle();
    expect(await scenario.row('a')).toMatchObject({ state: 'purged', blocked: true, documentHash: '' });
  });
});

describe('a purge', () => {
  it('erases also a sighting from before it that is redriven later, and forgets the hash', async () => {
    const scenario = await holding(['a', 'b']);
    const run = scenario.run('delta');
    run.item('a', { documentHash: 'one' });
    const sighting = run.item('a', { sighting: true, documentHash: 'two' });
    scenario.ingest[sighting.position] = { ...sighting, decoded: null };
    run.finish();
    await scenario.settle();
    await scenario.person('a', 'purge');
    await scenario.settle();
    await scenario.person('a', 'allow');
    await scenario.settle();
    const key = `${sighting.key}~r`;
    scenario.append(sighting.decoded, '', '', { key, first: sighting });
    await scenario.settle();
    expect(await scenario.row('a')).toMatchObject({ state: 'purged', documentHash: '', content: 'none' });
    const erased = scenario.erased();
    expect(erased).toContain(key);
  });
});

describe('a run that another one overtook', () => {
  it('has ended for whoever waits, also for one whose command it executed', async () => {
    const scenario = new Scenario();
    const cause = scenario.run('import');
    cause.snapshot(entries(['a']), { asOf: scenario.now, oldestRow: 0 });
    cause.finish();
    await scenario.settle();
    const [command] = scenario.commands;
    const commandId = command?.type === 'BackfillCommand' ? command.value.eventId : '';
    const killed = scenario.run('backfill', { causedBy: cause.syncId, commandId });
    await scenario.settle();
    expect(await scenario.sink.store.run(cause.syncId)).toMatchObject({ waitingCommands: [commandId] });
    const again = scenario.run('backfill', { causedBy: cause.syncId, commandId });
    again.finish();
    await scenario.settle();
    expect(await scenario.sink.store.run(killed.syncId)).toMatchObject({ status: 'aborted', finishedAt: scenario.now });
    expect(await scenario.sink.store.run(cause.syncId)).toMatchObject({ waitingCommands: [], converged: true });
  });
});

describe('content of an export', () => {
  const MADE = Date.UTC(2025, 5, 1);

  async function take(scenario: Scenario, texts: Readonly<Record<string, string>>, asOf: number | null): Promise<void> {
    const run = scenario.run('import');
    const snapshotId = run.begin(null, asOf);
    for (const [id, text] of Object.entries(texts)) run.item(id, { text, documentHash: text });
    const ids = Object.keys(texts);
    const coverage = asOf === null ? 'unknown' : 'complete';
    run.end(snapshotId, ids, { chunks: run.chunks(snapshotId, entries(ids)), asOf, oldestRow: 0, coverage });
    run.finish();
    await scenario.settle();
  }
  const titleOf = async (scenario: Scenario, itemId: string): Promise<string | null | undefined> =>
    (await scenario.sink.store.item(scenario.scopeName, itemId))?.content?.title;

  it('takes the place of what an older one said', async () => {
    const scenario = new Scenario();
    await take(scenario, { a: 'first' }, MADE);
    await take(scenario, { a: 'second' }, MADE + 1);
    expect(await titleOf(scenario, 'a')).toBe('second');
  });

  it.each([
    ['an older', MADE - 1],
    ['another of the same moment', MADE],
    ['a dateless', null],
  ])('stays where %s one says something else, which only fills in what is missing', async (_, asOf) => {
    const scenario = new Scenario();
    await take(scenario, { a: 'newer' }, MADE);
    scenario.run('backfill').item('b', { content: 'failed' });
    await take(scenario, { a: 'older', b: 'found' }, asOf);
    expect(await titleOf(scenario, 'a')).toBe('newer');
    expect(await titleOf(scenario, 'b')).toBe('found');
    expect(await scenario.row('a')).toMatchObject({ documentHash: 'newer' });
  });

  it('stays where a listing was applied', async () => {
    const scenario = new Scenario();
    const run = scenario.run('full');
    run.item('a', { text: 'listed', sighting: true });
    run.snapshot(['a'], { proof: 'verdict' });
    run.finish();
    await take(scenario, { a: 'exported' }, MADE);
    expect(await titleOf(scenario, 'a')).toBe('listed');
  });
});
