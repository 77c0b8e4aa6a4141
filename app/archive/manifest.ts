import { type FileHandle, open } from 'node:fs/promises';
import { z } from 'zod';
import { InputError, messageOf } from '../../core/errors.ts';
import { DATA_FILES } from '../data-folder.ts';
import { type TarEntry, tarEntries } from './tar-entries.ts';

/** The last entry of an archive: an archive without it was cut off. */
export const MANIFEST = 'hoardarr-backup.json';
export const FORMAT = 1;
const MAX_MANIFEST_BYTES = 1_000_000;

const Format = z.object({ format: z.number().int().min(1) });
const Manifest = z.object({
  ...Format.shape,
  /** ISO 8601 */
  createdAt: z.iso.datetime(),
  items: z.number().int().min(0),
  /** SHA-256 in hex, by name */
  files: z.record(z.string(), z.string().regex(/^[0-9a-f]{64}$/)),
});
export type Manifest = z.output<typeof Manifest>;

/**
 * Reads what an archive says of itself, without reading what it holds, however large that is.
 *
 * @throws InputError when it is no archive of ours, damaged, cut off, or of a newer version
 */
export async function readManifest(file: string): Promise<Manifest> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    return parse(file, await find(file, handle, size));
  } finally {
    await handle.close();
  }
}

/** The key that tokens are encrypted with lies in it too. */
export function hasKey({ files }: Manifest): boolean {
  return Object.hasOwn(files, DATA_FILES.key);
}

async function find(file: string, handle: FileHandle, size: number): Promise<string> {
  let found: TarEntry | null = null;
  try {
    for await (const entry of tarEntries(handle, size)) if (entry.name === MANIFEST) found = entry;
  } catch (error) {
    throw new InputError(`${file} is no backup of Hoardarr, or a damaged one: ${messageOf(error)}`);
  }
  if (found === null) throw new InputError(`${file} is cut off, or no backup of Hoardarr`);
  if (found.bytes > MAX_MANIFEST_BYTES) throw new InputError(`${file} is no backup of Hoardarr: its list is too long`);
  const text = Buffer.alloc(found.bytes);
  await handle.read(text, 0, found.bytes, found.at);
  return text.toString('utf8');
}

function parse(file: string, text: string): Manifest {
  const json = jsonOf(text);
  const format = Format.safeParse(json);
  if (format.success && format.data.format > FORMAT)
    throw new InputError(`${file} was written by a newer version of Hoardarr: use that version`);
  const manifest = Manifest.safeParse(json);
  if (!manifest.success)
    throw new InputError(`${file} is no backup of Hoardarr, or a damaged one: its list is not one`);
  return manifest.data;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
