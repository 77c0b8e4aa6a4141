import { beforeEach, describe, expect, it } from '@jest/globals';
import { recordKey } from '../../../core/keys.ts';
import { type LedgerRow, newLedgerRow, newScopeRow, type ScopeRow } from '../../../core/ledger.ts';
import type { LogRecord, TopicName } from '../../../core/ports/event-log.ts';
import { textHashOf } from '../../../core/text-hash.ts';
import { hashText } from '../../../processors/embed/hash/hash-embedder.ts';
import { Scenario } from '../../../testing/scenario/scenario.ts';
import { Truth } from '../truth.ts';
import { type Hidden, watchBegins, watchListings } from './complete.ts';
import { checkDeadLetters, checkFlags, checkPins, foldDecisions, watchSecrets } from './decisions.ts';
import { leftOf } from './erasure.ts';
import { Evidence } from './evidence.ts';
import { checkGuard } from './guard.ts';
import { watchHashes } from './hashes.ts';
import { checkSighting, checkVerdicts, effectsOf, sightingsOf, withoutEffect } from './one-order.ts';
import { RowWatch } from './row-watch.ts';
import { checkVector, textsOf } from './vectors.ts';
import { RecordWatch, type Watch } from './watch.ts';

const ITEMS = ['a', 'b', 'c', 'd', 'e', 'f'];
const DIMENSIONS = 16;
const MARK = 'mark-0-';
/** a position */
const SEEN = 1_000;

/** Proofs are believed only as far as they can be shown to object. */
describe('what is proved from the log', () => {
  let scenario: Scenario;
  let evidence: Evidence;
  beforeEach(async () => {
    scenario = new Scenario();
    await importOf(ITEMS);
    await importOf(ITEMS.filter((id) => id !== 'b'));
    await scenario.person('c', 'pin');
    await scenario.settle();
    gather();
  });

  function gather(): void {
    evidence = new Evidence((value) => scenario.codec.decode(value));
    for (const [offset, { key, decoded }] of scenario.ingest.entries()) {
      const value = decoded === null ? null : scenario.codec.encode(decoded.type, decoded.value);
      evidence.add('ingest', 0, { key, value, headers: {}, timestamp: 0, offset });
    }
  }

  async function importOf(ids: readonly string[]): Promise<void> {
    const run = scenario.run('import');
    for (const id of ids) run.item(id);
    const entries = ids.map((id) => ({ id, savedAt: 1_000 }));
    run.snapshot(entries, { asOf: scenario.now, oldestRow: 0 });
    run.finish();
    scenario.now += 60_000;
    await scenario.settle();
  }

  const row = async (itemId: string, change: Partial<LedgerRow> = {}): Promise<LedgerRow> => ({
    ...((await scenario.row(itemId)) ?? newLedgerRow(itemId)),
    ...change,
  });
  const scopeRow = async (): Promise<ScopeRow> =>
    (await scenario.sink.store.scope(scenario.scopeName)) ?? newScopeRow(scenario.scopeName);
  const ingest = () => evidence.of('ingest');
  const broken = (watch: Watch): readonly string[] => new RecordWatch(null, [watch]).look(evidence);
  /** A record with these words, where only bytes matter. */
  const write = (topic: TopicName, words: string, headers: Readonly<Record<string, string>> = {}): void => {
    const key = recordKey(scenario.scope, scenario.scope.collection, 'a', `e${evidence.written.length}`);
    evidence.add(topic, 0, { key, value: Buffer.from(words), headers, timestamp: 0, offset: 0 });
  };

  it('objects to what a copy, or a run that was overtaken, has changed (law 1)', async () => {
    expect(withoutEffect(ingest(), evidence).size).toBe(0);
    const at = ingest().length;
    const copied = ingest().find(({ value }) => value !== null && evidence.decode(value).type === 'RawItem');
    if (copied === undefined) throw new Error('there is no raw item');
    evidence.add('ingest', 0, { ...copied, offset: at });
    const positions = withoutEffect(ingest(), evidence);
    expect([...positions.keys()]).toEqual([at]);
    expect(effectsOf(positions, await row('a'), [])).toEqual([]);
    expect(effectsOf(positions, await row('a', { contentAt: at }), [])).toHaveLength(1);
    expect(effectsOf(positions, await row('a', { seen: at }), [])).toHaveLength(1);
  });

  it('objects to a sighting where nothing shows the item, and to one that is not known (law 2)', async () => {
    const sightings = sightingsOf(ingest(), evidence, new Map());
    expect(checkSighting(await row('a'), SEEN, sightings, new Map())).toEqual([]);
    expect(checkSighting(await row('a', { seen: 0 }), SEEN, sightings, new Map())).toHaveLength(1);
    expect(checkSighting(await row('a'), SEEN, sightings, new Map([['a', SEEN + 1]]))).toHaveLength(1);
    expect(checkVerdicts(ingest(), evidence, sightings)).toEqual([]);
  });

  it('objects to a whole list that lacks what was saved, and to one that is shown before its Begin (laws 3 and 5)', () => {
    const truth = new Truth();
    for (const id of ITEMS) truth.save(id, 0);
    const run = scenario.run('full');
    run.snapshot(['a', 'c', 'd', 'e', 'f'], { proof: 'verdict', coverage: 'complete', asOf: null });
    run.item('a');
    run.finish();
    gather();
    expect(broken(watchBegins())).toEqual([]);
    const no = (): boolean => false;
    const listings = (hidden: Partial<Hidden> = {}): readonly string[] =>
      broken(watchListings(truth, ITEMS, { wasMisled: no, shrankUnseen: no, isPrivate: no, ...hidden }));
    expect(listings()).toEqual(['a list is said to be complete, and lacks b']);
    expect(listings({ wasMisled: () => true })).toEqual([]);
    truth.save('z', 0);
    truth.unsave('z', scenario.now);
    expect(listings({ shrankUnseen: (since, until) => truth.hasShrunk(since, until) })).toEqual([]);
    expect(listings()).toHaveLength(1);
    truth.unsave('b', scenario.now);
    expect(listings()).toEqual([]);
    scenario.run('full').item('a');
    gather();
    expect(broken(watchBegins())).toHaveLength(1);
  });

  it('objects to more removals than the guard lets pass (law 4)', () => {
    expect(checkGuard(evidence, 20, 0.25)).toEqual([]);
    expect(checkGuard(evidence, 0, 0)).toEqual([expect.stringContaining('beyond the guard')]);
    for (const record of ingest()) evidence.add('ingest', 0, record);
    expect(checkGuard(evidence, 1, 0)).toEqual([]);
  });

  it('objects to flags that no decision gave (laws 7 and 8)', async () => {
    const { flags, wrong } = foldDecisions(evidence);
    expect(wrong).toEqual([]);
    for (const id of ITEMS) expect(checkFlags(await row(id), flags)).toEqual([]);
    expect(checkFlags(await row('c', { pinned: false }), flags)).toHaveLength(1);
    expect(checkPins(await row('c'), evidence)).toEqual([]);
    expect(checkPins(await row('c', { pinned: false }), evidence)).toHaveLength(1);
    expect(checkFlags(await row('a', { blocked: true }), flags)).toHaveLength(1);
  });

  it('takes a decision that was issued again for as old as it was at first (law 8)', async () => {
    const pinned = scenario.ingest.findLast(({ decoded }) => decoded?.type === 'Decision');
    if (pinned?.decoded?.type !== 'Decision') throw new Error('nobody pinned');
    const late = { ...pinned.decoded.value, eventId: 'issued again', firstAt: pinned.position };
    const unpinned = await scenario.person('c', 'unpin');
    await scenario.settle();
    scenario.append({ type: 'Decision', value: late }, 'c', late.eventId);
    gather();
    expect(checkPins(await row('c'), evidence)).toEqual([]);
    scenario.append({ type: 'Decision', value: { ...late, firstAt: unpinned.position + 1 } }, 'c', 'later');
    gather();
    expect(checkPins(await row('c'), evidence)).toHaveLength(1);
  });

  it('objects to what a purge left, in each of the topics (law 7)', async () => {
    const purged = await row('a', { state: 'purged', purgedAt: 5 });
    expect(leftOf(purged, MARK, evidence)).toEqual([]);
    for (const topic of ['ingest', 'enriched', 'dead-letter'] as const) write(topic, `words of ${MARK}`);
    expect(leftOf(purged, MARK, evidence)).toHaveLength(3);
    expect(leftOf({ ...purged, purgedAt: -1 }, MARK, evidence)).toEqual([]);
  });

  it('objects to a vector that is missing, or of another text, and to a text that nobody wrote (laws 9 and 10)', async () => {
    const [[textHash, text] = ['', '']] = textsOf(evidence);
    expect(textHash).toBe(textHashOf(text));
    const known = await row('a', { textHash });
    const vectorOf = (words: string) => {
      const { buffer } = hashText(words, DIMENSIONS).vector;
      return { model: 'm', dimensions: DIMENSIONS, bytes: new Uint8Array(buffer) };
    };
    const texts = textsOf(evidence);
    expect(checkVector(known, vectorOf(text), texts, DIMENSIONS)).toEqual([]);
    expect(checkVector(known, vectorOf('other words'), texts, DIMENSIONS)).toHaveLength(1);
    expect(checkVector(known, null, texts, DIMENSIONS)).toHaveLength(1);
    expect(checkVector({ ...known, textHash: 'x' }, null, texts, DIMENSIONS)).toHaveLength(1);
  });

  it('objects to a hash that changes with a counter (law 9)', () => {
    expect(broken(watchHashes())).toEqual([]);
    const first = scenario.ingest.find(({ decoded }) => decoded?.type === 'RawItem');
    if (first?.decoded?.type !== 'RawItem') throw new Error('there is no raw item');
    const { value } = first.decoded;
    const counted = { ...value, document: { ...value.document, extra: '{"stars":1}' } };
    scenario.append({ type: 'RawItem', value: counted }, value.itemId, 'e-counted');
    gather();
    expect(broken(watchHashes())).toEqual([]);
    scenario.append({ type: 'RawItem', value: { ...counted, documentHash: 'another' } }, value.itemId, 'e-other');
    gather();
    expect(broken(watchHashes())).toHaveLength(1);
  });

  it('objects to dead letters of what was not refused, and to their lack (law 10), and to a token that is told (law 12)', () => {
    write('dead-letter', 'my-token', { '__connect.errors.stage': 'sink' });
    expect(checkDeadLetters(evidence, new Set(['a']), false)).toEqual([]);
    expect(checkDeadLetters(evidence, new Set(), false)).toHaveLength(1);
    expect(checkDeadLetters(evidence, new Set(['a', 'b']), false)).toHaveLength(1);
    expect(checkDeadLetters(evidence, new Set(['a', 'b']), true)).toEqual([]);
    expect(broken(watchSecrets(['another']))).toEqual([]);
    expect(broken(watchSecrets(['my-token']))).toHaveLength(1);
  });

  it('objects at once to what the store has and the records so far do not give (laws 1, 2, 3 and 7)', async () => {
    const scope = await scopeRow();
    const removed = await row('b');
    const history = await scenario.sink.store.history(scenario.scopeName, 'b');
    const look = async (change: Partial<LedgerRow>, kept = false): Promise<readonly string[]> => {
      const rows = new RowWatch();
      new RecordWatch(null, [rows.see]).look(evidence);
      const at = { row: { ...removed, ...change }, scope, history: async () => history, hasContent: async () => kept };
      const wrong = await rows.look(at);
      // What has not changed since is not looked at again.
      expect(await rows.look(at)).toEqual([]);
      return wrong;
    };
    expect(removed.state).toBe('trash');
    expect(await look({})).toEqual([]);
    expect(await look({ state: 'active' })).toEqual([expect.stringContaining('not seen since remove')]);
    expect(await look({ seen: 0 })).toEqual([expect.stringContaining('where nothing shows it')]);
    expect(await look({ decided: removed.decided + 1 })).toEqual([expect.stringContaining('where nobody decides')]);
    expect(await look({ state: 'purged' }, true)).toEqual([expect.stringContaining('its content is kept')]);
    expect(await look({ state: 'purged' })).toEqual([]);
    const at = ingest().length;
    const copied = ingest().find(({ value }) => value !== null && evidence.decode(value).type === 'RawItem');
    evidence.add('ingest', 0, { ...(copied as LogRecord), offset: at });
    expect(await look({ contentAt: at })).toEqual([expect.stringContaining(`that of the record at ${at}`)]);
  });

  it('objects at once to a removal that did not know of a sighting before it (law 8)', async () => {
    const removal = scenario.ingest.findLast(
      ({ decoded }) => decoded?.type === 'Decision' && decoded.value.author === 'sink',
    );
    if (removal?.decoded?.type !== 'Decision') throw new Error('nothing was removed');
    scenario.run('full').item('b', { sighting: true });
    scenario.append(
      { type: 'Decision', value: { ...removal.decoded.value, basisSeen: -1, eventId: 'blind' } },
      'b',
      'blind',
    );
    gather();
    const rows = new RowWatch();
    new RecordWatch(null, [rows.see]).look(evidence);
    const look = async (decided: number): Promise<readonly string[]> =>
      await rows.look({
        row: await row('b', { decided }),
        scope: await scopeRow(),
        history: async () => [],
        hasContent: async () => true,
      });
    expect(await look(removal.position)).toEqual([]);
    expect(await look(ingest().length - 1)).toEqual([expect.stringContaining('did not know that it was seen at')]);
  });

  it('is told apart by account', () => {
    const [first] = evidence.written;
    const account = first?.record.key.split('|')[0] ?? '';
    expect(evidence.ofAccount(account).written).toEqual(evidence.written);
    const key = recordKey({ provider: 'tiktok', user: 'next-door' }, 'favorites', 'a', 'e');
    evidence.add('ingest', 0, { key, value: null, headers: {}, timestamp: 0, offset: 99 });
    expect(evidence.ofAccount('tiktok/next-door').written).toHaveLength(1);
    expect(evidence.ofAccount(account).written).toHaveLength(evidence.written.length - 1);
  });
});
