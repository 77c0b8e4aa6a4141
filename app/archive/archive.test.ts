import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Pack, pack } from 'tar-stream';
import { readManifest } from './manifest.ts';
import { readArchive } from './read-archive.ts';
import { writeArchive } from './write-archive.ts';

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

  const ABOUT = { createdAt: '2026-01-01T00:00:00.000Z', items: 7 };

  it('is readable by its owner alone, and is nothing that another file beside it could be', async () => {
    const other = path.join(root, 'with-key.tar');
    writeFileSync(`${other}.part`, 'of somebody else', { mode: 0o666 });
    await writeArchive(other, source, ABOUT);
    expect(statSync(other).mode & 0o777).toBe(0o600);
    expect(readFileSync(`${other}.part`, 'utf8')).toBe('of somebody else');
  });

  it('is whole where two are made under one name at once', async () => {
    const other = path.join(target, 'twice.tar');
    await Promise.all([writeArchive(other, source, ABOUT), writeArchive(other, source, ABOUT)]);
    expect(await readArchive(other, null)).toMatchObject({ items: 7 });
    expect(readdirSync(target)).toEqual(['twice.tar']);
  });

  it('leaves nothing where it cannot be made', async () => {
    await expect(writeArchive(path.join(target, 'none.tar'), path.join(root, 'absent'), ABOUT)).rejects.toThrow(
      /absent/,
    );
    expect(readdirSync(target)).toEqual([]);
  });

  it('is not unpacked into a folder that somebody removed', async () => {
    rmSync(target, { recursive: true });
    await expect(readArchive(file, target)).rejects.toThrow('ENOENT');
    expect(existsSync(target)).toBe(false);
  });

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

  const packed = async (fill: (archive: Pack) => void): Promise<string> => {
    const evil = path.join(root, `evil-${next++}.tar`);
    const archive = pack();
    fill(archive);
    archive.finalize();
    const parts: Buffer[] = [];
    for await (const part of archive as AsyncIterable<Buffer>) parts.push(part);
    writeFileSync(evil, Buffer.concat(parts));
    return evil;
  };
  const list = (files: Readonly<Record<string, string>>, format = 1): string =>
    JSON.stringify({ format, createdAt: '2026-01-01T00:00:00.000Z', items: 1, files });

  it('tells what it is without being read', async () => {
    const manifest = await readManifest(file);
    expect(manifest).toMatchObject({ items: 7, createdAt: '2026-01-01T00:00:00.000Z' });
    expect(Object.keys(manifest.files)).toEqual(['log.db', 'schemas/1/schema.avsc']);
  });

  it('of a newer version is refused as such, whatever else it holds', async () => {
    const newer = await packed((archive) => {
      archive.entry({ name: 'a-file-of-the-future' }, 'x');
      archive.entry({ name: 'hoardarr-backup.json' }, list({ 'a-file-of-the-future': 'x' }, 2));
    });
    await expect(readArchive(newer, target)).rejects.toThrow('newer version of Hoardarr: use that version');
  });

  const SHA_OF_X = '2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881';
  it.each([
    ['a name that is listed and not ours', 'restore.json', 'restore.json'],
    ['the bytes beside a database', 'log.db-wal', 'log.db-wal'],
    ['a file that it does not list', 'log.db', 'meta.db'],
  ])('is refused with %s', async (_what, held, listed) => {
    const foreign = await packed((archive) => {
      archive.entry({ name: held }, 'x');
      archive.entry({ name: 'hoardarr-backup.json' }, list({ [listed]: SHA_OF_X }));
    });
    await expect(readArchive(foreign, target)).rejects.toThrow(/holds '/);
    expect(readdirSync(target)).toEqual([]);
  });

  it.each([
    ['links', (archive: Pack) => void archive.entry({ name: 'log.db', type: 'symlink', linkname: '/etc/passwd' })],
    ['names told elsewhere', (archive: Pack) => void archive.entry({ name: `log.db${'\u00e9'.repeat(90)}` }, 'x')],
    [
      'more files than any of ours',
      (archive: Pack) => {
        for (let n = 0; n < 10_001; n++) archive.entry({ name: `schemas/${n}` }, '');
      },
    ],
  ])('is refused with %s, before anything is unpacked', async (_what, fill) => {
    await expect(readArchive(await packed(fill), target)).rejects.toThrow('no backup of Hoardarr');
    expect(readdirSync(target)).toEqual([]);
  });

  it('is refused when it says that it is larger than the file is', async () => {
    const bomb = damaged((bytes) => {
      const header = Buffer.from(bytes);
      header.write('77777777777', 124);
      header.fill(' ', 148, 156);
      const sum = header.subarray(0, 512).reduce((total, byte) => total + byte, 0);
      header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
      return header;
    });
    await expect(readArchive(bomb, target)).rejects.toThrow("'log.db' is cut off");
  });

  it('is refused when it is compressed, whatever it would become', async () => {
    const zipped = damaged((bytes) => gzipSync(bytes));
    await expect(readArchive(zipped, target)).rejects.toThrow('no backup of Hoardarr');
  });

  it.each(['../escape', '/etc/passwd', 'a/../../b', '.hidden'])(
    'takes no path that leads out of the folder: %s',
    async (name) => {
      const evil = await packed((archive) => {
        archive.entry({ name }, 'x');
        archive.entry({ name: 'hoardarr-backup.json' }, list({ [name]: SHA_OF_X }));
      });
      await expect(readArchive(evil, target)).rejects.toThrow('no backup of Hoardarr');
    },
  );
});
