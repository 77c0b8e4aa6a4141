import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

const root = path.resolve(__dirname, '..');

function generate(folder: string, ...args: readonly string[]): { status: number | null; stderr: string } {
  const script = path.join(folder, 'scripts', 'generate-types.mjs');
  return spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' });
}

describe('schemas/generated', () => {
  let copy: string;
  beforeEach(() => {
    copy = mkdtempSync(path.join(tmpdir(), 'hoardarr-schemas-'));
    for (const part of [
      'schemas',
      'biome.json',
      '.gitignore',
      'scripts/generate-types.mjs',
      'scripts/schema-files.mjs',
    ]) {
      cpSync(path.join(root, part), path.join(copy, part), { recursive: true });
    }
    symlinkSync(path.join(root, 'node_modules'), path.join(copy, 'node_modules'));
  });
  afterEach(() => rmSync(copy, { recursive: true }));

  const fileOf = (name: string): string => path.join(copy, 'schemas', name);
  const rewrite = (name: string, change: (text: string) => string): void =>
    writeFileSync(fileOf(name), change(readFileSync(fileOf(name), 'utf8')));

  it('is what the generator prints', () => {
    expect(generate(root, '--check')).toMatchObject({ status: 0, stderr: '' });
  });

  it('is out of date as soon as a schema has changed, until it is generated again', () => {
    rewrite('Outcome.avsc', (text) => text.replace('"name": "reason"', '"name": "cause"'));
    const { status, stderr } = generate(copy, '--check');
    expect(status).toBe(1);
    expect(stderr).toContain('records.ts is out of date');
    expect(stderr).toContain('schemas.ts is out of date');
    expect(readFileSync(fileOf('generated/records.ts'), 'utf8')).not.toContain('cause:');
    expect(generate(copy).status).toBe(0);
    expect(readFileSync(fileOf('generated/records.ts'), 'utf8')).toContain('readonly cause: string;');
    expect(generate(copy, '--check').status).toBe(0);
  });

  it('is not made from a record that two schemas define differently', () => {
    rewrite('RawItem.avsc', (text) => text.replace('"name": "truncated"', '"name": "cut"'));
    const { status, stderr } = generate(copy);
    expect(status).not.toBe(0);
    expect(stderr).toContain('two different records named RawItem');
  });

  it('is not made from values on a field that is no string', () => {
    rewrite('SyncFinished.avsc', (text) => text.replace('"name": "seq",', '"name": "seq", "values": ["1"],'));
    const { status, stderr } = generate(copy);
    expect(status).not.toBe(0);
    expect(stderr).toContain('values on SyncFinished.seq, which is no string');
  });
});
