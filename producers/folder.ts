import { constants, type Dirent } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import path from 'node:path';
import { InputError, messageOf } from '../core/errors.ts';
import type { SourceFile } from './source-file.ts';

const MAX_FILES = 20_000;
const MAX_DEPTH = 8;

/**
 * The files of a folder and of those in it, in order of name. Symbolic links are left out, so that nothing outside the
 * folder is read. Rejects with InputError when there are too many.
 */
export async function filesBelow(folder: string): Promise<SourceFile[]> {
  const files: SourceFile[] = [];
  const visit = async (below: string, depth: number): Promise<void> => {
    for (const entry of await entriesOf(path.join(folder, below))) {
      const name = path.join(below, entry.name);
      if (entry.isFile()) files.push(fileOnDisk(path.join(folder, name), name));
      else if (entry.isDirectory() && depth < MAX_DEPTH) await visit(name, depth + 1);
      if (files.length > MAX_FILES)
        throw new InputError(`${folder} holds more than ${MAX_FILES} files: name the export itself`);
    }
  };
  await visit('', 0);
  return files;
}

/** A file that is read from disk when it is opened; never through a symbolic link unless `follow`. */
export function fileOnDisk(location: string, name: string, follow = false): SourceFile {
  // A copy is as new as the copying, so the disk does not tell how old a file is.
  return { name, size: null, modifiedAt: null, open: () => readFrom(location, name, follow) };
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw new InputError(`${folder} cannot be read: ${messageOf(error)}`);
  });
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function* readFrom(location: string, name: string, follow: boolean): AsyncGenerator<Uint8Array> {
  // The folder may change while it is read: the entry that was a file may be a link by now.
  const flags = constants.O_RDONLY | (follow ? 0 : constants.O_NOFOLLOW);
  const file = await open(location, flags).catch((error: unknown) => {
    throw new InputError(`${name} cannot be read: ${messageOf(error)}`);
  });
  try {
    yield* file.createReadStream({ autoClose: false }) as AsyncIterable<Uint8Array>;
  } catch (error) {
    // The reader's own errors pass through a generator by another way; this is what the disk said.
    throw new InputError(`${name} cannot be read: ${messageOf(error)}`);
  } finally {
    await file.close();
  }
}
