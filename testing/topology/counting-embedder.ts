import { EmbedderUnavailableError } from '../../core/errors.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Embedder, EmbedResult } from '../../core/ports/embedder.ts';
import { hashText } from '../../processors/embed/hash/hash-embedder.ts';

const DIMENSIONS = 16;

/** An embedder on the test's clock that counts how often each text got a vector, and is down when the test says so. */
export class CountingEmbedder implements Embedder {
  readonly name = 'counting';
  readonly model: string;
  readonly dimensions = DIMENSIONS;
  readonly batchTexts: number = 64;
  readonly concurrency = 2;
  isDown = false;
  /** every so many texts, one gets no vector for now; 0: none */
  leavesOut = 0;
  /** texts that are refused for good */
  readonly poison = new Set<string>();
  /** how often each text got a vector */
  readonly made = new Map<string, number>();
  readonly #clock: Clock;
  readonly #latencyMs: () => number;
  #asked = 0;

  constructor(clock: Clock, latencyMs: () => number, model = 'counting-1') {
    this.#clock = clock;
    this.#latencyMs = latencyMs;
    this.model = model;
  }

  async embed(texts: readonly string[], signal?: AbortSignal): Promise<readonly EmbedResult[]> {
    await this.#clock.sleep(this.#latencyMs(), signal);
    if (this.isDown) throw new EmbedderUnavailableError('down for the test');
    return texts.map((text): EmbedResult => {
      if (this.poison.has(text)) return { error: 'refused by the test', permanent: true };
      if (this.leavesOut > 0 && ++this.#asked % this.leavesOut === 0)
        return { error: 'left out by the test', permanent: false };
      this.made.set(text, (this.made.get(text) ?? 0) + 1);
      return { vector: hashText(text, DIMENSIONS).vector, tokens: 1, truncated: false };
    });
  }

  async close(): Promise<void> {}
}
