import { beforeEach, describe, expect, it } from '@jest/globals';
import { deadLetterRecord } from '../core/dead-letter.ts';
import { HEADER } from '../core/keys.ts';
import type { AppendRecord } from '../core/ports/event-log.ts';
import type { Decoded } from '../core/ports/schema-codec.ts';
import type { RawItem } from '../schemas/generated/records.ts';
import { changeOf } from '../testing/contracts/item-store-samples.ts';
import { MemoryEventLog } from '../testing/memory-log/memory-event-log.ts';
import { Scenario } from '../testing/scenario/scenario.ts';
import type { ScenarioRecord } from '../testing/scenario/scenario-run.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { LetterEraser } from './letter-eraser.ts';

let scenario: Scenario;
let log: MemoryEventLog;
let eraser: LetterEraser;
let clock: VirtualClock;
let closing: AbortController;
beforeEach(() => {
  scenario = new Scenario();
  clock = new VirtualClock(scenario.now);
  closing = new AbortController();
  log = new MemoryEventLog({ clock, partitionCount: 1 });
  eraser = new LetterEraser({ log, store: scenario.sink.store, codec: scenario.codec, clock });
});

/** A listing shows the item with content. */
async function show(itemId: string): Promise<ScenarioRecord> {
  const record = scenario.run('delta').item(itemId, { sighting: true });
  await scenario.settle();
  return record;
}

async function decide(itemId: string, operation: Parameters<Scenario['person']>[1]): Promise<ScenarioRecord> {
  const record = await scenario.person(itemId, operation);
  await scenario.settle();
  return record;
}

/** A stage put it into the dead letters, and died before it had noted that. */
function letterOf({ key, position, first, decoded }: ScenarioRecord, stage: 'embed' | 'sink'): AppendRecord {
  const read = decoded?.type === 'RawItem' && stage === 'sink' ? enriched(decoded.value) : decoded;
  if (read === null) throw new Error('a tombstone is no dead letter');
  const value = scenario.codec.encode(read.type, read.value);
  const headers = {
    ...(stage === 'sink' && { [HEADER.position]: String(position) }),
    ...(first !== position && { [HEADER.firstPosition]: String(first) }),
  };
  const record = { key, offset: stage === 'sink' ? position + 1_000 : position, headers, timestamp: 0, value };
  const topic = stage === 'sink' ? 'enriched' : 'ingest';
  return deadLetterRecord(record, { topic, partition: 0, stage, error: 'refused' });
}

function enriched(item: RawItem): Decoded {
  const none = { textHash: null, vector: null, model: null, dimensions: null, textTruncated: false };
  return { type: 'EnrichedItem', value: { item, ...none } };
}

/** A letter of what is nowhere else, as if it stood at this position. */
function strayOf(record: ScenarioRecord, position: number): ScenarioRecord {
  return { ...record, key: `${record.key}~${position}`, position, first: position };
}

async function put(records: readonly ScenarioRecord[], stage: 'embed' | 'sink' = 'sink'): Promise<void> {
  const letters = records.map((record) => letterOf(record, stage));
  await log.append('dead-letter', 0, letters);
}

async function erasedOf(topic: 'ingest' | 'dead-letter'): Promise<string[]> {
  const records = await log.read(topic, 0, 0);
  return [...new Set(records.filter(({ value }) => value === null).map(({ key }) => key))];
}

async function late(): Promise<boolean> {
  return eraser.eraseLate(0, await log.read('dead-letter', 0, 0), closing.signal);
}

const eraseOf = (itemId: string): Promise<void> =>
  eraser.eraseOf(0, [{ scope: scenario.scopeName, itemId }], closing.signal);

describe('a dead letter', () => {
  it('goes with what it was while its item is purged, also when it is younger than that, and the item is allowed again', async () => {
    const shown = await show('a');
    await decide('a', 'purge');
    const allow = await decide('a', 'allow');
    expect(await scenario.row('a')).toMatchObject({ state: 'purged', blocked: false });
    const younger = strayOf(shown, allow.position + 1);
    await put([younger]);
    expect(await late()).toBe(true);
    expect(await erasedOf('ingest')).toEqual([younger.key]);
    expect(await erasedOf('dead-letter')).toEqual([younger.key]);
  });

  it('goes while its item is blocked, whatever else a record of the log made of that', async () => {
    const shown = await show('a');
    await decide('a', 'purge');
    const pin = await decide('a', 'pin');
    expect(await scenario.row('a')).toMatchObject({ state: 'active', blocked: true });
    await put([strayOf(shown, pin.position + 1)]);
    expect(await late()).toBe(true);
  });

  it('stays where its item was never purged', async () => {
    await put([await show('a')]);
    expect(await late()).toBe(false);
    expect(await erasedOf('ingest')).toEqual([]);
  });

  it.each(['embed', 'sink'] as const)(
    'of %s goes where it is older than the return of its item, but not what brought it back, nor what is younger',
    async (stage) => {
      const shown = await show('a');
      for (const operation of ['purge', 'allow'] as const) await decide('a', operation);
      const back = await show('a');
      expect(await scenario.row('a')).toMatchObject({ state: 'active', purgedAt: back.position });
      const older = strayOf(shown, back.position - 1);
      await put([older, back, strayOf(shown, back.position + 1)], stage);
      await late();
      // The outcome of the purge is read only now.
      await eraseOf('a');
      expect(await erasedOf('ingest')).toEqual([older.key]);
      expect(await erasedOf('dead-letter')).toEqual([older.key]);
    },
  );
});

describe('a dead letter of what the sink has not come past', () => {
  /** The sink put it into the dead letters, and died; the log is as long as it is there. */
  async function notPast(): Promise<ScenarioRecord> {
    await show('a');
    for (const operation of ['purge', 'allow'] as const) await decide('a', operation);
    const shown = scenario.run('delta').item('a', { sighting: true });
    await put([shown]);
    await log.append(
      'ingest',
      0,
      scenario.ingest.map(({ position }) => ({ key: `record ${position}`, value: Buffer.of(1) })),
    );
    return shown;
  }

  it('stays where the sink takes it after all', async () => {
    await notPast();
    let erased: boolean | null = null;
    const erasing = late().then((result) => (erased = result));
    await clock.advance(1_000);
    expect(erased).toBeNull();
    await scenario.settle();
    expect(await scenario.row('a')).toMatchObject({ state: 'active', content: 'full' });
    await clock.advance(1_000);
    expect(await erasing).toBe(false);
    expect(await erasedOf('ingest')).toEqual([]);
  });

  it('goes where the sink leaves it out once more', async () => {
    const shown = await notPast();
    const erasing = late();
    await clock.advance(1_000);
    const { store } = scenario.sink;
    await store.commit(await changeOf(store, { position: shown.position, nextOffset: shown.position + 1 }));
    await clock.advance(1_000);
    expect(await erasing).toBe(true);
    expect(await erasedOf('ingest')).toEqual([shown.key]);
  });

  it('keeps nobody from ending', async () => {
    await notPast();
    const ended = eraseOf('a').catch((error: unknown) => String(error));
    await clock.advance(1_000);
    closing.abort(new Error('the subscription closes'));
    expect(await ended).toContain('closes');
    expect(await erasedOf('ingest')).toEqual([]);
  });
});

describe('a decision in the dead letters', () => {
  it('that purged the item at a later attempt stays in the log, and so does every younger one', async () => {
    await show('a');
    const purge = await decide('a', 'purge');
    const older = strayOf(purge, purge.position - 1);
    const younger = strayOf(purge, purge.position + 1);
    await put([older, purge, younger]);
    await eraseOf('a');
    expect(await erasedOf('ingest')).toEqual([older.key]);
    expect(await erasedOf('dead-letter')).toEqual([older.key, purge.key]);
  });

  it('that acted stays in the log when its item was purged, or came back, since then', async () => {
    await show('a');
    const pin = await decide('a', 'pin');
    const purge = await decide('a', 'purge');
    await put([pin]);
    await eraseOf('a');
    await decide('a', 'allow');
    const back = await show('a');
    expect(await scenario.row('a')).toMatchObject({ state: 'active', purgedAt: back.position });
    await put([purge]);
    await late();
    expect(await erasedOf('ingest')).toEqual([]);
    expect(await erasedOf('dead-letter')).toEqual([pin.key, purge.key]);
  });
});
