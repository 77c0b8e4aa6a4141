import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import type { Environment } from '../../app/config.ts';
import { main } from '../../cli/main.ts';

/** What a command left behind. */
export interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The fields of `import`, as far as tests ask for them. */
export interface ImportJson {
  readonly processed: number;
  readonly new: number;
  readonly updated: number;
  readonly removed: number;
  readonly restored: number;
  readonly held: number;
  readonly skipped: number;
  readonly converged: boolean | null;
  readonly warnings: readonly string[];
}

export interface ItemJson {
  readonly itemId: string;
  readonly state: string;
  readonly pinned: boolean;
  readonly title: string | null;
  readonly hasVector: boolean;
}

interface Page {
  readonly items: readonly ItemJson[];
  readonly next: string | null;
}

export interface ExplainJson {
  readonly state: string;
  readonly pinned: boolean;
  readonly blocked: boolean;
  readonly history: readonly {
    readonly event: string;
    readonly reason: string;
    readonly snapshotId: string | null;
    readonly author: string;
    readonly evidence: Readonly<Record<string, unknown>>;
  }[];
}

export interface StatusJson {
  readonly accounts: readonly {
    readonly user: string;
    readonly active: number;
    readonly trash: number;
    readonly held: number;
    readonly digest: string | null;
    readonly converged: boolean | null;
  }[];
  readonly digest: string;
  readonly deadLetters: number;
}

export interface RebuildJson {
  readonly embeddingCalls: number;
  readonly digestBefore: string | null;
  readonly digestAfter: string;
  readonly match: boolean | null;
  readonly generation: number;
}

/** No vendor is asked: the embedder for tests, and no metadata. */
export const OFFLINE: Environment = { HOARDARR_EMBEDDER: 'hash', TIKTOK_OEMBED_URL: 'off', LOG_LEVEL: 'error' };

/** A data folder, and the command line on it: each command opens it, works and closes it, as a process of its own would. */
export class DataFolder {
  readonly root: string;
  readonly path: string;
  readonly env: Environment;
  #files = 0;

  constructor(env: Environment = OFFLINE, root = mkdtempSync(path.join(tmpdir(), 'hoardarr-e2e-'))) {
    this.env = env;
    this.root = root;
    this.path = path.join(root, 'data');
  }

  /** The same folder, with other names in the environment besides. */
  with(env: Environment): DataFolder {
    return new DataFolder({ ...this.env, ...env }, this.root);
  }

  run(...words: readonly string[]): Promise<Ran> {
    return this.runWith({ stdin: '' }, ...words);
  }

  async runWith({ stdin: typed }: { readonly stdin: string }, ...words: readonly string[]): Promise<Ran> {
    const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
    stdin.end(typed);
    const said = { stdout: '', stderr: '' };
    stdout.on('data', (chunk: Buffer) => void (said.stdout += chunk.toString()));
    stderr.on('data', (chunk: Buffer) => void (said.stderr += chunk.toString()));
    const status = await main([...words, '--data-dir', this.path, '--json'], {
      stdin,
      stdout,
      stderr,
      isTerminal: false,
      env: this.env,
      onSignal: () => () => undefined,
      quit: () => undefined,
    });
    await new Promise((resolve) => setImmediate(resolve));
    return { status, ...said };
  }

  /** The JSON document of a command that has to succeed. */
  async json<T>(...words: readonly string[]): Promise<T> {
    const { status, stdout, stderr } = await this.run(...words);
    if (status !== 0) throw new Error(`${words.join(' ')} ended with status ${status}: ${stdout}${stderr}`);
    return JSON.parse(stdout) as T;
  }

  /** Writes an export; an object as JSON. */
  write(content: unknown, name = 'user_data_tiktok.json'): string {
    this.#files += 1;
    const file = path.join(this.root, 'exports', String(this.#files), name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(
      file,
      typeof content === 'string' || content instanceof Uint8Array ? content : JSON.stringify(content),
    );
    return file;
  }

  import(file: string, ...options: readonly string[]): Promise<ImportJson> {
    return this.json<ImportJson>('import', 'tiktok', file, ...options);
  }

  /** Imports an export that is given by its content. */
  importExport(content: unknown): Promise<ImportJson> {
    return this.import(this.write(content));
  }

  /** All items with this state, page by page. */
  async items(state = 'active'): Promise<readonly ItemJson[]> {
    const all: ItemJson[] = [];
    for (let after: string | null = null; ; ) {
      const from = after === null ? [] : ['--after', after];
      const page: Page = await this.json('items', '--state', state, '--limit', '500', ...from);
      all.push(...page.items);
      after = page.next;
      if (after === null) return all;
    }
  }

  async ids(state = 'active'): Promise<readonly string[]> {
    return (await this.items(state)).map(({ itemId }) => itemId).sort();
  }

  explain(itemId: string): Promise<ExplainJson> {
    return this.json('explain', 'tiktok', itemId);
  }

  status(): Promise<StatusJson> {
    return this.json('status');
  }

  /** Names of the files of the data folder that hold these bytes. */
  filesWith(bytes: string | Buffer): readonly string[] {
    const entries = readdirSync(this.path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    return entries
      .filter((entry) => readFileSync(path.join(entry.parentPath, entry.name)).includes(bytes))
      .map(({ name }) => name);
  }

  /** As on another machine, or after the disk was lost. */
  clear(): void {
    rmSync(this.path, { recursive: true, force: true });
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
