import type { FileHandle } from 'node:fs/promises';

export interface TarEntry {
  readonly name: string;
  readonly bytes: number;
  /** offset of its content in the file */
  readonly at: number;
}

const BLOCK_BYTES = 512;
/** More than any of ours has: others cost time and inodes without end. */
const MAX_ENTRIES = 10_000;
const CHECKSUM = { from: 148, to: 156 } as const;
const FILE_TYPES: ReadonlySet<number> = new Set([0, '0'.charCodeAt(0)]);

/**
 * Goes from header to header of a tar file, past what lies between. Only plain files with names of their own are known, which is
 * all that an archive of ours holds: so nothing in it can be larger than the file itself, and no name is told elsewhere.
 *
 * @param fileBytes of the whole file
 * @throws Error that says what is wrong
 */
export async function* tarEntries(handle: FileHandle, fileBytes: number): AsyncGenerator<TarEntry> {
  const header = Buffer.alloc(BLOCK_BYTES);
  for (let at = 0, count = 0; at < fileBytes; count++) {
    const { bytesRead } = await handle.read(header, 0, BLOCK_BYTES, at);
    if (bytesRead < BLOCK_BYTES) throw new Error('it is cut off');
    if (header.every((byte) => byte === 0)) return;
    if (count === MAX_ENTRIES) throw new Error('it holds too many files');
    const entry = toEntry(header, at + BLOCK_BYTES);
    if (entry.bytes > fileBytes - entry.at) throw new Error(`'${entry.name}' is cut off`);
    yield entry;
    at = entry.at + Math.ceil(entry.bytes / BLOCK_BYTES) * BLOCK_BYTES;
  }
}

/** https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html, "ustar Interchange Format" */
function toEntry(header: Buffer, at: number): TarEntry {
  const told = Number.parseInt(textOf(header, CHECKSUM.from, CHECKSUM.to), 8);
  if (told !== checksumOf(header)) throw new Error('it is no tar file');
  const type = header[156] ?? 0;
  const prefix = textOf(header, 345, 500);
  const name = `${prefix === '' ? '' : `${prefix}/`}${textOf(header, 0, 100)}`;
  if (!FILE_TYPES.has(type)) throw new Error(`it holds something else than files: '${name}'`);
  return { name, at, bytes: sizeOf(header) };
}

function textOf(header: Buffer, from: number, to: number): string {
  const end = header.subarray(from, to).indexOf(0);
  return header
    .subarray(from, end === -1 ? to : from + end)
    .toString('utf8')
    .trim();
}

function checksumOf(header: Buffer): number {
  const space = ' '.charCodeAt(0);
  return header.reduce((sum, byte, i) => sum + (i >= CHECKSUM.from && i < CHECKSUM.to ? space : byte), 0);
}

/** Octal, or, beyond 8 GB, big-endian after a bit that says so. */
function sizeOf(header: Buffer): number {
  const size =
    ((header[124] ?? 0) & 0x80) === 0
      ? Number.parseInt(textOf(header, 124, 136), 8)
      : Number(BigInt(`0x${header.subarray(125, 136).toString('hex')}`));
  if (!Number.isSafeInteger(size) || size < 0) throw new Error('a size in it is none');
  return size;
}
