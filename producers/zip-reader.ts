import { type FileHandle, open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { callbackify } from 'node:util';
import { fromRandomAccessReaderPromise, RandomAccessReader, type ZipFile } from 'yauzl';

const PIECE_BYTES = 65_536;

/**
 * Opens a ZIP file; closing it closes the file. Rejects when it cannot be read as one.
 *
 * yauzl's own reader hands places that the archive names to `fs.read`, which throws for one beyond 2^53: in a callback, where
 * nobody can catch it, so that a file of a hundred bytes ended the process.
 */
export async function openZipFile(path: string): Promise<ZipFile> {
  const handle = await open(path);
  try {
    const { size } = await handle.stat();
    return await fromRandomAccessReaderPromise(new FileReader(handle), size, { autoClose: false });
  } catch (error) {
    await handle.close();
    throw error;
  }
}

class FileReader extends RandomAccessReader {
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    super();
    this.#handle = handle;
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null) => void,
  ): void {
    callbackify(() => this.#fill(buffer, offset, length, position))(callback);
  }

  override _readStreamForRange(start: number, end: number): Readable {
    // Not a stream of the file's own: one that is destroyed closes the file, which others still read.
    return Readable.from(this.#piecesOf(start, end), { objectMode: false });
  }

  async *#piecesOf(start: number, end: number): AsyncGenerator<Uint8Array> {
    for (let at = start; at < end; ) {
      const piece = Buffer.allocUnsafe(Math.min(PIECE_BYTES, end - at));
      const { bytesRead } = await this.#handle.read(piece, 0, piece.length, at);
      if (bytesRead === 0) return;
      yield piece.subarray(0, bytesRead);
      at += bytesRead;
    }
  }

  override close(callback: (error: Error | null) => void): void {
    callbackify(() => this.#handle.close())(callback);
  }

  /** Rejects for a place that no file has as for one behind the end of this one. */
  async #fill(buffer: Buffer, offset: number, length: number, position: number): Promise<void> {
    const { bytesRead } = await this.#handle.read(buffer, offset, length, position);
    if (bytesRead < length) throw new Error('it is cut off');
  }
}
