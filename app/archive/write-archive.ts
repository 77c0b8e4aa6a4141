import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream, readdirSync, statSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type Pack, pack } from 'tar-stream';
import { messageOf } from '../../core/errors.ts';
import { syncFolder } from '../write-file-whole.ts';
import { hashing } from './hashing.ts';
import { FORMAT, MANIFEST, type Manifest } from './manifest.ts';
import { readArchive } from './read-archive.ts';

/** What an archive is called until it is whole: as nobody else calls a file, or another archive that is made there. */
function unfinishedName(file: string): string {
  return `${file}.${randomUUID()}.part`;
}

/** Whether an archive of that name was left unfinished; earlier versions called it so without an id. */
export function isUnfinished(name: string): boolean {
  return /(\.tar|\.[0-9a-f]{8}-[0-9a-f-]{27})\.part$/.test(name);
}

/**
 * Packs the files below a folder into one tar file, readable by its owner alone; it appears under its name when it is whole and
 * was read back. Resolves to its size in bytes.
 */
export async function writeArchive(
  file: string,
  folder: string,
  about: { readonly createdAt: string; readonly items: number },
): Promise<number> {
  const unfinished = unfinishedName(file);
  try {
    const archive = pack();
    const written = pipeline(archive, createWriteStream(unfinished, { flags: 'wx', mode: 0o600, flush: true }));
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
    await readArchive(unfinished, null);
    await rename(unfinished, file);
    syncFolder(path.dirname(file));
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
