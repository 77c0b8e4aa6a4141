// Writes schemas/generated/records.ts from schemas/*.avsc. Run by `npm run generate`; CI fails when the result differs.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

const folder = new URL('../schemas/', import.meta.url);
const interfaces = new Map();

function typeOf(type) {
  if (Array.isArray(type)) return type.map(typeOf).toSorted((a, b) => Number(a === 'null') - Number(b === 'null')).join(' | ');
  if (typeof type === 'object') {
    if (type.type === 'record') return declare(type);
    if (type.type === 'array') return `readonly ${typeOf(type.items)}[]`;
    if (type.type === 'map') return `Readonly<Record<string, ${typeOf(type.values)}>>`;
    return typeOf(type.type);
  }
  const names = { string: 'string', boolean: 'boolean', bytes: 'Uint8Array', null: 'null', int: 'number', long: 'number', double: 'number' };
  return names[type] ?? type;
}

function declare(record) {
  const fields = record.fields.map((field) => {
    const comment = field.doc === undefined ? '' : `  /** ${field.doc} */\n`;
    return `${comment}  readonly ${field.name}: ${field.values === undefined ? typeOf(field.type) : field.values.map((v) => `'${v}'`).join(' | ')};\n`;
  });
  if (!interfaces.has(record.name)) {
    const comment = record.doc === undefined ? '' : `/** ${record.doc} */\n`;
    interfaces.set(record.name, `${comment}export interface ${record.name} {\n${fields.join('')}}\n`);
  }
  return record.name;
}

const files = readdirSync(folder).filter((name) => name.endsWith('.avsc')).toSorted();
const schemas = files.map((name) => JSON.parse(readFileSync(new URL(name, folder), 'utf8')));
for (const schema of schemas.toSorted((a, b) => Number(a.name === 'EnrichedItem') - Number(b.name === 'EnrichedItem'))) declare(schema);
const names = schemas.map((schema) => schema.name);
const text = [
  '// Generated from schemas/*.avsc by `npm run generate`. Do not edit.\n',
  ...interfaces.values(),
  `/** Every kind of record, by the name of its schema. */\nexport interface RecordTypes {\n${names.map((n) => `  readonly ${n}: ${n};\n`).join('')}}\n`,
  `export type RecordName = keyof RecordTypes;\n`,
  `export const RECORD_NAMES: readonly RecordName[] = [\n${names.map((n) => `  '${n}',\n`).join('')}];\n`,
].join('\n');
writeFileSync(new URL('generated/records.ts', folder), text);
