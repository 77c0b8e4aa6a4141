import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { DEAD_LETTER_HEADER } from '../../core/dead-letter.ts';
import { HEADER } from '../../core/keys.ts';
import type { Decoded } from '../../core/ports/schema-codec.ts';
import type { AvroRecord } from '../../schemas/avro-schema.ts';
import { RECORD_NAMES, type RecordName } from '../../schemas/generated/records.ts';
import { SCHEMAS } from '../../schemas/schemas.ts';
import { arbitraryRecord } from '../../testing/arbitraries/records.ts';
import { movedFrom, moveHeaders, moveValue, readMovedFrom } from './moved-record.ts';

/** Every whole number of a record is one of these: who adds a field says which. */
const POSITIONS: Partial<Record<RecordName, readonly string[]>> = {
  Decision: ['basisDecided', 'basisSeen', 'firstAt'],
  ItemVerdict: ['snapshotBegin', 'started'],
  RecheckCommand: ['snapshotBegin'],
};
const TIMES = ['at', 'deadline', 'savedAt', 'createdAt', 'asOf', 'oldestRow'];
const COUNTS = ['fence', 'seq', 'index', 'count', 'chunks', 'counts', 'scopeCount', 'dimensions'];

/** Names of the fields that hold whole numbers, those of records inside too. */
const numbersOf = ({ fields }: AvroRecord): readonly string[] =>
  fields.flatMap(({ name, type }) => {
    if (typeof type === 'object' && 'fields' in type) return numbersOf(type);
    return /"(long|int)"/.test(JSON.stringify(type)) ? [name] : [];
  });

describe('a record that moves to another log', () => {
  it.each(RECORD_NAMES)('has its positions changed and nothing else: %s', (name) => {
    const positions = POSITIONS[name] ?? [];
    for (const field of numbersOf(SCHEMAS[name])) expect([...positions, ...TIMES, ...COUNTS]).toContain(field);
    fc.assert(
      fc.property(arbitraryRecord(name), (value) => {
        const moved = moveValue({ type: name, value } as Decoded, (position) => position + 1_000);
        const before = value as unknown as Readonly<Record<string, unknown>>;
        const expected = { ...before };
        for (const field of positions) if (before[field] !== null) expected[field] = Number(before[field]) + 1_000;
        expect(moved).toEqual({ type: name, value: expected });
      }),
    );
  });

  const moves = {
    ingest: (offset: number) => offset + 100,
    enriched: (offset: number) => offset + 5_000,
    ingestKey: (key: string) => (key === 'renamed' ? 'renamed~again' : key),
  };

  it('has the positions in its headers changed', () => {
    const plain = { [HEADER.poison]: '1', other: '7' };
    const headers = { ...plain, [HEADER.position]: '3', [HEADER.firstPosition]: '0' };
    expect(moveHeaders(headers, moves)).toEqual({
      ...plain,
      [HEADER.position]: '103',
      [HEADER.firstPosition]: '100',
    });
  });

  it.each([
    ['ingest', '107'],
    ['enriched', '5007'],
    ['commands', '7'],
  ])('says of a dead letter from %s where its record lies now', (topic, offset) => {
    const headers = { [DEAD_LETTER_HEADER.topic]: topic, [DEAD_LETTER_HEADER.offset]: '7' };
    expect(moveHeaders(headers, moves)[DEAD_LETTER_HEADER.offset]).toBe(offset);
  });

  it('names keys as they are in the new log, and leaves what is no offset', () => {
    const headers = { [HEADER.firstKey]: 'renamed', [HEADER.ingestKey]: 'kept', [HEADER.position]: 'none' };
    expect(moveHeaders({ ...headers, [HEADER.vainKeys]: 'kept\nrenamed' }, moves)).toEqual({
      ...headers,
      [HEADER.firstKey]: 'renamed~again',
      [HEADER.vainKeys]: 'kept\nrenamed~again',
    });
  });

  it('says what it is a copy of', () => {
    expect(readMovedFrom(movedFrom('0123abcd', 17))).toEqual({ logId: '0123abcd', offset: 17 });
    expect(readMovedFrom(movedFrom('0123abcd', null))).toEqual({ logId: '0123abcd', offset: null });
    expect(readMovedFrom({})).toBeNull();
    expect(readMovedFrom({ [HEADER.movedFrom]: 'else' })).toBeNull();
  });
});
