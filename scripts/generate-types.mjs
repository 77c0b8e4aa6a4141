// `npm run generate`: writes schemas/generated/ from schemas/*.avsc and schemas/released/. With --check it writes nothing,
// and fails when what is there differs from what it would write. `--in DIR` takes the schemas of another folder.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { currentSchemas, releasedSchemas } from './schema-files.mjs';

const { values: options } = parseArgs({ options: { check: { type: 'boolean' }, in: { type: 'string' } } });
const project = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const root = options.in ?? project;
const folder = path.join(root, 'schemas');
const HEADER = '// Generated from schemas/*.avsc by `npm run generate`. Do not edit.\n\n';
const PRIMITIVES = {
  string: 'string',
  boolean: 'boolean',
  bytes: 'Uint8Array',
  null: 'null',
  int: 'number',
  long: 'number',
  double: 'number',
};

function typeScriptOf(type, declare) {
  if (Array.isArray(type)) {
    // null last, as people write it
    const branches = type.toSorted((a, b) => Number(a === 'null') - Number(b === 'null'));
    return branches.map((branch) => typeScriptOf(branch, declare)).join(' | ');
  }
  if (typeof type === 'string') return PRIMITIVES[type] ?? type;
  if (type.type === 'record') return declare(type);
  if (type.type === 'array') return `readonly (${typeScriptOf(type.items, declare)})[]`;
  if (type.type === 'map') return `Readonly<Record<string, ${typeScriptOf(type.values, declare)}>>`;
  throw new Error(`no TypeScript type for ${JSON.stringify(type)}`);
}

/** The interfaces of the records and of the records within them, each name once. */
function interfacesOf(schemas) {
  const texts = new Map();
  const fieldsOf = new Map();
  const declare = (record) => {
    const fields = JSON.stringify(record.fields);
    if ((fieldsOf.get(record.name) ?? fields) !== fields) throw new Error(`two different records named ${record.name}`);
    fieldsOf.set(record.name, fields);
    const lines = record.fields.map((field) => {
      if (field.values !== undefined && field.type !== 'string')
        throw new Error(`values on ${record.name}.${field.name}, which is no string`);
      const type = field.values?.map((value) => `'${value}'`).join(' | ') ?? typeScriptOf(field.type, declare);
      return `${comment(field.doc)}readonly ${field.name}: ${type};\n`;
    });
    texts.set(record.name, `${comment(record.doc)}export interface ${record.name} {\n${lines.join('')}}\n\n`);
    return record.name;
  };
  schemas.forEach(declare);
  return [...texts].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, text]) => text);
}

const comment = (doc) => (doc === undefined ? '' : `/** ${doc} */\n`);

function records(schemas) {
  const names = schemas.map((schema) => schema.name);
  return [
    HEADER,
    ...interfacesOf(schemas),
    `/** Every kind of record, by the name of its schema. */\nexport interface RecordTypes {\n`,
    ...names.map((name) => `readonly ${name}: ${name};\n`),
    '}\n\nexport type RecordName = keyof RecordTypes;\n\n',
    `export const RECORD_NAMES: readonly RecordName[] = ${JSON.stringify(names)};\n`,
  ].join('');
}

/** Typed by schemas/schemas.ts: what is generated imports nothing, because core imports it. */
function schemaConstants(schemas) {
  const byName = Object.fromEntries(schemas.map((schema) => [schema.name, schema]));
  return `${HEADER}export const CURRENT_SCHEMAS = ${JSON.stringify(byName)} as const;\n`;
}

function releasedConstants(released) {
  const header = HEADER.replace('schemas/*.avsc', 'schemas/released/');
  return `${header}export const RELEASED_SCHEMAS = ${JSON.stringify(released)} as const;\n`;
}

function formatted(file, text) {
  const biome = path.join(project, 'node_modules', '@biomejs', 'biome', 'bin', 'biome');
  // Not under generated/, which the formatter may be told to leave alone: it would then give the text back as it came.
  const args = [biome, 'format', `--stdin-file-path=schemas/${file}`];
  const result = spawnSync(process.execPath, args, { cwd: project, input: text, encoding: 'utf8' });
  if (result.status !== 0) throw new Error(`${file} cannot be formatted: ${result.stderr}`);
  return result.stdout;
}

const schemas = currentSchemas(root);
const outputs = {
  'records.ts': records(schemas),
  'schemas.ts': schemaConstants(schemas),
  'released.ts': releasedConstants(releasedSchemas(root)),
};
mkdirSync(path.join(folder, 'generated'), { recursive: true });
for (const [file, source] of Object.entries(outputs)) {
  const target = path.join(folder, 'generated', file);
  const text = formatted(file, source);
  if (existsSync(target) && readFileSync(target, 'utf8') === text) continue;
  if (options.check === true) {
    console.error(`schemas/generated/${file} is out of date: run npm run generate`);
    process.exitCode = 1;
  } else {
    writeFileSync(target, text);
  }
}
