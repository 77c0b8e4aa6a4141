import { beforeEach, describe, expect, it } from '@jest/globals';
import { HEADER, lateVectorKey, repeatKey } from '../../core/keys.ts';
import type { LogRecord } from '../../core/ports/event-log.ts';
import { Scenario } from '../scenario/scenario.ts';
import { checkDecisions } from './check-decisions.ts';
import { checkOrder, type PartitionLog } from './check-order.ts';

const ITEMS = ['a', 'b', 'c', 'd', 'e', 'f'];

let scenario: Scenario;
let ingest: LogRecord[];
beforeEach(async () => {
  scenario = new Scenario();
  await importOf(ITEMS);
  await importOf(ITEMS.filter((id) => id !== 'b'));
  await scenario.person('c', 'pin');
  await scenario.settle();
  await importOf(ITEMS);
  ingest = scenario.ingest.map(({ key, decoded }, offset) => {
    const value = decoded === null ? null : scenario.codec.encode(decoded.type, decoded.value);
    return { key, value, headers: {}, timestamp: 0, offset };
  });
});

async function importOf(ids: readonly string[]): Promise<void> {
  const run = scenario.run('import');
  for (const id of ids) run.item(id);
  run.snapshot(
    ids.map((id) => ({ id, savedAt: 1_000 })),
    { asOf: scenario.now, oldestRow: 0 },
  );
  run.finish();
  scenario.now += 60_000;
  await scenario.settle();
}

/** What a processor makes of it, offsets apart. */
const passedOn = (records: readonly LogRecord[]): LogRecord[] =>
  records.map((record, offset) => ({ ...record, offset, headers: { [HEADER.position]: String(record.offset) } }));

const renumbered = (records: readonly LogRecord[]): LogRecord[] =>
  records.map((record, offset) => ({ ...record, offset }));

const logOf = (records: readonly LogRecord[], enriched = passedOn(records)): readonly PartitionLog[] => [
  { partition: 0, ingest: records, enriched },
];

const decode = (value: Uint8Array) => scenario.codec.decode(value);
const orderOf = (logs: readonly PartitionLog[], partitionOf = () => 0) => checkOrder(logs, { partitionOf, decode });

/** Offset of the first record of this kind, at or after another. */
function find(type: string, from = 0): number {
  return ingest.findIndex(({ value, offset }) => offset >= from && value !== null && decode(value).type === type);
}

/** The history without these records. */
const without = (...offsets: readonly number[]): LogRecord[] =>
  renumbered(ingest.filter(({ offset }) => !offsets.includes(offset)));

describe('the proof of law 1', () => {
  it('finds nothing in a history that keeps it, and counts what is in it', () => {
    expect(orderOf(logOf(ingest))).toEqual({ violations: [], runs: 3, stale: 0, copies: 0 });
  });

  it('takes copies, records of overtaken runs and late vectors for what they are', () => {
    const first = ingest[find('RawItem')] as LogRecord;
    const records = [...ingest, { ...first, key: `${first.key}~1`, offset: ingest.length }];
    const enriched = passedOn(records);
    const again = enriched.slice(3, 6).map((record) => ({ ...record, key: repeatKey(record.key) }));
    for (const record of again) Object.assign(record.headers, { [HEADER.ingestKey]: record.key.replace('~again', '') });
    const late = { ...first, key: lateVectorKey(first.key), headers: {} };
    const report = orderOf(logOf(records, [...enriched.slice(0, 9), ...again, ...enriched.slice(9), late]));
    expect(report).toEqual({ violations: [], runs: 3, stale: 1, copies: 3 });
  });

  it('lets a run end with a gap that says that it was aborted, and no other', () => {
    const at = find('SyncFinished');
    const { type, value } = decode((ingest[at] as LogRecord).value as Uint8Array);
    if (type !== 'SyncFinished') throw new Error('it is no end of a run');
    const endWith = (status: 'aborted' | 'done'): readonly LogRecord[] => {
      const end = { ...(ingest[at] as LogRecord), value: scenario.codec.encode(type, { ...value, status }) };
      return renumbered(ingest.toSpliced(at - 1, 2, end));
    };
    expect(orderOf(logOf(endWith('aborted'))).violations).toEqual([]);
    expect(orderOf(logOf(endWith('done'))).violations).toEqual([
      expect.stringMatching(/record \d+ after \d+ of number 1/),
    ]);
  });

  it('lets no run end as done that lacks something before a snapshot that it aborted', () => {
    const at = find('SnapshotEnd');
    const { type, value } = decode((ingest[at] as LogRecord).value as Uint8Array);
    if (type !== 'SnapshotEnd') throw new Error('it is no end of a snapshot');
    const aborted = scenario.codec.encode(type, { ...value, status: 'aborted' });
    const records = ingest.map((record) => (record.offset === at ? { ...record, value: aborted } : record));
    const lacking = renumbered(records.filter(({ offset }) => offset < at - 3 || offset >= at));
    expect(orderOf(logOf(lacking)).violations).toEqual([expect.stringContaining('record')]);
    expect(orderOf(logOf(records)).violations).toEqual([]);
  });

  it('takes what was erased at its second try for erased', () => {
    const at = find('RawItem');
    const { key } = ingest[at] as LogRecord;
    const tombstone = { key: `${key}~1`, value: null, headers: {}, timestamp: 0, offset: ingest.length };
    const records = renumbered([...ingest.filter(({ offset }) => offset !== at), tombstone]);
    expect(orderOf(logOf(records)).violations).toEqual([]);
  });

  it('lets a run lack what was erased from the log at once, and nothing else', () => {
    const { key } = ingest[find('RawItem')] as LogRecord;
    const erased = { key, value: null, headers: {}, timestamp: 0 };
    const records = without(find('RawItem'));
    expect(orderOf(logOf(records)).violations).not.toEqual([]);
    expect(orderOf(logOf([...records, { ...erased, offset: records.length }])).violations).toEqual([]);
    const other = { ...erased, key: key.replace(/[^|]+$/, 'f9.9') };
    expect(orderOf(logOf([...records, { ...other, offset: records.length }])).violations).not.toEqual([]);
  });

  it('misses nothing that was erased before it was read, as long as its last tombstone came through', () => {
    const at = find('RawItem');
    const tombstone = { ...(ingest[at] as LogRecord), value: null };
    const records = renumbered([...ingest, tombstone, tombstone]);
    const last = ingest.length + 1;
    const read = passedOn(records).filter((_record, offset) => offset !== at && offset !== last - 1);
    expect(orderOf(logOf(records, read)).violations).toEqual([]);
    const afterStandstill = [...read, passedOn(records)[at] as LogRecord];
    expect(orderOf(logOf(records, afterStandstill)).violations).toEqual([]);
    expect(orderOf(logOf(records, read.slice(0, -1))).violations).toEqual([
      `partition 0: position ${last} never came through`,
    ]);
  });

  it.each<[string, () => readonly PartitionLog[], RegExp]>([
    ['a record that is missing', () => logOf(without(find('RawItem') + 1)), /record \d+ after \d+ of number 1/],
    [
      'two records that changed places',
      () => {
        const at = find('RawItem');
        const [one, two] = [ingest[at], ingest[at + 1]] as [LogRecord, LogRecord];
        return logOf(renumbered(ingest.toSpliced(at, 2, two, one)));
      },
      /record \d+ after \d+ of number 1/,
    ],
    [
      'a run that does not say that it begins',
      () => logOf(without(find('SyncStarted', 1))),
      /number 2 without a SyncStarted/,
    ],
    [
      'two runs with one number',
      () => {
        const at = find('RawItem');
        const record = ingest[at] as LogRecord;
        const { type, value } = decode(record.value as Uint8Array);
        const other = scenario.codec.encode(type, { ...value, eventId: 'of another' });
        return logOf(renumbered(ingest.toSpliced(at + 1, 0, { ...record, key: `${record.key}x`, value: other })));
      },
      /two runs with number 1/,
    ],
    [
      'a record that did not come through',
      () => logOf(ingest, passedOn(ingest).toSpliced(4, 1)),
      /position 4 never came through/,
    ],
    [
      'records that came through in another order',
      () => {
        const enriched = passedOn(ingest);
        return logOf(ingest, enriched.toSpliced(4, 2, enriched[5] as LogRecord, enriched[4] as LogRecord));
      },
      /position 4 came first after 5/,
    ],
    [
      'a record that came through as another',
      () =>
        logOf(
          ingest,
          passedOn(ingest).map((record) => (record.offset === 4 ? { ...record, key: 'x|x|x|x' } : record)),
        ),
      /position 4 bears another key/,
    ],
  ])('finds %s', (_what, logs, said) => {
    expect(orderOf(logs()).violations.join('\n')).toMatch(said);
  });

  it('finds an account in two partitions', () => {
    const half = find('SyncStarted', 1);
    const [head, tail] = [ingest.slice(0, half), renumbered(ingest.slice(half))];
    const logs = [...logOf(head), { ...(logOf(tail)[0] as PartitionLog), partition: 1 }];
    expect(orderOf(logs).violations[0]).toMatch(/^partition 1: .* belongs to another one$/);
  });
});

describe('the proof of law 8', () => {
  const violationsOf = (records: readonly LogRecord[]): string =>
    checkDecisions(logOf(records), decode).violations.join('\n');
  const changed = (offset: number, fields: object): LogRecord[] =>
    ingest.map((record) => {
      if (record.offset !== offset) return record;
      const { type, value } = decode(record.value as Uint8Array);
      return { ...record, value: scenario.codec.encode(type, { ...value, ...fields }) };
    });

  it('finds nothing in a history that keeps it', () => {
    expect(checkDecisions(logOf(ingest), decode)).toEqual({ violations: [], decisions: 2 });
  });

  it('finds a decision on a basis that comes after it, or is none', () => {
    const at = find('Decision');
    expect(violationsOf(changed(at, { basisSeen: at }))).toContain('its basis comes after it');
    expect(violationsOf(changed(at, { basisDecided: 1 }))).toContain('its basis 1 is no decision of the item');
  });

  it('finds a decision that acted though another one was newer than its basis', () => {
    const record = ingest[find('Decision')] as LogRecord;
    const again = { ...record, key: `${record.key}x`, offset: ingest.length };
    expect(violationsOf([...ingest, again])).toMatch(/the decision at \d+ is newer than its basis -1/);
    // A tombstone says that it did not act.
    const erased = { ...again, value: null, offset: ingest.length + 1 };
    expect(violationsOf([...ingest, again, erased])).toBe('');
  });

  it('finds a removal by the sink that acted though the item was seen after its basis', () => {
    const at = find('Decision');
    const item = ingest.find(
      ({ key, value }) => key.includes('|b|') && value !== null && decode(value).type === 'RawItem',
    ) as LogRecord;
    const { type, value } = decode(item.value as Uint8Array);
    const { fence } = decode(ingest[find('SyncStarted', 1)]?.value as Uint8Array).value as { readonly fence: number };
    const inserted = (seq: number): readonly LogRecord[] => {
      const seen = scenario.codec.encode(type, { ...value, sighting: true, fence, seq });
      return renumbered(ingest.toSpliced(at, 0, { ...item, key: `${item.key}x`, value: seen }));
    };
    expect(violationsOf(inserted(1_000))).toMatch(/the sighting at \d+ is newer than its basis/);
    // A copy of an earlier record is none.
    expect(violationsOf(inserted(1))).toBe('');
  });
});
