import type { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import type { Entry, ZipFile } from 'yauzl';
import { InputError, messageOf } from '../core/errors.ts';
import type { SourceFile } from './source-file.ts';
import { openZipFile } from './zip-reader.ts';

/** What an archive may hold at most, measured while it is unpacked and not as it declares. */
export interface ZipLimits {
  readonly entries: number;
  /** of all entries that are read, unpacked */
  readonly totalBytes: number;
  /** unpacked bytes for each packed byte of an entry, judged from `ratioFromBytes` on */
  readonly ratio: number;
  readonly ratioFromBytes: number;
}

export const DEFAULT_ZIP_LIMITS: ZipLimits = {
  entries: 20_000,
  totalBytes: 4_000_000_000,
  ratio: 200,
  ratioFromBytes: 64_000_000,
};

const FIRST_DATE_MS = Date.UTC(1980, 0, 2);

/** An archive that is open for reading. */
export interface Archive {
  /** its files in the order of the archive, without folders; nothing is unpacked before a file is read */
  readonly files: readonly SourceFile[];
  close(): void;
}

/**
 * Opens a ZIP file. Names in it serve to tell files apart and are never used as paths; nothing is written to disk.
 * Rejects with InputError when it is cut off, encrypted, hostile or above the limits; so does reading a file of it.
 */
export async function openZip(path: string, limits: ZipLimits = DEFAULT_ZIP_LIMITS): Promise<Archive> {
  const zip = await openZipFile(path).catch((error: unknown) => {
    throw new InputError(`the ZIP archive cannot be read: ${messageOf(error)}`);
  });
  const budget = { left: limits.totalBytes };
  try {
    const files: SourceFile[] = [];
    for (const entry of await listEntries(zip, limits)) {
      if (!entry.fileName.endsWith('/')) files.push(asFile(zip, entry, limits, budget));
    }
    return { files, close: () => zip.close() };
  } catch (error) {
    zip.close();
    throw error;
  }
}

async function listEntries(zip: ZipFile, limits: ZipLimits): Promise<Entry[]> {
  const entries: Entry[] = [];
  try {
    for await (const entry of zip.eachEntry()) {
      entries.push(entry);
      if (entries.length > limits.entries)
        throw new InputError(`the ZIP archive has more than ${limits.entries} entries`);
    }
    return entries;
  } catch (error) {
    throw error instanceof InputError ? error : new InputError(`the ZIP archive is damaged: ${messageOf(error)}`);
  }
}

function asFile(zip: ZipFile, entry: Entry, limits: ZipLimits, budget: { left: number }): SourceFile {
  return {
    name: entry.fileName,
    size: entry.uncompressedSize,
    modifiedAt: modifiedAt(entry),
    open: () => unpack(zip, entry, limits, budget),
  };
}

/** Where the archive tells no zone it is taken for UTC. 1980 begins what the format can tell, and stands for nothing. */
function modifiedAt(entry: Entry): number | null {
  const ms = entry.getLastModDate({ timezone: 'UTC' }).getTime();
  return ms > FIRST_DATE_MS ? ms : null;
}

async function* unpack(
  zip: ZipFile,
  entry: Entry,
  limits: ZipLimits,
  budget: { left: number },
): AsyncGenerator<Uint8Array> {
  const name = JSON.stringify(entry.fileName);
  if (entry.isEncrypted())
    throw new InputError(`${name} in the ZIP archive is encrypted: unpack it first, and import the folder`);
  let bytes = 0;
  let checksum = 0;
  let stream: Readable | undefined;
  try {
    stream = await zip.openReadStreamPromise(entry);
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      bytes += chunk.length;
      checksum = crc32(chunk, checksum);
      budget.left -= chunk.length;
      if (budget.left < 0) throw new InputError(`the ZIP archive unpacks to more than ${limits.totalBytes} bytes`);
      if (bytes > limits.ratioFromBytes && bytes > entry.compressedSize * limits.ratio) {
        throw new InputError(`${name} unpacks to more than ${limits.ratio} times its size: it looks like a ZIP bomb`);
      }
      yield chunk;
    }
    // yauzl compares sizes only; a damaged list of the right length would be believed.
    if (checksum !== entry.crc32)
      throw new InputError(`${name} in the ZIP archive is damaged: its checksum does not match`);
  } catch (error) {
    throw error instanceof InputError
      ? error
      : new InputError(`${name} in the ZIP archive cannot be unpacked: ${messageOf(error)}`);
  } finally {
    stream?.destroy();
  }
}
