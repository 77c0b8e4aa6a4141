import { describe, expect, it } from '@jest/globals';
import type { AvroField, AvroRecord, AvroType } from '../schemas/avro-schema.ts';
import { RECORD_NAMES } from '../schemas/generated/records.ts';
import { SCHEMAS } from '../schemas/schemas.ts';
import { checkSchemas, reportSubjects, type SubjectReport } from './check-schemas.ts';

const id: AvroField = { name: 'id', type: 'string' };
const note: AvroField = { name: 'note', type: ['null', 'string'], default: null };
const state: AvroField = { name: 'state', type: 'string', values: ['open', 'shut'] };

const outcome = (...fields: readonly AvroField[]): AvroRecord => ({
  type: 'record',
  name: 'Outcome',
  namespace: 'hoardarr',
  fields,
});

/** The report of a record that has had these versions; the last is the present one. */
function report(...versions: readonly AvroRecord[]): SubjectReport {
  const current = { ...SCHEMAS, Outcome: versions.at(-1)! };
  const subjects = reportSubjects({ current, released: { Outcome: versions.slice(0, -1) } });
  return subjects.find((subject) => subject.name === 'hoardarr.outcomes-hoardarr.Outcome')!;
}

const nested = (fields: readonly AvroField[]): AvroField => ({
  name: 'inner',
  type: { type: 'record', name: 'Inner', fields },
});

const listOf = (items: AvroType): AvroField => ({ name: 'list', type: { type: 'array', items } });

describe('the check of schemas', () => {
  it('finds the present schemas compatible with all that were released', () => {
    expect(checkSchemas()).toEqual([]);
    const subjects = reportSubjects();
    expect(subjects.length).toBeGreaterThan(RECORD_NAMES.length);
    expect(new Set(subjects.map((subject) => subject.record))).toEqual(new Set(RECORD_NAMES));
    expect(subjects.every((subject) => subject.compatible && subject.version >= 1)).toBe(true);
  });

  it('names subjects by topic and record, with the prefix of the topics', () => {
    const names = reportSubjects({ topicPrefix: 'mine.' }).map((subject) => subject.name);
    expect(names).toContain('mine.ingest-hoardarr.Decision');
    expect(names).toContain('mine.enriched-hoardarr.Decision');
    expect(names).toContain('mine.enriched-hoardarr.EnrichedItem');
    expect(names).not.toContain('mine.enriched-hoardarr.RawItem');
  });

  it.each<[string, AvroRecord[]]>([
    ['nothing', [outcome(id, note, state), outcome(id, note, state)]],
    ['the first version', [outcome(id)]],
    ['a field added with a default', [outcome(id), outcome(id, note)]],
    ['a field removed that had a default', [outcome(id, note), outcome(id)]],
    ['a field with a default added and removed', [outcome(id), outcome(id, note), outcome(id)]],
    ['the order', [outcome(id, note, state), outcome(state, id, note)]],
    ['words', [outcome(id), outcome({ ...id, doc: 'what it is' })]],
    ['a field within a field, with a default', [outcome(nested([id])), outcome(nested([id, note]))]],
  ])('lets change: %s', (_, versions) => {
    expect(report(...versions)).toMatchObject({ compatible: true, problems: [], warnings: [] });
  });

  it.each<[string, AvroRecord[], string]>([
    ['a field removed without a default', [outcome(id, state), outcome(id)], 'Outcome.state: removed'],
    ['a field added without a default', [outcome(id), outcome(id, state)], 'Outcome.state: added without a default'],
    [
      'another type',
      [outcome(id), outcome({ name: 'id', type: 'long' })],
      'Outcome.id: the current version cannot read',
    ],
    [
      'a wider type',
      [outcome({ name: 'id', type: 'int' }), outcome({ name: 'id', type: 'long' })],
      'the earlier version cannot',
    ],
    [
      'a narrower type',
      [outcome({ name: 'id', type: 'long' }), outcome({ name: 'id', type: 'int' })],
      'the current version cannot',
    ],
    ['null allowed', [outcome(id), outcome({ name: 'id', type: ['null', 'string'] })], 'the earlier version cannot'],
    [
      'string made bytes',
      [outcome(id), outcome({ name: 'id', type: 'bytes' })],
      'Outcome.id: "string" has become "bytes"',
    ],
    [
      'string made bytes where null is allowed',
      [outcome(note), outcome({ ...note, type: ['null', 'bytes'] })],
      'Outcome.note: ["null","string"] has become',
    ],
    ['other items', [outcome(listOf('string')), outcome(listOf('long'))], 'Outcome.list[]: the current'],
    [
      'an array made a map',
      [outcome(listOf('string')), outcome({ name: 'list', type: { type: 'map', values: 'string' } })],
      'Outcome.list:',
    ],
    [
      'values narrowed',
      [outcome(id, state), outcome(id, { ...state, values: ['open'] })],
      'Outcome.state: no longer allows shut',
    ],
    [
      'values where there were none',
      [outcome(id), outcome({ ...id, values: ['a'] })],
      'no longer allows every other string',
    ],
    [
      'another default',
      [outcome(id, note), outcome(id, { ...note, type: ['string', 'null'], default: 'x' })],
      'the default has changed',
    ],
    ['a default that does not fit', [outcome(id), outcome(id, { ...note, default: 5 })], 'incompatible field default'],
    ['a field within a field', [outcome(nested([id, state])), outcome(nested([id]))], 'Outcome.inner.state: removed'],
    [
      'a field within the items',
      [outcome(listOf(nested([id]).type)), outcome(listOf(nested([]).type))],
      'Outcome.list[].id: removed',
    ],
    ['a record renamed', [outcome(id), { ...outcome(id), name: 'Result' }], 'is now called Result'],
    ['a record moved to another namespace', [outcome(id), { ...outcome(id), namespace: 'other' }], 'no alias found'],
    [
      'what only an older version forbids',
      [
        outcome(id, { ...note, type: 'string', default: '' }),
        outcome(id),
        outcome(id, { name: 'note', type: 'long', default: 0 }),
      ],
      'Outcome.note: the current version cannot read',
    ],
  ])('forbids: %s', (_, versions, problem) => {
    const found = report(...versions);
    expect(found.compatible).toBe(false);
    expect(found.problems.join('\n')).toContain(problem);
    expect(found.problems.every((text) => text.endsWith('(version 1)'))).toBe(true);
  });

  it('warns of values that readers of earlier versions do not know', () => {
    const found = report(outcome(id, state), outcome(id, { ...state, values: ['open', 'shut', 'ajar'] }));
    expect(found).toMatchObject({ compatible: true, problems: [], changed: true, version: 2 });
    expect(found.warnings.join()).toContain('Outcome.state: now allows ajar');
  });

  it('forbids that a released record goes away', () => {
    const problems = checkSchemas({ released: { Forgotten: [{ ...outcome(id), name: 'Forgotten' }] } });
    expect(problems).toEqual([expect.stringContaining('Forgotten: was released, and is gone')]);
  });

  it('lists every difference, once for all topics of a record', () => {
    const current = { ...SCHEMAS, Decision: { ...SCHEMAS.Decision, fields: SCHEMAS.Decision.fields.slice(2) } };
    const problems = checkSchemas({ current, released: { Decision: [SCHEMAS.Decision] } });
    expect(problems.map((text) => text.split(':')[0])).toEqual(['Decision.eventId', 'Decision.at']);
  });

  it('gives an unchanged schema its released version, and a changed one the next', () => {
    expect(report(outcome(id), outcome(id))).toMatchObject({ version: 1, changed: false });
    expect(report(outcome(id), outcome(id, note), outcome(id, note))).toMatchObject({ version: 2, changed: false });
    expect(report(outcome(id), outcome(id, note))).toMatchObject({ version: 2, changed: true });
    expect(report(outcome(id))).toMatchObject({ version: 1, changed: true });
  });
});
