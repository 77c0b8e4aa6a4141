import { jitteredBackoffMs } from '../../core/backoff.ts';
import { EmbedderUnavailableError, messageOf } from '../../core/errors.ts';
import type { Embedder, EmbedResult } from '../../core/ports/embedder.ts';
import { hasDimensions } from '../../core/vector-bytes.ts';
import type { CachedVector, EmbeddingCache, Reserved } from './embedding-cache.ts';
import type { EmbedLimits } from './limits.ts';
import { Outage } from './outage.ts';
import { type Owner, Reservations } from './reservations.ts';
import { type SteadyDeps, steadily } from './steadily.ts';
import { type Embedding, type Entry, WaitingTexts, type WantedText } from './waiting-texts.ts';

/** Something every healthy embedder takes. */
const PROBE_TEXT = 'hello';
/** An estimate, for texts that no embedder counts because their vectors were there; English has about so many. */
const BYTES_PER_TOKEN = 4;
/** How soon a text that another process asks for is looked at again. */
const LOOK_BASE_MS = 50;
const LOOK_LIMIT_MS = 1_000;

/**
 * Gets vectors from the cache, and for the rest from the embedder, in requests as full as the input allows. Each text is
 * asked for once, however many want it at the same time, in this process or in others that share the cache, and is in the cache
 * before anybody learns of it (law 9). A text is reserved for as long as the request takes that it is in, and no request waits
 * for another process: so no two of them wait for each other.
 */
export class EmbeddingQueue {
  readonly outage: Outage;
  readonly #embedder: Embedder;
  readonly #cache: EmbeddingCache;
  readonly #deps: SteadyDeps;
  readonly #limits: EmbedLimits;
  readonly #stop: AbortSignal;
  readonly #reservations: Reservations;
  readonly #texts = new WaitingTexts();
  #queue: Entry[] = [];
  /** partitions that will ask for more at once */
  readonly #expecting = new Set<number>();
  #running = 0;
  /** looked up in the cache now: what is not there comes to the queue in a moment */
  #lookingUp = 0;
  #lingerUntil = 0;

  /** @param stop ends all work; whoever waits then gets its reason */
  constructor(
    { embedder, cache, owner }: { readonly embedder: Embedder; readonly cache: EmbeddingCache; readonly owner: Owner },
    deps: SteadyDeps,
    limits: EmbedLimits,
    stop: AbortSignal,
  ) {
    this.#embedder = embedder;
    this.#cache = cache;
    this.#deps = deps;
    this.#limits = limits;
    this.#stop = stop;
    this.#reservations = new Reservations(cache, embedder.model, owner, deps, stop);
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
    const { answers, fresh } = this.#texts.add(wanted, once);
    if (fresh.length > 0) void this.#lookUp(fresh);
    return answers;
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
        this.#settleFound(entry, hit);
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

  #settleFound(entry: Entry, { vector, truncated }: CachedVector): void {
    const tokens = Math.ceil(Buffer.byteLength(entry.text) / BYTES_PER_TOKEN);
    this.#deps.telemetry.metrics.count('hoardarr_embedding_tokens_saved', tokens);
    this.#texts.settle(entry, { kind: 'vector', vector, truncated });
  }

  #fits(vector: Uint8Array): boolean {
    return hasDimensions(vector, this.#embedder.dimensions);
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
    for (const entry of passing) this.#texts.settle(entry, { kind: 'late' });
  }

  async #run(batch: readonly Entry[]): Promise<void> {
    this.#running += 1;
    try {
      const reservation = await this.#reservations.take(batch.map(({ textHash }) => textHash));
      await this.#request(this.#sort(batch, reservation), () => this.#reservations.giveBack(reservation));
    } catch {
      // Stopped: whoever waited knows.
    } finally {
      this.#running -= 1;
      this.#pump();
    }
  }

  /** What is to be asked for; the rest is there by now, or another process asks for it. */
  #sort(batch: readonly Entry[], { found, others }: Reserved): readonly Entry[] {
    const mine: Entry[] = [];
    const theirs: Entry[] = [];
    for (const entry of batch) {
      const hit = found.get(entry.textHash);
      if (hit !== undefined && this.#fits(hit.vector)) this.#settleFound(entry, hit);
      else if (others.has(entry.textHash)) theirs.push(entry);
      else mine.push(entry);
    }
    if (theirs.length > 0) this.#lookLater(theirs);
    return mine;
  }

  #lookLater(entries: readonly Entry[]): void {
    const { clock, random } = this.#deps;
    const looks = Math.min(...entries.map((entry) => entry.looks));
    for (const entry of entries) entry.looks += 1;
    const waitMs = LOOK_BASE_MS / 2 + jitteredBackoffMs(looks, random(), LOOK_BASE_MS, LOOK_LIMIT_MS);
    clock.sleep(waitMs, this.#stop).then(
      () => {
        this.#queue.push(...entries);
        this.#pump();
      },
      () => {}, // stopped
    );
  }

  async #request(batch: readonly Entry[], giveBack: () => Promise<void>): Promise<void> {
    if (batch.length === 0) return;
    const startedAt = this.#deps.clock.elapsed();
    const { results, retryAfterMs } = await this.#ask(batch.map(({ text }) => text));
    await this.#keep(batch, results);
    // Before what has no vector is tried again, which may be a while later, and elsewhere.
    await giveBack();
    this.#judge(batch, results, startedAt, retryAfterMs);
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
    this.#deps.telemetry.metrics.count('hoardarr_embedded_texts', made.length);
    for (const { entry, vector, truncated } of made) this.#texts.settle(entry, { kind: 'vector', vector, truncated });
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
        this.#texts.settle(entry, { kind: 'refused' });
      } else failed.push(entry);
    }
    if (failed.length < batch.length) this.outage.succeed();
    if (failed.length === 0) return;
    this.outage.fail(startedAt, retryAfterMs);
    const again: Entry[] = [];
    for (const entry of failed) {
      entry.failedSince ??= startedAt;
      const isOver = clock.elapsed() - entry.failedSince >= this.#limits.maxOutageMs;
      if (entry.once || isOver) this.#texts.settle(entry, { kind: 'late' });
      else again.push(entry);
    }
    this.#queue = [...again, ...this.#queue];
  }

  /** Gives back to other processes what it asks for; after the stop. */
  close(): Promise<void> {
    return this.#reservations.close();
  }

  #rejectAll(): void {
    this.#queue = [];
    this.#texts.rejectAll(this.#stop.reason);
  }
}

/** Little-endian float32, as every platform that Node runs on keeps it. */
function bytesOf(vector: Float32Array): Uint8Array {
  return new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
}
