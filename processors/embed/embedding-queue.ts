import { EmbedderUnavailableError, messageOf } from '../../core/errors.ts';
import type { Embedder, EmbedResult } from '../../core/ports/embedder.ts';
import type { EmbeddingCache } from './embedding-cache.ts';
import type { EmbedLimits } from './limits.ts';
import { Outage } from './outage.ts';
import { type SteadyDeps, steadily } from './steadily.ts';

export interface WantedText {
  /** hex SHA-256 of the text */
  readonly textHash: string;
  readonly text: string;
}

/** What came of a text: its vector; that it will never have one; or that it may get one later. */
export type Embedding =
  | { readonly kind: 'vector'; readonly vector: Uint8Array; readonly truncated: boolean }
  | { readonly kind: 'refused' }
  | { readonly kind: 'late' };

interface Waiter {
  missing: number;
  readonly found: Map<string, Embedding>;
  readonly resolve: (found: ReadonlyMap<string, Embedding>) => void;
  readonly reject: (error: unknown) => void;
}

interface Entry extends WantedText {
  readonly waiters: Waiter[];
  /** asked for once, whatever the state of the embedder; not tried again */
  readonly once: boolean;
  /** when the first request for it that failed was begun */
  failedSince: number | null;
}

/** Something every healthy embedder takes. */
const PROBE_TEXT = 'hello';

/**
 * Gets vectors from the cache, and for the rest from the embedder, in requests as full as the input allows. Each text is
 * asked for once, however many want it at the same time, and is in the cache before anybody learns of it (law 9).
 */
export class EmbeddingQueue {
  readonly outage: Outage;
  readonly #embedder: Embedder;
  readonly #cache: EmbeddingCache;
  readonly #deps: SteadyDeps;
  readonly #limits: EmbedLimits;
  readonly #stop: AbortSignal;
  /** by text hash, from the first question to the answer */
  readonly #entries = new Map<string, Entry>();
  #queue: Entry[] = [];
  /** partitions that will ask for more at once */
  readonly #expecting = new Set<number>();
  #running = 0;
  /** looked up in the cache now: what is not there comes to the queue in a moment */
  #lookingUp = 0;
  #lingerUntil = 0;

  /** @param stop ends all work; whoever waits then gets its reason */
  constructor(embedder: Embedder, cache: EmbeddingCache, deps: SteadyDeps, limits: EmbedLimits, stop: AbortSignal) {
    this.#embedder = embedder;
    this.#cache = cache;
    this.#deps = deps;
    this.#limits = limits;
    this.#stop = stop;
    this.outage = new Outage(deps.clock, deps.random, limits.maxOutageMs);
    stop.addEventListener('abort', () => this.#rejectAll(), { once: true });
  }

  /** Says whether the partition will ask for more without waiting for answers; an unfilled request may wait for that. */
  expect(partition: number, more: boolean): void {
    if (more) this.#expecting.add(partition);
    else this.#expecting.delete(partition);
    this.#pump();
  }

  /**
   * By text hash, each of the texts.
   *
   * @param once asks even while the embedder is out, and does not try again
   * @throws the stop signal's reason
   */
  resolve(wanted: readonly WantedText[], once = false): Promise<ReadonlyMap<string, Embedding>> {
    if (this.#stop.aborted) return Promise.reject(this.#stop.reason);
    return new Promise((resolve, reject) => {
      const waiter: Waiter = { missing: 0, found: new Map(), resolve, reject };
      const fresh: Entry[] = [];
      const seen = new Set<string>();
      for (const { textHash, text } of wanted) {
        if (seen.has(textHash)) continue;
        seen.add(textHash);
        let entry = this.#entries.get(textHash);
        if (entry === undefined) {
          entry = { textHash, text, waiters: [], once, failedSince: null };
          this.#entries.set(textHash, entry);
          fresh.push(entry);
        }
        entry.waiters.push(waiter);
        waiter.missing += 1;
      }
      if (waiter.missing === 0) resolve(waiter.found);
      if (fresh.length > 0) void this.#lookUp(fresh);
    });
  }

  /** Asks the embedder whether it works, with a text of its own. */
  async probe(): Promise<void> {
    const startedAt = this.#deps.clock.elapsed();
    const { results, retryAfterMs } = await this.#ask([PROBE_TEXT]);
    if (results.some((result) => 'vector' in result)) this.outage.succeed();
    else this.outage.fail(startedAt, retryAfterMs);
  }

  async #lookUp(fresh: readonly Entry[]): Promise<void> {
    const { metrics } = this.#deps.telemetry;
    const hashes = fresh.map(({ textHash }) => textHash);
    this.#lookingUp += 1;
    try {
      const read = () => this.#cache.getMany(this.#embedder.model, hashes);
      const cached = await steadily('reading the embedding cache', read, this.#deps, this.#stop);
      let hits = 0;
      for (const entry of fresh) {
        const hit = cached.get(entry.textHash);
        if (hit === undefined || !this.#fits(hit.vector)) {
          this.#queue.push(entry);
          continue;
        }
        hits += 1;
        settle(this.#entries, entry, { kind: 'vector', vector: hit.vector, truncated: hit.truncated });
      }
      if (hits > 0) metrics.count('hoardarr_embedding_cache_hits', hits);
      if (hits < fresh.length) metrics.count('hoardarr_embedding_cache_misses', fresh.length - hits);
    } catch {
      return; // stopped: whoever waited knows
    } finally {
      this.#lookingUp -= 1;
    }
    this.#lingerUntil = this.#deps.clock.elapsed() + this.#limits.lingerMs;
    this.#pump();
  }

  /** False for what was made with other dimensions of the same model. */
  #fits(vector: Uint8Array): boolean {
    const { dimensions } = this.#embedder;
    return dimensions === 0 || vector.length === dimensions * Float32Array.BYTES_PER_ELEMENT;
  }

  /** Sends what may be sent now, and sees to it that it is called again when more may be. */
  #pump(): void {
    if (this.#stop.aborted) return;
    if (this.outage.state === 'out') this.#letPass();
    const { batchTexts, concurrency } = this.#embedder;
    while (this.#queue.length > 0) {
      const isProbing = this.outage.state !== 'up';
      if (this.#running >= (isProbing ? 1 : concurrency)) return;
      const isFull = this.#queue.length >= batchTexts;
      if (!isFull && this.#lookingUp > 0) return;
      // Who asks once has waited already.
      const waitMs = this.#queue[0]?.once === true ? 0 : this.outage.waitMs();
      const lingerMs = !isFull && this.#expecting.size > 0 ? this.#lingerMs() : 0;
      if (waitMs > 0 || lingerMs > 0) {
        this.#pumpIn(Math.max(waitMs, lingerMs));
        return;
      }
      void this.#run(this.#queue.splice(0, batchTexts));
    }
  }

  #lingerMs(): number {
    return Math.max(0, this.#lingerUntil - this.#deps.clock.elapsed());
  }

  #pumpIn(ms: number): void {
    this.#deps.clock.sleep(ms, this.#stop).then(
      () => this.#pump(),
      () => {}, // stopped
    );
  }

  /** While the embedder is out nobody waits for it. */
  #letPass(): void {
    const passing = this.#queue.filter(({ once }) => !once);
    if (passing.length === 0) return;
    this.#queue = this.#queue.filter(({ once }) => once);
    for (const entry of passing) settle(this.#entries, entry, { kind: 'late' });
  }

  async #run(batch: readonly Entry[]): Promise<void> {
    this.#running += 1;
    try {
      const startedAt = this.#deps.clock.elapsed();
      const { results, retryAfterMs } = await this.#ask(batch.map(({ text }) => text));
      await this.#keep(batch, results);
      this.#judge(batch, results, startedAt, retryAfterMs);
    } catch {
      // Stopped: whoever waited knows.
    } finally {
      this.#running -= 1;
      this.#pump();
    }
  }

  /** Never rejects for a fault of the embedder: then each result says so. */
  async #ask(texts: readonly string[]): Promise<{ results: readonly EmbedResult[]; retryAfterMs: number | undefined }> {
    try {
      const results = await this.#embedder.embed(texts, this.#stop);
      if (results.length === texts.length) return { results, retryAfterMs: undefined };
      throw new Error(`${results.length} results for ${texts.length} texts`);
    } catch (error) {
      this.#stop.throwIfAborted();
      const message = messageOf(error);
      this.#deps.telemetry.log.warn('the embedder is unavailable', { error: message, texts: texts.length });
      const retryAfterMs = error instanceof EmbedderUnavailableError ? error.retryAfterMs : undefined;
      return { results: texts.map(() => ({ error: message, permanent: false })), retryAfterMs };
    }
  }

  /** Into the cache, before anybody learns of it. */
  async #keep(batch: readonly Entry[], results: readonly EmbedResult[]): Promise<void> {
    const made: { readonly entry: Entry; readonly vector: Uint8Array; readonly truncated: boolean }[] = [];
    for (const [index, entry] of batch.entries()) {
      const result = results[index];
      if (result === undefined || 'error' in result) continue;
      made.push({ entry, vector: bytesOf(result.vector), truncated: result.truncated });
    }
    if (made.length === 0) return;
    const rows = made.map(({ entry, vector, truncated }) => ({ textHash: entry.textHash, vector, truncated }));
    const write = () => this.#cache.putMany(this.#embedder.model, rows);
    await steadily('writing the embedding cache', write, this.#deps, this.#stop);
    for (const { entry, vector, truncated } of made)
      settle(this.#entries, entry, { kind: 'vector', vector, truncated });
  }

  /** What has no vector: refused for good, let go, or tried again. */
  #judge(
    batch: readonly Entry[],
    results: readonly EmbedResult[],
    startedAt: number,
    retryAfterMs: number | undefined,
  ): void {
    const { clock, telemetry } = this.#deps;
    const failed: Entry[] = [];
    for (const [index, entry] of batch.entries()) {
      const result = results[index];
      if (result === undefined || 'vector' in result) continue;
      if (result.permanent) {
        telemetry.log.warn('a text is refused for good', { textHash: entry.textHash, error: result.error });
        settle(this.#entries, entry, { kind: 'refused' });
      } else failed.push(entry);
    }
    if (failed.length < batch.length) this.outage.succeed();
    if (failed.length === 0) return;
    this.outage.fail(startedAt, retryAfterMs);
    const again: Entry[] = [];
    for (const entry of failed) {
      entry.failedSince ??= startedAt;
      const isOver = clock.elapsed() - entry.failedSince >= this.#limits.maxOutageMs;
      if (entry.once || isOver) settle(this.#entries, entry, { kind: 'late' });
      else again.push(entry);
    }
    this.#queue = [...again, ...this.#queue];
  }

  #rejectAll(): void {
    const waiters = new Set([...this.#entries.values()].flatMap((entry) => entry.waiters));
    this.#entries.clear();
    this.#queue = [];
    for (const waiter of waiters) waiter.reject(this.#stop.reason);
  }
}

function settle(entries: Map<string, Entry>, entry: Entry, embedding: Embedding): void {
  entries.delete(entry.textHash);
  for (const waiter of entry.waiters) {
    waiter.found.set(entry.textHash, embedding);
    waiter.missing -= 1;
    if (waiter.missing === 0) waiter.resolve(waiter.found);
  }
}

/** Little-endian float32, as every platform that Node runs on keeps it. */
function bytesOf(vector: Float32Array): Uint8Array {
  return new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
}
