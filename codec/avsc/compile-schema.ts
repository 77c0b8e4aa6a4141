import avsc from 'avsc';
import type { AvroArray, AvroMap, AvroRecord, AvroType } from '../../schemas/avro-schema.ts';
import { strictType } from './strict-types.ts';

/** Types never change, and compiling takes far longer than looking up. */
const compiled = new WeakMap<object, avsc.Type>();

/**
 * The compiled type of a schema: nullable fields are plain values or null, records have no methods.
 *
 * @throws Error where the schema is not valid Avro, or a default does not fit its field
 */
export function compileSchema(schema: AvroType): avsc.Type {
  if (typeof schema === 'string') return compile(schema);
  let type = compiled.get(schema);
  if (type === undefined) {
    type = compile(schema);
    compiled.set(schema, type);
  }
  return type;
}

function compile(schema: AvroType): avsc.Type {
  return avsc.Type.forSchema(withValuesInTypes(schema) as avsc.Schema, {
    typeHook: strictType as (schema: avsc.Schema, options: object) => avsc.Type | undefined,
    wrapUnions: 'never',
    omitRecordMethods: true,
  });
}

/** `values` is an attribute of fields, but avsc's hook sees types only. */
function withValuesInTypes(type: AvroType): unknown {
  if (typeof type === 'string') return type;
  if (isUnion(type)) return type.map(withValuesInTypes);
  if (type.type === 'array') return { ...type, items: withValuesInTypes(type.items) };
  if (type.type === 'map') return { ...type, values: withValuesInTypes(type.values) };
  const fields = type.fields.map((field) => ({
    ...field,
    type: field.values === undefined ? withValuesInTypes(field.type) : { type: 'string', values: field.values },
  }));
  return { ...type, fields };
}

function isUnion(type: AvroArray | AvroMap | AvroRecord | readonly AvroType[]): type is readonly AvroType[] {
  return Array.isArray(type);
}
