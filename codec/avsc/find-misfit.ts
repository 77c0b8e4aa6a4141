import type { AvroField, AvroRecord, AvroType } from '../../schemas/avro-schema.ts';

/**
 * Where a value does not fit its schema: `.document.savedAt: expected long (a safe integer), got a string`. Null where it
 * fits. Never shows the value itself, which may be private.
 */
export function findMisfit(schema: AvroRecord, value: unknown): string | null {
  return misfitOf(schema, value, '');
}

function misfitOf(type: AvroType, value: unknown, path: string): string | null {
  if (typeof type === 'string') return fitsPrimitive(type, value) ? null : complaint(path, nameOf(type), value);
  if (isUnion(type)) {
    if (type.some((branch) => misfitOf(branch, value, path) === null)) return null;
    const [only, ...others] = type.filter((branch) => branch !== 'null');
    // The complaint of the one branch that was meant leads to the very field.
    if (only !== undefined && others.length === 0) return misfitOf(only, value, path);
    return complaint(path, 'one of several types', value);
  }
  if (type.type === 'array') {
    if (!Array.isArray(value)) return complaint(path, 'array', value);
    return firstOf(value.keys(), (index) => misfitOf(type.items, value[index], `${path}[${index}]`));
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return complaint(path, type.type, value);
  if (type.type === 'map') {
    const entries = Object.entries(value);
    return firstOf(entries, ([key, entry]) => misfitOf(type.values, entry, `${path}[${JSON.stringify(key)}]`));
  }
  const fields = value as Readonly<Record<string, unknown>>;
  return firstOf(type.fields, (field) => misfitOfField(field, fields[field.name], path));
}

function misfitOfField(field: AvroField, value: unknown, path: string): string | null {
  const fieldPath = `${path}.${field.name}`;
  if (value === undefined && field.default !== undefined) return null;
  if (field.values === undefined) return misfitOf(field.type, value, fieldPath);
  const allowed: readonly unknown[] = field.values;
  return allowed.includes(value) ? null : complaint(fieldPath, `one of ${field.values.join(', ')}`, value);
}

function fitsPrimitive(type: string, value: unknown): boolean {
  switch (type) {
    case 'null':
      return value === null;
    case 'string':
      return typeof value === 'string';
    case 'boolean':
      return typeof value === 'boolean';
    case 'int':
      return typeof value === 'number' && (value | 0) === value;
    case 'long':
      return Number.isSafeInteger(value);
    case 'double':
      return typeof value === 'number';
    case 'bytes':
      return value instanceof Uint8Array;
    default:
      return false;
  }
}

function nameOf(type: string): string {
  return type === 'long' ? 'long (a safe integer)' : type;
}

function complaint(path: string, expected: string, value: unknown): string {
  const kind = value === null ? 'null' : Array.isArray(value) ? 'an array' : `of type ${typeof value}`;
  return `${path}: expected ${expected}, but the value is ${kind}`;
}

function firstOf<T>(items: Iterable<T>, check: (item: T) => string | null): string | null {
  for (const item of items) {
    const found = check(item);
    if (found !== null) return found;
  }
  return null;
}

function isUnion(type: Exclude<AvroType, string>): type is readonly AvroType[] {
  return Array.isArray(type);
}
