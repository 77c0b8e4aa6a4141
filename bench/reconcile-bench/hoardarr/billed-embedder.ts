import { EmbedderUnavailableError, messageOf } from '../../../core/errors.ts';
import type { Clock } from '../../../core/ports/clock.ts';
import type { EmbedResult } from '../../../core/ports/embedder.ts';
import { LIMITS, pack, prepare } from '../../../processors/embed/openai/pack.ts';
import { CountingEmbedder } from '../../../testing/topology/counting-embedder.ts';
import type { EmbeddingApi } from '../embedding-api.ts';

/** The API that everybody pays, asked as the OpenAI embedder asks: its batches, packed by its own code. */
export class BilledEmbedder extends CountingEmbedder {
  override readonly batchTexts = LIMITS.textsPerRequest;
  readonly #api: EmbeddingApi;
  readonly #clock: Clock;
  readonly #takesMs: () => number;

  constructor(api: EmbeddingApi, clock: Clock, latencyMs: () => number) {
    super(clock, latencyMs, 'text-embedding-3-small');
    this.#api = api;
    this.#clock = clock;
    this.#takesMs = latencyMs;
  }

  override async embed(texts: readonly string[], signal?: AbortSignal): Promise<readonly EmbedResult[]> {
    await this.#clock.sleep(this.#takesMs(), signal);
    const prepared = await Promise.all(texts.map((text, index) => prepare(text, index)));
    const results: EmbedResult[] = [];
    for (const request of await pack(prepared, this.batchTexts)) {
      const vectors = await this.#ask(request.map(({ text }) => text));
      for (const [place, { index, tokens, truncated }] of request.entries())
        results[index] = { vector: Float32Array.from(vectors[place] ?? []), tokens, truncated };
    }
    return results;
  }

  async #ask(texts: readonly string[]): Promise<number[][]> {
    try {
      return await this.#api.embed(texts);
    } catch (error) {
      throw new EmbedderUnavailableError(messageOf(error));
    }
  }
}
