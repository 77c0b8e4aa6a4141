import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { pack } from 'tar-stream';
import { readArchive, writeArchive } from './archive.ts';

describe('a backup file', () => {
  const root = mkdtempSync(path.join(tmpdir(), 'archive-'));
  const source = path.join(root, 'source');
  const file = path.join(root, 'backup.tar');
  let target = '';
  let next = 0;
  beforeAll(async () => {
    mkdirSync(path.join(source, 'schemas', '1'), { recursive: true });
    writeFileSync(path.join(source, 'log.db'), Buffer.alloc(300_000, 5));
    writeFileSync(path.join(source, 'schemas', '1', 'schema.avsc'), '{}');
    expect(await writeArchive(file, source, { createdAt: '2026-01-01T00:00:00.000Z', items: 7 })).toBe(
      readFileSync(file).length,
    );
  });
  beforeEach(() => {
    target = path.join(root, `target-${next++}`);
    mkdirSync(target);
  });
  afterAll(() => rmSync(root, { recursive: true }));

  const damaged = (change: (bytes: Buffer) => Buffer): string => {
    const other = path.join(root, `damaged-${next++}.tar`);
    writeFileSync(other, change(readFileSync(file)));
    return other;
  };

  it('gives back what was put in', async () => {
    expect(await readArchive(file, target)).toMatchObject({ items: 7 });
    expect(readFileSync(path.join(target, 'log.db')).equals(readFileSync(path.join(source, 'log.db')))).toBe(true);
    expect(readFileSync(path.join(target, 'schemas', '1', 'schema.avsc'), 'utf8')).toBe('{}');
  });

  it.each([
    ['cut off in a file', (bytes: Buffer) => bytes.subarray(0, 100_000)],
    ['cut off before its list', (bytes: Buffer) => bytes.subarray(0, 302_080)],
    ['with a changed byte', (bytes: Buffer) => Buffer.from(bytes.map((byte, i) => (i === 150_000 ? byte ^ 1 : byte)))],
    ['of another kind', () => Buffer.from('hello')],
    ['empty', () => Buffer.alloc(0)],
  ])('is refused when %s', async (_what, change) => {
    await expect(readArchive(damaged(change), target)).rejects.toThrow(/damaged|cut off|no backup/);
  });

  it.each(['../escape', '/etc/passwd', 'a/../../b', '.hidden'])(
    'takes no path that leads out of the folder: %s',
    async (name) => {
      const evil = path.join(root, `evil-${next++}.tar`);
      const archive = pack();
      archive.entry({ name }, 'x');
      archive.finalize();
      const parts: Buffer[] = [];
      for await (const part of archive as AsyncIterable<Buffer>) parts.push(part);
      writeFileSync(evil, Buffer.concat(parts));
      await expect(readArchive(evil, target)).rejects.toThrow('no backup of Hoardarr');
    },
  );
});
