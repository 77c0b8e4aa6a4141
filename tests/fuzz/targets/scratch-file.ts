import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A place for files that a target reads, one after another. */
export class ScratchFolder {
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'fuzz-'));

  get path(): string {
    return this.#folder;
  }

  /** Resolves to its path; what lay there before is replaced. */
  write(name: string, bytes: Uint8Array): string {
    const file = path.join(this.#folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, bytes);
    return file;
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** The bytes in pieces of this length: readers must not care where one ends. */
export async function* inPieces(bytes: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}
