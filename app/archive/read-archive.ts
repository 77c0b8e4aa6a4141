import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract } from 'tar-stream';
import { InputError, messageOf } from '../../core/errors.ts';
import { isArchived } from '../data-folder.ts';
import { hashing } from './hashing.ts';
import { MANIFEST, type Manifest, readManifest } from './manifest.ts';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*(\/[A-Za-z0-9][A-Za-z0-9._-]*)*$/;

/**
 * Unpacks an archive into a folder, and resolves to what it says of itself.
 *
 * @param folder is there already; null: reads all of it, and keeps nothing
 * @throws InputError when it is damaged, cut off, of a newer version or no backup of ours
 */
export async function readArchive(file: string, folder: string | null): Promise<Manifest> {
  const manifest = await readManifest(file);
  const foreign = Object.keys(manifest.files).find((name) => !isOurs(name));
  if (foreign !== undefined) throw new InputError(`${file} is no backup of Hoardarr: it holds '${foreign}'`);
  const found = new Map<string, string>();
  const entries = extract();
  const feeding = pipeline(createReadStream(file), entries);
  // Reading the entries is where a failure shows; this only keeps it from being reported twice.
  feeding.catch(() => undefined);
  try {
    for await (const entry of entries) {
      const { name } = entry.header;
      if (name !== MANIFEST && !(name in manifest.files && isOurs(name)))
        throw new InputError(`${file} is damaged: it holds '${name}', which it does not list`);
      if (found.has(name)) throw new InputError(`${file} is damaged: it holds '${name}' twice`);
      found.set(
        name,
        await take(
          entry as unknown as AsyncIterable<Buffer>,
          name === MANIFEST || folder === null ? null : placeFor(folder, name),
        ),
      );
    }
    await feeding;
  } catch (error) {
    throw error instanceof InputError || isOurFault(error)
      ? error
      : new InputError(`${file} is no backup of Hoardarr, or a damaged one: ${messageOf(error)}`);
  }
  const wrong = Object.keys(manifest.files).filter((name) => found.get(name) !== manifest.files[name]);
  if (wrong.length > 0) throw new InputError(`${file} is damaged: ${wrong.join(', ')}`);
  return manifest;
}

function isOurs(name: string): boolean {
  const [top = ''] = name.split('/');
  return NAME.test(name) && isArchived(top);
}

/** Such as a disk that is full: the archive may be well. */
function isOurFault(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}

/** Makes folders only below `folder`: were that made again after somebody removed it, half of the archive would lie there. */
function placeFor(folder: string, name: string): string {
  const parts = name.split('/');
  for (let depth = 1; depth < parts.length; depth++) {
    const between = path.join(folder, ...parts.slice(0, depth));
    if (!existsSync(between)) mkdirSync(between, { mode: 0o700 });
  }
  return path.join(folder, name);
}

async function take(entry: AsyncIterable<Buffer>, to: string | null): Promise<string> {
  const hash = createHash('sha256');
  const target = to === null ? nowhere() : createWriteStream(to, { mode: 0o600, flags: 'wx', flush: true });
  await pipeline(entry, hashing(hash), target);
  return hash.digest('hex');
}

function nowhere(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() });
}
