import { messageOf } from '../core/errors.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { Embedder } from '../core/ports/embedder.ts';
import type { Logger } from '../core/ports/telemetry.ts';

export interface QueryVectorsDeps {
  /** Null when there is none. Asked again for every query. */
  readonly embedder: () => Promise<Embedder | null>;
  /** for the pause after a failure; the machine's own when absent */
  readonly clock?: Pick<Clock, 'now'>;
  readonly log?: Logger;
  /** How long a search waits for the vector of its query, ms. Default 8,000: a local model has to be loaded first. */
  readonly timeoutMs?: number;
}

export interface QueryVector {
  readonly model: string;
  readonly vector: Float32Array;
}

const DEFAULT_TIMEOUT_MS = 8_000;
const KEPT_QUERIES = 100;
/** After a failure, searches go by words alone for so long, instead of each waiting for the next. */
const PAUSE_MS = 15_000;

/** Vectors of queries. The latest are kept, since people page and filter within one query. */
export class QueryVectors {
  readonly #deps: QueryVectorsDeps;
  readonly #kept = new Map<string, QueryVector>();
  #pausedUntil = 0;

  constructor(deps: QueryVectorsDeps) {
    this.#deps = deps;
  }

  /** Null when the query cannot be embedded now: the search goes by words alone. */
  async of(query: string): Promise<QueryVector | null> {
    const { clock = Date, log } = this.#deps;
    if (clock.now() < this.#pausedUntil) return null;
    try {
      return await this.#embed(query);
    } catch (error) {
      this.#pausedUntil = clock.now() + PAUSE_MS;
      log?.warn('the query could not be embedded; searching by words alone', { error: messageOf(error) });
      return null;
    }
  }

  async #embed(query: string): Promise<QueryVector | null> {
    const signal = AbortSignal.timeout(this.#deps.timeoutMs ?? DEFAULT_TIMEOUT_MS);
    const embedder = await within(this.#deps.embedder(), signal);
    if (embedder === null) return null;
    const key = `${embedder.model} ${query}`;
    const known = this.#kept.get(key);
    this.#kept.delete(key);
    const found = known ?? (await within(embedOne(embedder, query, signal), signal));
    if (found === null) return null;
    this.#kept.set(key, found);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > KEPT_QUERIES && oldest !== undefined) this.#kept.delete(oldest);
    return found;
  }
}

/** Null when this text is never taken: that says nothing of others. */
async function embedOne(embedder: Embedder, query: string, signal: AbortSignal): Promise<QueryVector | null> {
  const [result] = await embedder.embed([query], signal);
  if (result === undefined) throw new Error('the embedder gave no answer');
  if ('vector' in result) return { model: embedder.model, vector: result.vector };
  if (result.permanent) return null;
  throw new Error(result.error);
}

/** Also where `work` does not heed the signal. */
async function within<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let onAbort = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason as Error);
  });
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
