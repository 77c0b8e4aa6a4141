import type { AvroType } from '../../schemas/avro-schema.ts';

/** The schema with empty words in it: words may change without a new version. */
export function withoutDocs(type: AvroType): unknown {
  if (typeof type === 'string') return type;
  if (isUnion(type)) return type.map(withoutDocs);
  if (type.type === 'array') return { ...type, items: withoutDocs(type.items) };
  if (type.type === 'map') return { ...type, values: withoutDocs(type.values) };
  const fields = type.fields.map((field) => ({ ...field, doc: '', type: withoutDocs(field.type) }));
  return { ...type, doc: '', fields };
}

function isUnion(type: Exclude<AvroType, string>): type is readonly AvroType[] {
  return Array.isArray(type);
}
