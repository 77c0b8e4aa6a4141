import { EmbedderUnavailableError } from '../../../core/errors.ts';
import type { Embedder, EmbedResult } from '../../../core/ports/embedder.ts';
import type { EmbedderDeps } from '../embedder-deps.ts';
import type { Answer } from './answer.ts';
import { EmbeddingsClient, RefusedError } from './client.ts';
import { OPENAI_URL } from './openai-url.ts';
import { LIMITS, type Prepared, pack, prepare, shorten } from './pack.ts';
import { DEFAULT_MODEL } from './prices.ts';

export interface OpenAiOptions {
  /** absent: servers on one's own machine need none */
  readonly apiKey?: string;
  /** of any OpenAI-compatible API; default OpenAI's own */
  readonly baseUrl?: string;
  readonly model?: string;
  /** asked of the server where it is given; else those of the model */
  readonly dimensions?: number;
  /** requests in flight, default 4 */
  readonly concurrency?: number;
  /** for one attempt of one request, default 60,000 */
  readonly timeoutMs?: number;
}

const DEFAULT_CONCURRENCY = 4;
const DEFAULT_TIMEOUT_MS = 60_000;

/** https://platform.openai.com/docs/guides/embeddings; other models show theirs with the first answer. */
const DIMENSIONS: Readonly<Record<string, number>> = {
  'text-embedding-3-small': 1_536,
  'text-embedding-3-large': 3_072,
  'text-embedding-ada-002': 1_536,
};

/** Any healthy server embeds this: it tells a server that refuses a text from one that refuses everything. */
const CANARY = 'hello';
/** In a split, what was tried already has had its retries. */
const SPLIT_RETRIES = 1;
const BYTES_PER_TOKEN = 4;

/** Embeddings from OpenAI, or any server that speaks its API (Ollama, LM Studio, vLLM and others). */
export class OpenAiEmbedder implements Embedder {
  readonly name = 'openai';
  readonly model: string;
  readonly batchTexts = LIMITS.textsPerRequest;
  readonly concurrency: number;
  readonly #client: EmbeddingsClient;
  readonly #deps: EmbedderDeps;
  #dimensions: number;
  /** Lowered when a server turns out to take fewer. */
  #maxTexts: number = LIMITS.textsPerRequest;

  constructor(options: OpenAiOptions, deps: EmbedderDeps) {
    this.model = options.model ?? DEFAULT_MODEL;
    this.concurrency = options.concurrency ?? DEFAULT_CONCURRENCY;
    this.#dimensions = options.dimensions ?? DIMENSIONS[this.model] ?? 0;
    this.#deps = deps;
    this.#client = new EmbeddingsClient(
      {
        ...options,
        baseUrl: options.baseUrl ?? OPENAI_URL,
        model: this.model,
        concurrency: this.concurrency,
        timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
      },
      deps,
    );
  }

  /** 0 until the first answer, where neither the configuration nor the model's name tells. */
  get dimensions(): number {
    return this.#dimensions;
  }

  async embed(texts: readonly string[], signal?: AbortSignal): Promise<readonly EmbedResult[]> {
    signal?.throwIfAborted();
    const results: EmbedResult[] = texts.map(() => ({ error: 'the text is empty', permanent: true }));
    const prepared: Prepared[] = [];
    for (const [index, text] of texts.entries()) {
      if (text.trim() !== '') prepared.push(await prepare(text, index));
    }
    signal?.throwIfAborted();
    const requests = await pack(prepared, this.#maxTexts);
    let unavailable: EmbedderUnavailableError | undefined;
    let anySettled = requests.length === 0 || prepared.length < texts.length;
    const run = async (request: Prepared[]): Promise<void> => {
      try {
        await this.#embedRequest(request, results, signal);
        anySettled = true;
      } catch (error) {
        if (!(error instanceof EmbedderUnavailableError)) throw error;
        unavailable = error;
        for (const { index } of request) results[index] = { error: error.message, permanent: false };
      }
    };
    await inParallel(requests, this.concurrency, async (request) => {
      // Once the server is down, what follows would only wait for the same.
      if (unavailable === undefined) await run(request);
      else for (const { index } of request) results[index] = { error: unavailable.message, permanent: false };
    });
    if (unavailable !== undefined && !anySettled) throw unavailable;
    return results;
  }

  async close(): Promise<void> {}

  async #embedRequest(request: Prepared[], results: EmbedResult[], signal: AbortSignal | undefined): Promise<void> {
    try {
      this.#accept(request, await this.#client.request(texts(request), signal), results);
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      await this.#requireHealth(error, signal);
      await this.#split(request, error, results, signal);
    }
  }

  /** A wrong setting makes every text fail; that must not look like a request full of poison. */
  async #requireHealth(refusal: RefusedError, signal: AbortSignal | undefined): Promise<void> {
    try {
      await this.#client.request([CANARY], signal, SPLIT_RETRIES);
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      const advice = 'check OPENAI_BASE_URL, OPENAI_EMBEDDING_MODEL and OPENAI_EMBEDDING_DIMENSIONS';
      throw new EmbedderUnavailableError(`the server refuses every text (${refusal.message}): ${advice}`);
    }
  }

  /** Halves what was refused until the text alone is left that the server will not take. */
  async #split(
    request: readonly Prepared[],
    refusal: RefusedError,
    results: EmbedResult[],
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    const [only, ...others] = request;
    if (only === undefined) return true;
    if (others.length === 0) return this.#embedShorter(only, refusal, results, signal);
    const middle = Math.ceil(request.length / 2);
    const halves = [request.slice(0, middle), request.slice(middle)];
    const taken: boolean[] = [];
    for (const half of halves) taken.push(await this.#embedHalf(half, results, signal));
    const whole = taken.every(Boolean);
    if (whole && refusal.said && middle < this.#maxTexts) {
      // Each half was fine, so it was the number: servers that are not OpenAI take fewer.
      this.#maxTexts = middle;
      this.#deps.telemetry.log.info('the embedding server takes fewer texts at once', { maxTexts: middle });
    }
    return whole;
  }

  /** Whether the server took all of it. Where it went down meanwhile, its texts may be tried again later. */
  async #embedHalf(
    half: readonly Prepared[],
    results: EmbedResult[],
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    try {
      this.#accept(half, await this.#client.request(texts(half), signal, SPLIT_RETRIES), results);
      return true;
    } catch (error) {
      if (error instanceof RefusedError) return this.#split(half, error, results, signal);
      if (!(error instanceof EmbedderUnavailableError)) throw error;
      for (const { index } of half) results[index] = { error: error.message, permanent: false };
      return false;
    }
  }

  /** A model may take less than OpenAI's: then half of the text, and half of that, is better than none. */
  async #embedShorter(
    prepared: Prepared,
    refusal: RefusedError,
    results: EmbedResult[],
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    const limit = Math.floor((await shorten(prepared, LIMITS.tokensPerText)).tokens / 2);
    if (refusal.tooLong && limit > 0) {
      await this.#embedHalf([await shorten(prepared, limit)], results, signal);
    } else {
      results[prepared.index] = { error: refusal.message, permanent: true };
    }
    return false;
  }

  #accept(request: readonly Prepared[], answer: Answer, results: EmbedResult[]): void {
    const got = answer.vectors[0]?.length ?? 0;
    if (this.#dimensions === 0) this.#dimensions = got;
    if (got !== this.#dimensions) {
      throw new EmbedderUnavailableError(
        `${this.model} answers with ${got} dimensions instead of ${this.#dimensions}: set OPENAI_EMBEDDING_DIMENSIONS to ${got}, or leave it empty`,
      );
    }
    const bytes = request.map(({ text }) => Buffer.byteLength(text));
    const total = bytes.reduce((sum, length) => sum + length, 0);
    const tokens = answer.tokens ?? total / BYTES_PER_TOKEN;
    for (const [place, { index, truncated }] of request.entries()) {
      const vector = answer.vectors[place];
      // The server counts for the whole request; a text's share is that of its bytes.
      const share = (bytes[place] ?? 0) / total;
      if (vector !== undefined) results[index] = { vector, tokens: Math.round(tokens * share), truncated };
    }
  }
}

function texts(request: readonly Prepared[]): string[] {
  return request.map(({ text }) => text);
}

/** Waits for all of them even where one fails, so that no work goes on behind the caller's back. */
async function inParallel<T>(items: readonly T[], limit: number, work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  const worker = async (): Promise<void> => {
    for (const item of queue) await work(item);
  };
  const settled = await Promise.allSettled(Array.from({ length: Math.min(limit, items.length) }, worker));
  for (const result of settled) {
    if (result.status === 'rejected') throw result.reason;
  }
}
