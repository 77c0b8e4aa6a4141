import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { textHashOf } from '../../core/text-hash.ts';
import { openSqliteEmbeddingCache } from '../../processors/embed/sqlite/sqlite-embedding-cache.ts';
import { FakeOpenAi } from '../../testing/fake-openai/fake-openai.ts';
import { programAt } from '../../testing/machines/program.ts';
import { DataFolder } from './data-folder.test-support.ts';

const MODEL = 'text-embedding-3-small';
const PROGRAM = programAt('testing/machines/run-commands');
const LATENCY_MS = 40;

/** Knows what was embedded, and whether it had to be. */
export class EmbeddingMeter {
  readonly server: FakeOpenAi;
  /** texts that were answered with vectors though one was kept, or was made in the same run */
  readonly again: string[] = [];
  /** distinct texts */
  readonly texts = new Set<string>();
  #run: (readonly string[])[] = [];
  #known = new Set<string>();

  private constructor(server: FakeOpenAi) {
    this.server = server;
  }

  static async start(): Promise<EmbeddingMeter> {
    const meter: EmbeddingMeter = new EmbeddingMeter(
      await FakeOpenAi.start({ dimensions: 32, latencyMs: LATENCY_MS, onAnswer: (texts) => meter.#note(texts) }),
    );
    return meter;
  }

  /** A new folder: nothing is known. */
  reset(): void {
    this.again.length = 0;
    this.texts.clear();
    this.#run = [];
    this.#known = new Set();
  }

  /** A process of the folder was killed; resolves to how many requests were in flight: those whose vectors were not all kept. */
  async afterKill(folder: DataFolder): Promise<number> {
    // What the dead process asked for and did not live to hear was not answered.
    while (this.server.inFlight > 0) await sleep(1);
    const cache = openSqliteEmbeddingCache(folder.path);
    try {
      const kept = await cache.getMany(MODEL, [...this.texts].map(textHashOf));
      const isKept = (text: string): boolean => kept.has(textHashOf(text));
      const lost = this.#run.filter((texts) => !texts.every(isKept)).length;
      this.#known = new Set([...this.texts].filter(isKept));
      this.#run = [];
      return lost;
    } finally {
      await cache.close();
    }
  }

  #note(texts: readonly string[]): void {
    this.#run.push(texts);
    for (const text of texts) {
      if (this.#known.has(text)) this.again.push(text);
      this.#known.add(text);
      this.texts.add(text);
    }
  }
}

/** What a process does on a new data folder from beginning to end; each command can be given again after it was done, or cut off. */
export class Story {
  readonly folder: DataFolder;
  readonly #commands: readonly (readonly string[])[];

  constructor(meter: EmbeddingMeter, commandsFor: (folder: DataFolder) => readonly (readonly string[])[]) {
    meter.reset();
    this.folder = new DataFolder({
      LOG_LEVEL: 'error',
      TIKTOK_OEMBED_URL: 'off',
      HOARDARR_EMBEDDER: 'openai',
      OPENAI_API_KEY: 'sk-invented',
      OPENAI_BASE_URL: meter.server.url,
      OPENAI_EMBEDDING_MODEL: MODEL,
      OPENAI_EMBEDDING_DIMENSIONS: '32',
    });
    const options = ['--data-dir', this.folder.path, '--json'];
    this.#commands = commandsFor(this.folder).map((words) => [...words, ...options]);
  }

  /** Runs to the end; resolves to the ms that it took once the program was loaded. */
  async finish(): Promise<number> {
    const child = this.#start();
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => void (said += chunk.toString()));
    const closed = once(child, 'close');
    await ready(child);
    const since = Date.now();
    const [code] = (await closed) as [number | null];
    if (code !== 0) throw new Error(`the story ended with status ${code}:\n${said.slice(-4_000)}`);
    return Date.now() - since;
  }

  /** Kills it with signal 9 so long after it was loaded. False when it had ended before. */
  async kill(afterMs: number): Promise<boolean> {
    const child = this.#start();
    const closed = once(child, 'close');
    const ended = new AbortController();
    child.once('exit', () => ended.abort());
    await ready(child);
    child.stderr?.resume();
    await sleep(afterMs, undefined, { signal: ended.signal }).catch(() => undefined);
    const wasAlive = child.exitCode === null && child.signalCode === null && child.kill('SIGKILL');
    await closed;
    return wasAlive;
  }

  #start(): ChildProcess {
    return spawn(process.execPath, [...PROGRAM, JSON.stringify(this.#commands)], {
      env: { PATH: process.env['PATH'], ...this.folder.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }
}

/** Resolves at its first word, or when it ends without one. */
async function ready(child: ChildProcess): Promise<void> {
  const first = child.stdout === null ? Promise.resolve() : once(child.stdout, 'data');
  await Promise.race([first, once(child, 'exit')]);
  child.stdout?.resume();
}
