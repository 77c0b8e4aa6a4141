import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openLocalCodec } from '../../codec/local/open-local-codec.ts';
import { DEAD_LETTER_HEADER } from '../../core/dead-letter.ts';
import { HEADER } from '../../core/keys.ts';
import type { AppendRecord, LogRecord, TopicName } from '../../core/ports/event-log.ts';
import type { MovableLog } from '../../core/ports/movable-log.ts';
import type { SchemaCodec } from '../../core/ports/schema-codec.ts';
import { MemoryEventLog } from '../../testing/memory-log/memory-event-log.ts';
import { RecordingTelemetry } from '../../testing/recording-telemetry.ts';
import { VirtualClock } from '../../testing/virtual-clock.ts';
import { openEmbeddedLog } from '../../transport/embedded/open-embedded-log.ts';
import { systemClock } from '../clock.ts';
import { carryCommits } from './carry-commits.ts';
import { LogMover } from './log-mover.ts';
import { readMovedFrom } from './moved-record.ts';

const VERDICT = {
  eventId: 'v',
  at: 1,
  provider: 'github',
  user: 'me',
  collection: 'starred',
  itemId: '1',
  syncId: 's',
  fence: 1,
  seq: 1,
  snapshotId: 'n',
  scopeCount: 1,
  emptyListing: false,
  answer: 'unsaved',
  login: null,
  evidence: '{}',
} as const;

/** Ids of the old codec that mean other schemas to the new one. */
function shifted(codec: SchemaCodec): SchemaCodec {
  const turn = (bytes: Uint8Array, by: number): Uint8Array => {
    const turned = Buffer.from(bytes);
    if (turned.length >= 5) turned.writeUInt32BE((turned.readUInt32BE(1) + by) >>> 0, 1);
    return turned;
  };
  return {
    encode: (type, value) => turn(codec.encode(type, value), 1_000),
    decode: (bytes) => codec.decode(turn(bytes, -1_000)),
  };
}

describe('a log that is copied into another', () => {
  let dataDir: string;
  let source: MovableLog;
  let target: MemoryEventLog;
  let sourceCodec: SchemaCodec;
  let targetCodec: SchemaCodec;

  beforeEach(async () => {
    dataDir = mkdtempSync(path.join(tmpdir(), 'mover-'));
    source = await openEmbeddedLog({ dataDir, clock: systemClock, partitions: 1 });
    target = new MemoryEventLog({ clock: systemClock, partitionCount: 1 });
    sourceCodec = openLocalCodec({ dataDir });
    targetCodec = shifted(sourceCodec);
  });
  afterEach(async () => {
    await Promise.all([source.close(), target.close()]);
    rmSync(dataDir, { recursive: true, force: true });
  });

  const newMover = async (): Promise<LogMover> => {
    const telemetry = new RecordingTelemetry();
    const clock = { now: () => 0, elapsed: () => 0, sleep: async () => undefined };
    const deps = { source, target, sourceCodec, targetCodec, clock, random: () => 0, logger: telemetry.log };
    const mover = new LogMover(deps);
    await mover.resume();
    return mover;
  };
  const put = (topic: TopicName, ...records: readonly AppendRecord[]): Promise<readonly number[]> =>
    source.append(topic, 0, records);
  const bytes = (text: string): Uint8Array => Buffer.from(text);
  const all = (topic: TopicName): Promise<readonly LogRecord[]> => target.read(topic, 0, 0);
  const keys = async (topic: TopicName): Promise<readonly string[]> => (await all(topic)).map(({ key }) => key);
  const verdict = (key: string, snapshotBegin: number, started: number): AppendRecord => ({
    key,
    value: sourceCodec.encode('ItemVerdict', { ...VERDICT, snapshotBegin, started }),
  });
  const startedOf = ({ value }: LogRecord): number => {
    const decoded = targetCodec.decode(value ?? NOTHING);
    return decoded.type === 'ItemVerdict' ? decoded.value.started : Number.NaN;
  };

  it('keeps keys, timestamps, headers and tombstones, and every offset, also of what was erased', async () => {
    await put(
      'ingest',
      { key: 'a', value: bytes('poison'), timestamp: 17, headers: { mine: 'x' } },
      verdict('b', -1, 0),
    );
    await put('ingest', { key: 'gone', value: bytes('secret') }, { key: 'gone', value: null }, verdict('c', 1, 1));
    await source.compact();
    await (await newMover()).copy();
    const records = await all('ingest');
    expect(records.map(({ offset }) => offset)).toEqual([0, 1, 2, 3, 4]);
    expect(records[0]).toMatchObject({ key: 'a', timestamp: 17, headers: { mine: 'x' } });
    expect(Buffer.from(records[0]?.value ?? NOTHING).toString()).toBe('poison');
    expect(records[2]).toMatchObject({ key: ':erased|2', value: null });
    expect(records[3]).toMatchObject({ key: 'gone', value: null });
    expect(records.slice(-1).map(startedOf)).toEqual([1]);
    expect(records.map(({ headers }) => readMovedFrom(headers)?.offset)).toEqual([0, 1, 2, 3, 4]);
  });

  describe('erases whatever a repeated append has left', () => {
    const left = async (): Promise<readonly string[]> => {
      await target.compact();
      return (await all('ingest')).filter(({ value }) => value !== null).map(({ key }) => key);
    };

    it('also where the tombstone is copied with what it erases', async () => {
      await put('ingest', { key: 'item', value: bytes('secret') }, { key: 'item', value: null });
      target.failAppends('ingest', 'refuse');
      await (await newMover()).copy();
      expect(await left()).toEqual([]);
    });

    it('also where an earlier repeat arrives after the one that counts', async () => {
      await put('ingest', { key: 'item', value: bytes('secret') });
      target.failAppends('ingest', 'refuse', 'refuse');
      const mover = await newMover();
      await mover.copy();
      const [copied] = await all('ingest');
      expect(copied?.key).toBe('item~again~again');
      await target.append('ingest', 0, [{ ...copied, key: 'item~again', value: copied?.value ?? null }]);
      await put('ingest', { key: 'x', value: bytes('?') });
      await mover.copy();
      await put('ingest', { key: 'item', value: null });
      await mover.copy();
      expect(await left()).toEqual(['x']);
    });
  });

  it('translates positions past what came twice, and names keys under which an append was repeated', async () => {
    await put('ingest', verdict('a', -1, 0));
    const mover = await newMover();
    target.failAppends('ingest', 'lose-answer');
    await mover.copy();
    expect(await keys('ingest')).toEqual(['a']);
    // This one arrives late, after it was sent again.
    await put('ingest', verdict('b', 0, 0), { key: 'item', value: bytes('?') });
    target.failAppends('ingest', 'refuse');
    await mover.copy();
    expect(await keys('ingest')).toEqual(['a', 'b~again', 'item~again']);
    const [, b, item] = await all('ingest');
    await target.append('ingest', 0, [
      { ...b, key: 'b', value: b?.value ?? null },
      { ...item, key: 'item', value: NOTHING },
    ]);
    await put('ingest', verdict('c', 1, 2), { key: 'item', value: null }, verdict('d', 3, 4));
    await put('enriched', { key: 'item', value: NOTHING, headers: { [HEADER.position]: '3' } });
    await put('dead-letter', {
      key: 'item',
      value: bytes('?'),
      headers: { [DEAD_LETTER_HEADER.topic]: 'ingest', [DEAD_LETTER_HEADER.offset]: '2' },
    });
    await mover.copy();
    const records = await all('ingest');
    expect(records.map(({ key }) => key).slice(5)).toEqual(['c', 'item~again', 'item', 'd']);
    expect([records[5], records[8]].map((record) => record && startedOf(record))).toEqual([2, 7]);
    expect((await all('enriched'))[0]?.headers).toMatchObject({
      [HEADER.position]: '5',
      [HEADER.ingestKey]: 'item~again',
    });
    expect((await all('dead-letter'))[0]?.headers).toMatchObject({ [DEAD_LETTER_HEADER.offset]: '2' });
    expect([mover.at('ingest', 0, 2), mover.at('ingest', 0, 3), mover.at('ingest', 0, 4)]).toEqual([2, 5, 7]);
    // Another run reads all of it from the new log.
    const again = await newMover();
    await again.copy();
    expect(await keys('ingest')).toHaveLength(9);
    expect([again.at('ingest', 0, 2), again.at('ingest', 0, 3), again.at('ingest', 0, 4)]).toEqual([2, 5, 7]);
  });

  it('goes on where it was cut off, wherever that was, and copies nothing twice', async () => {
    await put('ingest', ...Array.from({ length: 2_500 }, (_, n) => ({ key: `k${n}`, value: bytes(`${n}`) })));
    for (let round = 0; ; round++) {
      const mover = await newMover();
      target.failAppends(
        'ingest',
        ...Array.from({ length: round === 3 ? 0 : 20 }, (_, n) => FAULTS[n % 2] ?? 'refuse'),
      );
      const failed = await mover.copy().then(
        () => false,
        () => true,
      );
      target.failAppends('ingest');
      if (!failed) break;
      expect(round).toBeLessThan(4);
    }
    expect((await target.read('ingest', 0, 0, { records: 3_000 })).map(({ offset }) => offset)).toHaveLength(2_500);
  });

  it('refuses a log that holds records of something else, or into which two copied at once', async () => {
    await put('ingest', { key: 'a', value: bytes('1') });
    const mover = await newMover();
    await mover.copy();
    expect(await mover.isAlone()).toBe(true);
    const [copied] = await all('ingest');
    await target.append('ingest', 0, [{ ...copied, key: 'a', value: bytes('1') }]);
    expect(await mover.isAlone()).toBe(false);
    await expect(newMover()).rejects.toThrow('two programs');
    const other = new MemoryEventLog({ clock: systemClock, partitionCount: 1 });
    target = other;
    await other.append('outcomes', 0, [{ key: 'z', value: bytes('1') }]);
    await expect(newMover()).rejects.toThrow('HOARDARR_TOPIC_PREFIX');
  });

  it('does not let what nobody could read be taken for another record', async () => {
    const value = targetCodec.encode('ItemVerdict', { ...VERDICT, snapshotBegin: 1, started: 1 });
    await put('ingest', { key: 'a', value });
    await put('dead-letter', { key: 'a', value });
    await (await newMover()).copy();
    expect((await all('ingest'))[0]?.value).toHaveLength(0);
    expect(Buffer.from((await all('dead-letter'))[0]?.value ?? NOTHING).equals(value)).toBe(true);
  });

  it('lets groups begin where they stood, also where the records before that place are gone by now', async () => {
    const clock = new VirtualClock();
    const log = new MemoryEventLog({ clock, partitionCount: 3 });
    const append = (partition: number, key: string, value: Uint8Array | null) =>
      log.append('commands', partition, [{ key, value }]);
    for (const [partition, keys] of [['a', 'b'], ['a', 'b', 'c'], ['a']].entries())
      for (const key of keys) await append(partition, key, NOTHING);
    // Of the first nothing is left, of the second what is older than the place.
    const gone = [new Set([0, 1]), new Set([1, 2]), new Set<number>()];
    const kept = Object.assign(Object.create(log) as typeof log, {
      read: async (...[topic, partition, from]: Parameters<typeof log.read>) =>
        (await log.read(topic, partition, from)).filter(({ offset }) => gone[partition]?.has(offset) !== true),
    });
    const places = [2, 3, 1].map((committed, partition) => {
      return { group: 'producer', topic: 'commands', partition, committed } as const;
    });
    const subscribed: (number | undefined)[] = [];
    const { subscribe } = log;
    kept.subscribe = (options) => {
      const { onAssigned } = options;
      return subscribe.call(log, {
        ...options,
        onAssigned: async (topic, partition) => {
          subscribed[partition] = await onAssigned?.(topic, partition);
          return subscribed[partition];
        },
      });
    };
    const carried = carryCommits(kept, places, clock).then(() => true);
    let done = false;
    carried.then(() => (done = true)).catch(() => undefined);
    await clock.runUntil(() => done);
    expect(subscribed).toEqual([undefined, 0, 0]);
    expect((await log.lag()).map(({ partition, committed }) => [partition, committed])).toEqual([
      [0, 0],
      [1, 3],
      [2, 1],
    ]);
  });

  it('lets groups begin where they stood', async () => {
    const clock = new VirtualClock();
    const log = new MemoryEventLog({ clock, partitionCount: 2 });
    for (const key of ['a', 'b', 'c']) await log.append('commands', 1, [{ key, value: NOTHING }]);
    const commit = (partition: number, committed: number) =>
      ({ group: 'producer', topic: 'commands', partition, committed }) as const;
    const carried = carryCommits(log, [commit(0, 0), commit(1, 2)], clock).then(() => true);
    let done = false;
    carried.then(() => (done = true)).catch(() => undefined);
    await clock.runUntil(() => done);
    expect((await log.lag()).map(({ partition, committed }) => [partition, committed])).toEqual([
      [0, 0],
      [1, 2],
    ]);
  });
});

const NOTHING = new Uint8Array(0);
const FAULTS = ['refuse', 'lose-answer'] as const;
