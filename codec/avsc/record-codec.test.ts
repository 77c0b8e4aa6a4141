import { expect, it } from '@jest/globals';
import { PoisonError } from '../../core/errors.ts';
import type { AvroRecord } from '../../schemas/avro-schema.ts';
import { SCHEMAS } from '../../schemas/schemas.ts';
import { sampleItem } from '../../testing/contracts/schema-codec-samples.ts';
import { createRecordCodec } from './record-codec.ts';

it.each([
  ['without fields', { type: 'record', name: 'RawItem', namespace: 'hoardarr' }],
  ['with a field of no type', { ...SCHEMAS.RawItem, fields: [{ name: 'eventId', type: 'x'.repeat(100_000) }] }],
  ['with a field twice', { ...SCHEMAS.RawItem, fields: [...SCHEMAS.RawItem.fields, ...SCHEMAS.RawItem.fields] }],
])('a record whose schema is no Avro (%s) is poison, so that those behind it go on', (_how, schema) => {
  const codec = createRecordCodec(SCHEMAS, { idOf: () => 1, schemaOf: () => schema as unknown as AvroRecord });
  const record = codec.encode('RawItem', sampleItem);
  expect(() => codec.decode(record)).toThrow(PoisonError);
  expect(() => codec.decode(record)).toThrow(/^RawItem of schema 1 cannot be read: .{1,300}$/s);
});
