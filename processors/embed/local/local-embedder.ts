import { EmbedderUnavailableError } from '../../../core/errors.ts';
import type { Embedder, EmbedResult } from '../../../core/ports/embedder.ts';
import type { EmbedderDeps } from '../embedder-deps.ts';
import { ModelThread } from './model-thread.ts';

const MODEL = 'universal-sentence-encoder-lite';
const DIMENSIONS = 512;
/** Some seconds of work for the model, so that progress shows and little is lost when the process is killed. */
const BATCH_TEXTS = 64;
/** The work on a text grows with its length, and what makes it similar to a query stands mostly at its beginning. */
const MAX_TEXT_CHARS = 4_000;
const CHARS_PER_TOKEN = 4;

/**
 * Embeddings from a model that comes with the program and needs no network: the Universal Sentence Encoder, lite, for
 * English, on a thread of its own. The thread starts with the first text, and again with the next one after it died.
 */
export class LocalEmbedder implements Embedder {
  readonly name = 'local';
  readonly model = MODEL;
  readonly dimensions = DIMENSIONS;
  readonly batchTexts = BATCH_TEXTS;
  readonly concurrency = 1;
  readonly #deps: EmbedderDeps;
  readonly #file: URL;
  #thread: ModelThread | undefined;
  #closed = false;

  /** @param file the thread's program; tests give one that fails */
  constructor(deps: EmbedderDeps, file: URL = new URL('./worker.mjs', import.meta.url)) {
    this.#deps = deps;
    this.#file = file;
  }

  async embed(texts: readonly string[], signal?: AbortSignal): Promise<readonly EmbedResult[]> {
    signal?.throwIfAborted();
    const cut = texts.map(cutText);
    const wanted = cut.flatMap(({ text }, index) => (text.trim() === '' ? [] : [index]));
    const results: EmbedResult[] = texts.map(() => ({ error: 'the text is empty', permanent: true }));
    if (wanted.length === 0) return results;
    const inputs = wanted.map((index) => cut[index]?.text ?? '');
    const found = await this.#run(inputs, signal);
    let tokens = 0;
    for (const [place, index] of wanted.entries()) {
      const result = found[place];
      if (result === undefined) throw new EmbedderUnavailableError('the embedding thread left a text out');
      const share = Math.ceil((inputs[place] ?? '').length / CHARS_PER_TOKEN);
      tokens += share;
      results[index] =
        'error' in result
          ? { error: result.error, permanent: true }
          : { vector: result.vector, tokens: share, truncated: cut[index]?.truncated ?? false };
    }
    this.#deps.telemetry.metrics.count('hoardarr_embedding_requests');
    this.#deps.telemetry.metrics.count('hoardarr_embedding_tokens', tokens);
    return results;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#thread?.terminate();
  }

  async #run(texts: readonly string[], signal: AbortSignal | undefined) {
    const report = this.#deps.onProgress;
    const thread = this.#start();
    let done = 0;
    const onResult = (): void => {
      done += 1;
      report?.({ phase: 'embedding', done, total: texts.length });
    };
    return thread.embed(texts, onResult, signal);
  }

  #start(): ModelThread {
    if (this.#closed) throw new EmbedderUnavailableError('the embedder is closed');
    if (this.#thread === undefined) {
      this.#deps.onProgress?.({ phase: 'loading', done: 0, total: 0 });
      const thread = new ModelThread(this.#file, () => {
        this.#thread = undefined;
        if (!this.#closed) this.#deps.telemetry.log.error('the embedding thread died; the next text starts another');
      });
      this.#thread = thread;
    }
    return this.#thread;
  }
}

function cutText(text: string): { readonly text: string; readonly truncated: boolean } {
  if (text.length <= MAX_TEXT_CHARS) return { text, truncated: false };
  const space = text.lastIndexOf(' ', MAX_TEXT_CHARS);
  // A text without spaces is cut anywhere; half a surrogate pair does no harm to this model.
  return { text: text.slice(0, space > MAX_TEXT_CHARS / 2 ? space : MAX_TEXT_CHARS), truncated: true };
}
