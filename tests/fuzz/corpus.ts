import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Inputs that found something wrong are kept for ever, whatever they reach. */
const FINDING = 'finding-';

/** Inputs of one target, a file each, named by their content. */
export class Corpus {
  readonly folder: string;

  /** `root`: of the corpora of all targets. */
  constructor(root: string, target: string) {
    this.folder = path.join(root, target);
  }

  /** By name. */
  read(): ReadonlyMap<string, Uint8Array> {
    if (!existsSync(this.folder)) return new Map();
    const names = readdirSync(this.folder).sort();
    return new Map(names.map((name) => [name, readFileSync(path.join(this.folder, name))]));
  }

  /** Keeps these and no others, but for findings. */
  replace(inputs: readonly Uint8Array[]): void {
    const wanted = new Map(inputs.map((input) => [nameOf(input), input]));
    for (const name of this.read().keys())
      if (!name.startsWith(FINDING) && !wanted.has(name)) rmSync(path.join(this.folder, name));
    for (const [name, input] of wanted) this.#write(name, input);
  }

  /** Resolves to the file. */
  keepFinding(input: Uint8Array): string {
    return this.#write(`${FINDING}${nameOf(input)}`, input);
  }

  #write(name: string, input: Uint8Array): string {
    mkdirSync(this.folder, { recursive: true });
    const file = path.join(this.folder, name);
    writeFileSync(file, input);
    return file;
  }
}

function nameOf(input: Uint8Array): string {
  return createHash('sha256').update(input).digest('hex').slice(0, 16);
}
