import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, mkdirSync, readdirSync, statSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract, type Pack, pack } from 'tar-stream';
import { InputError, messageOf } from '../core/errors.ts';

/** The last entry of an archive: an archive without it was cut off. */
const MANIFEST = 'hoardarr-backup.json';
const FORMAT = 1;
const MAX_MANIFEST_BYTES = 1_000_000;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*(\/[A-Za-z0-9][A-Za-z0-9._-]*)*$/;

interface Manifest {
  readonly format: number;
  readonly createdAt: string;
  readonly items: number;
  /** SHA-256 in hex, by name */
  readonly files: Readonly<Record<string, string>>;
}

/** Packs the files below a folder into one tar file, readable by its owner alone; it appears under its name when it is whole. */
export async function writeArchive(
  file: string,
  folder: string,
  about: { readonly createdAt: string; readonly items: number },
): Promise<number> {
  const unfinished = `${file}.part`;
  try {
    const archive = pack();
    const written = pipeline(archive, createWriteStream(unfinished, { mode: 0o600, flush: true }));
    const files: Record<string, string> = {};
    const fill = async (): Promise<void> => {
      for (const name of filesBelow(folder)) files[name] = await addFile(archive, name, path.join(folder, name));
      const manifest: Manifest = { format: FORMAT, ...about, files };
      archive.entry({ name: MANIFEST, mode: 0o600 }, JSON.stringify(manifest, null, 2));
      archive.finalize();
    };
    await Promise.all([
      written,
      fill().catch((error: unknown) => {
        archive.destroy(error instanceof Error ? error : new Error(messageOf(error)));
        throw error;
      }),
    ]);
    await rename(unfinished, file);
    return statSync(file).size;
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'))
    .sort();
}

async function addFile(archive: Pack, name: string, file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(
    createReadStream(file),
    hashing(hash),
    archive.entry({ name, size: statSync(file).size, mode: 0o600 }),
  );
  return hash.digest('hex');
}

function hashing(hash: ReturnType<typeof createHash>): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
}

/** Unpacks an archive into a folder, and resolves to what it says of itself. InputError when it is damaged, cut off or no backup. */
export async function readArchive(file: string, folder: string): Promise<Pick<Manifest, 'createdAt' | 'items'>> {
  const found = new Map<string, string>();
  let manifest: Manifest | null = null;
  const entries = extract();
  const feeding = pipeline(createReadStream(file), entries);
  // Reading the entries is where a failure shows; this only keeps it from being reported twice.
  feeding.catch(() => undefined);
  try {
    for await (const entry of entries) {
      const { name, size } = entry.header;
      if (entry.header.type !== 'file' || !NAME.test(name) || name.includes('..'))
        throw new InputError(`${file} is no backup of Hoardarr: it holds '${name}'`);
      if (name === MANIFEST) {
        if (size > MAX_MANIFEST_BYTES) throw new InputError(`${file} is no backup of Hoardarr: its list is too long`);
        manifest = JSON.parse(
          Buffer.concat(await collect(entry as unknown as AsyncIterable<Buffer>)).toString('utf8'),
        ) as Manifest;
      } else found.set(name, await unpack(entry as unknown as AsyncIterable<Buffer>, path.join(folder, name)));
    }
    await feeding;
  } catch (error) {
    throw error instanceof InputError
      ? error
      : new InputError(`${file} is no backup of Hoardarr, or a damaged one: ${messageOf(error)}`);
  }
  return check(file, manifest, found);
}

async function collect(entry: AsyncIterable<Buffer>): Promise<Buffer[]> {
  const parts: Buffer[] = [];
  for await (const part of entry) parts.push(part);
  return parts;
}

async function unpack(entry: AsyncIterable<Buffer>, to: string): Promise<string> {
  mkdirSync(path.dirname(to), { recursive: true, mode: 0o700 });
  const hash = createHash('sha256');
  await pipeline(entry, hashing(hash), createWriteStream(to, { mode: 0o600, flags: 'wx', flush: true }));
  return hash.digest('hex');
}

function check(file: string, manifest: Manifest | null, found: ReadonlyMap<string, string>): Manifest {
  if (manifest === null) throw new InputError(`${file} is cut off, or no backup of Hoardarr`);
  if (manifest.format !== FORMAT)
    throw new InputError(`${file} was written by a newer version of Hoardarr: use that version`);
  const names = Object.keys(manifest.files);
  const wrong = names.filter((name) => found.get(name) !== manifest.files[name]);
  if (wrong.length > 0 || found.size !== names.length)
    throw new InputError(`${file} is damaged: ${wrong.join(', ') || 'it holds files that it does not list'}`);
  return manifest;
}
