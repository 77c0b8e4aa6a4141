import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { PoisonError } from '../../core/errors.ts';
import type { AvroRecord } from '../../schemas/avro-schema.ts';
import { RECORD_NAMES } from '../../schemas/generated/records.ts';
import { SCHEMAS, type SchemaSet } from '../../schemas/schemas.ts';
import { testSchemaCodec } from '../../testing/contracts/schema-codec.ts';
import { sampleFinished, sampleItem } from '../../testing/contracts/schema-codec-samples.ts';
import { openLocalCodec } from './open-local-codec.ts';
import { openSchemaFolder } from './schema-folder.ts';

/** Starting a process takes seconds where the machine is busy. */
const PROCESSES_TIMEOUT_MS = 120_000;

const createFolder = (): string => mkdtempSync(path.join(tmpdir(), 'hoardarr-codec-'));
const removeFolder = (folder: string): void => rmSync(folder, { recursive: true });

testSchemaCodec('the local codec', () => {
  const dataDir = createFolder();
  return {
    open: (schemas) => openLocalCodec(schemas === undefined ? { dataDir } : { dataDir, schemas }),
    close: () => removeFolder(dataDir),
  };
});

const changed: SchemaSet = {
  ...SCHEMAS,
  RawItem: {
    ...SCHEMAS.RawItem,
    fields: [...SCHEMAS.RawItem.fields, { name: 'rating', type: 'int', default: 5 }],
  },
};
const changedItem = { ...sampleItem, rating: 1 };

describe('the ids of the local codec', () => {
  let dataDir: string;
  beforeEach(() => {
    dataDir = createFolder();
  });
  afterEach(() => removeFolder(dataDir));
  const pathOf = (id: number | string): string => path.join(dataDir, 'schemas', String(id), 'schema.avsc');

  it('are numbered from 1 and given once, also to a process that was overtaken', () => {
    openLocalCodec({ dataDir });
    openLocalCodec({ dataDir, schemas: changed });
    openLocalCodec({ dataDir, schemas: changed });
    const ids = readdirSync(path.join(dataDir, 'schemas')).map(Number);
    expect(ids.toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: RECORD_NAMES.length + 1 }, (_, index) => index + 1),
    );
  });

  it('are not taken from whoever has one', () => {
    const [one, two] = [openSchemaFolder(dataDir), openSchemaFolder(dataDir)];
    expect(one.claim(1, SCHEMAS.RawItem)).toBe(true);
    expect(two.claim(1, SCHEMAS.Outcome)).toBe(false);
    expect(two.read(1)).toEqual(SCHEMAS.RawItem);
    expect(readdirSync(dataDir)).toEqual(['1']);
  });

  it('are found though another process added them after the folder was opened', () => {
    const early = openLocalCodec({ dataDir });
    const late = openLocalCodec({ dataDir, schemas: changed });
    expect(early.decode(late.encode('RawItem', changedItem))).toEqual({ type: 'RawItem', value: sampleItem });
  });

  it('are shared by schemas that differ in words, defaults and values only', () => {
    const [first, ...others] = SCHEMAS.SyncFinished.fields.map((field) => ({ ...field, doc: 'other words' }));
    const schemas = { ...SCHEMAS, SyncFinished: { ...SCHEMAS.SyncFinished, fields: [first!, ...others] } };
    const bytes = openLocalCodec({ dataDir }).encode('SyncFinished', sampleFinished);
    expect(openLocalCodec({ dataDir, schemas }).encode('SyncFinished', sampleFinished)).toEqual(bytes);
  });

  it('make no poison of a record whose schema cannot be looked up now', () => {
    const codec = openLocalCodec({ dataDir });
    const bytes = openLocalCodec({ dataDir, schemas: changed }).encode('RawItem', changedItem);
    const file = pathOf(RECORD_NAMES.length + 1);
    rmSync(file);
    mkdirSync(file);
    expect(() => codec.decode(bytes)).toThrow('EISDIR');
    rmSync(file, { recursive: true });
    writeFileSync(file, '{"type": "rec');
    expect(() => codec.decode(bytes)).toThrow('is damaged');
    writeFileSync(file, JSON.stringify(changed.RawItem));
    expect(codec.decode(bytes)).toEqual({ type: 'RawItem', value: sampleItem });
  });

  it('make poison of records of an unknown kind, or of one that cannot be read', () => {
    const codec = openLocalCodec({ dataDir });
    const folder = openSchemaFolder(path.join(dataDir, 'schemas'));
    const next = RECORD_NAMES.length + 1;
    folder.claim(next, { type: 'record', name: 'Unheard', namespace: 'hoardarr', fields: [] });
    folder.claim(next + 1, { ...SCHEMAS.RawItem, fields: [] });
    for (const id of [next, next + 1]) {
      expect(() => codec.decode(Uint8Array.from([0, 0, 0, 0, id, 1, 2, 3]))).toThrow(PoisonError);
    }
  });

  it('are refused with the reason where the folder cannot be made', () => {
    writeFileSync(path.join(dataDir, 'schemas'), 'in the way');
    expect(() => openLocalCodec({ dataDir })).toThrow('EEXIST');
  });
});

describe('several processes that open a new data folder at once', () => {
  let root: string;
  beforeEach(() => {
    root = createFolder();
  });
  afterEach(() => removeFolder(root));

  it(
    'share the ids where their schemas are the same, and take none from each other where they are not',
    async () => {
      const folders = 4;
      const variants = ['one', 'one', 'two', 'three'];
      const outputs = await Promise.all(variants.map((variant) => linesOf(startChild(root, folders, variant))));
      expect(outputs[0]).toEqual(outputs[1]);
      for (let folder = 0; folder < folders; folder += 1) {
        const schemas = schemasIn(path.join(root, String(folder)));
        expect(schemas).toHaveLength(3 * RECORD_NAMES.length);
        for (const [child, variant] of variants.entries()) {
          const ids = JSON.parse(outputs[child]![folder]!) as number[];
          const found = ids.map((id) => [schemas[id - 1]!.name, schemas[id - 1]!.fields.at(-1)!.name]);
          expect(found).toEqual(RECORD_NAMES.map((record) => [record, variant]));
        }
      }
    },
    PROCESSES_TIMEOUT_MS,
  );

  it(
    'leave whole schemas behind when they are killed',
    async () => {
      const child = startChild(root, 1000, 'killed');
      let lines = 0;
      for await (const _line of createInterface({ input: child.stdout! })) {
        lines += 1;
        if (lines === 5) child.kill('SIGKILL');
      }
      const folders = readdirSync(root);
      expect(folders.length).toBeGreaterThanOrEqual(5);
      expect(folders.length).toBeLessThan(1000);
      for (const folder of folders) {
        const dataDir = path.join(root, folder);
        const before = schemasIn(dataDir);
        openLocalCodec({ dataDir });
        const after = schemasIn(dataDir);
        expect(after).toHaveLength(before.length + RECORD_NAMES.length);
        expect(after.slice(0, before.length)).toEqual(before);
      }
    },
    PROCESSES_TIMEOUT_MS,
  );
});

function startChild(root: string, folders: number, variant: string): ChildProcess {
  const loader = path.resolve(__dirname, '../../testing/typescript-loader/register.mjs');
  const program = path.resolve(__dirname, 'open-local-codec.test-child.ts');
  const args = ['--import', loader, program, root, String(folders), variant];
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
}

async function linesOf(child: ChildProcess): Promise<string[]> {
  const exit = once(child, 'exit');
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout! })) lines.push(line);
  expect(await exit).toEqual([0, null]);
  return lines;
}

function schemasIn(dataDir: string): AvroRecord[] {
  const folder = openSchemaFolder(path.join(dataDir, 'schemas'));
  const schemas = [];
  for (let id = 1, schema = folder.read(id); schema !== undefined; id += 1, schema = folder.read(id))
    schemas.push(schema);
  return schemas;
}
