import { stat } from 'node:fs/promises';
import path from 'node:path';
import { InputError, messageOf } from '../core/errors.ts';
import { type ContentKind, contentKind, type PlainKind, peek } from './content-kind.ts';
import { fileOnDisk, filesBelow } from './folder.ts';
import type { SourceFile } from './source-file.ts';
import { openZip } from './zip.ts';

export interface ReadOptions {
  /** ms; later dates in the export do not count for its age */
  readonly now: number;
  readonly signal?: AbortSignal;
  /** called as it goes; `bytes` of all files so far, unpacked */
  readonly progress?: (bytes: number) => void;
}

/** Lets bytes through, counts them, and stops at the signal. */
export type Meter = (bytes: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>;

/** What the user gave: several files, or one that was told by its content. */
export type OpenExport =
  | { readonly kind: 'zip' | 'folder'; readonly files: readonly SourceFile[] }
  | {
      readonly kind: 'file';
      readonly name: string;
      readonly content: PlainKind;
      readonly bytes: AsyncIterable<Uint8Array>;
    };

export function meterOf({ signal, progress }: ReadOptions): Meter {
  let total = 0;
  return async function* (bytes) {
    for await (const chunk of bytes) {
      signal?.throwIfAborted();
      total += chunk.length;
      progress?.(total);
      yield chunk;
    }
  };
}

/** Opens a file, archive or folder for as long as `read` takes. Rejects with InputError when it cannot be read. */
export async function withExport<T>(file: string, meter: Meter, read: (opened: OpenExport) => Promise<T>): Promise<T> {
  const info = await stat(file).catch((error: unknown) => {
    throw new InputError(`${file} cannot be read: ${messageOf(error)}`);
  });
  if (info.isDirectory()) return read({ kind: 'folder', files: await filesBelow(file) });
  if (!info.isFile()) throw new InputError(`${file} is neither a file nor a folder`);
  const name = path.basename(file);
  const single = await peekInto(fileOnDisk(file, name, true), meter, async (content, bytes) => {
    if (content.kind === 'zip') return null;
    return { value: await read({ kind: 'file', name, content, bytes }) };
  });
  if (single !== null) return single.value;
  const archive = await openZip(file);
  try {
    return await read({ kind: 'zip', files: archive.files });
  } finally {
    archive.close();
  }
}

/** Reads a file, told by its first bytes; closes it however that ends. */
export async function peekInto<T>(
  source: SourceFile,
  meter: Meter,
  read: (content: ContentKind, bytes: AsyncIterable<Uint8Array>) => Promise<T>,
): Promise<T> {
  const { head, all, close } = await peek(meter(source.open()));
  try {
    return await read(contentKind(head), all);
  } finally {
    await close();
  }
}
