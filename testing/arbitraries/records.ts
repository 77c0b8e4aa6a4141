import * as fc from 'fast-check';
import type { AvroField, AvroRecord, AvroType } from '../../schemas/avro-schema.ts';
import type { RecordName, RecordTypes } from '../../schemas/generated/records.ts';
import { SCHEMAS } from '../../schemas/schemas.ts';

/** Arbitraries for single fields, in place of those that follow from the schema. */
export type FieldArbitraries<N extends RecordName> = {
  readonly [F in keyof RecordTypes[N]]?: fc.Arbitrary<RecordTypes[N][F]>;
};

/**
 * Any value of a record that its schema allows, and so far stranger than real ones: arbitrary Unicode (well-formed, because
 * half surrogate pairs do not survive UTF-8), every safe integer, empty lists. Follows the schema when that gains fields.
 *
 * @example arbitraryRecord('RawItem', { provider: fc.constant('tiktok'), sighting: fc.constant(true) })
 */
export function arbitraryRecord<N extends RecordName>(
  name: N,
  fields: FieldArbitraries<N> = {},
): fc.Arbitrary<RecordTypes[N]> {
  // The types are generated from the same schemas.
  return arbitraryOfSchema(SCHEMAS[name], fields) as fc.Arbitrary<unknown> as fc.Arbitrary<RecordTypes[N]>;
}

/** The same for any schema of a record. */
export function arbitraryOfSchema(
  schema: AvroRecord,
  overrides: Readonly<Record<string, fc.Arbitrary<unknown> | undefined>> = {},
): fc.Arbitrary<Readonly<Record<string, unknown>>> {
  const fields = schema.fields.map((field) => [field.name, overrides[field.name] ?? ofField(field)] as const);
  return fc.record(Object.fromEntries(fields), { noNullPrototype: true });
}

function ofField(field: AvroField): fc.Arbitrary<unknown> {
  return field.values === undefined ? ofType(field.type) : fc.constantFrom(...field.values);
}

/** Reaches the strings that are written byte by byte as well as those that Node writes. */
const text = fc.oneof(
  fc.string({ maxLength: 80 }),
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc.string({ unit: 'grapheme', maxLength: 400 }),
);

function ofType(type: AvroType): fc.Arbitrary<unknown> {
  if (typeof type === 'string') return ofPrimitive(type);
  if (isUnion(type)) return fc.oneof(...type.map(ofType));
  if (type.type === 'array') return fc.array(ofType(type.items), { maxLength: 20 });
  if (type.type === 'map') return fc.dictionary(text, ofType(type.values), { maxKeys: 10, noNullPrototype: true });
  return arbitraryOfSchema(type);
}

function ofPrimitive(type: string): fc.Arbitrary<unknown> {
  switch (type) {
    case 'null':
      return fc.constant(null);
    case 'string':
      return text;
    case 'boolean':
      return fc.boolean();
    case 'int':
      return fc.integer();
    case 'long':
      return fc.oneof(fc.maxSafeInteger(), fc.integer({ min: -100, max: 2_000_000_000_000 }));
    case 'bytes':
      return fc.uint8Array({ maxLength: 64 });
    default:
      throw new Error(`no arbitrary for the Avro type ${type}`);
  }
}

function isUnion(type: Exclude<AvroType, string>): type is readonly AvroType[] {
  return Array.isArray(type);
}
