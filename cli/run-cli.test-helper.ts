import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { main } from './main.ts';

/** What a command left behind. */
export interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  /** stdout as the JSON document that it is */
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the test says what the document holds
  json<T = Record<string, unknown>>(): T;
}

export interface Video {
  readonly id: string;
  readonly date: string;
  readonly caption?: string;
}

const ENV = { HOARDARR_EMBEDDER: 'hash', TIKTOK_OEMBED_URL: 'off', LOG_LEVEL: 'error' };

/** A folder with a data folder and exports in it, and the command line in this process. */
export class CliWorld {
  readonly root = mkdtempSync(path.join(tmpdir(), 'cli-'));
  readonly dataDir = path.join(this.root, 'data');
  readonly env: Record<string, string>;
  /** for servers that cannot be reached */
  patienceMs = 60_000;
  #signals = new Set<(signal: string) => void>();

  constructor(env: Readonly<Record<string, string>> = {}) {
    this.env = { ...ENV, ...env };
  }

  /** Runs a command with `--json`, unless `text`. */
  async run(...words: readonly string[]): Promise<Ran> {
    return this.runWith({ json: true }, ...words);
  }

  async runWith(
    how: { readonly json?: boolean; readonly stdin?: string; readonly onText?: (stdout: string) => void },
    ...words: readonly string[]
  ): Promise<Ran> {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const texts = { stdout: '', stderr: '' };
    stdout.on('data', (chunk: Buffer) => {
      texts.stdout += chunk.toString();
      how.onText?.(texts.stdout);
    });
    stderr.on('data', (chunk: Buffer) => {
      texts.stderr += chunk.toString();
    });
    const stdin = new PassThrough();
    stdin.end(how.stdin ?? '');
    const argv = ['--data-dir', this.dataDir, ...words, ...(how.json === true ? ['--json'] : [])];
    const status = await main(argv, {
      patienceMs: this.patienceMs,
      stdin,
      stdout,
      stderr,
      isTerminal: false,
      env: this.env,
      onSignal: (callback) => {
        this.#signals.add(callback);
        return () => void this.#signals.delete(callback);
      },
      quit: () => undefined,
    });
    await new Promise((resolve) => setImmediate(resolve));
    // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- as above
    return { status, ...texts, json: <T>() => JSON.parse(texts.stdout) as T };
  }

  signal(name: string): void {
    for (const callback of this.#signals) callback(name);
  }

  export(name: string, videos: readonly Video[]): string {
    const file = path.join(this.root, name);
    const rows = videos.map(({ id, date, caption }) => ({
      Date: date,
      Link: `https://www.tiktokv.com/share/video/${id}/`,
      ...(caption === undefined ? {} : { Caption: caption }),
    }));
    writeFileSync(file, JSON.stringify({ 'Likes and Favorites': { 'Favorite Videos': { FavoriteVideoList: rows } } }));
    return file;
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

const SUBJECTS = [
  'sharpening a kitchen knife',
  'baking sourdough bread',
  'repairing a bicycle chain',
  'a cat that opens doors',
  'growing tomatoes on a balcony',
];

/** Invented videos, the newest first. */
export function videos(count: number, from = 0): readonly Video[] {
  return Array.from({ length: count }, (_, i) => {
    const n = from + i;
    const date = new Date(Date.UTC(2025, 5, 1) - n * 3_600_000).toISOString().slice(0, 19).replace('T', ' ');
    return {
      id: String(7_300_000_000_000_000_000n + BigInt(n) * 1_000_003n),
      date,
      caption: `${SUBJECTS[n % SUBJECTS.length] ?? ''}, part ${n}.`,
    };
  });
}
