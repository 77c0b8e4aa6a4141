import OpenAI from 'openai';
import { withLimit } from '../../../core/abort-signals.ts';
import { jitteredBackoffMs } from '../../../core/backoff.ts';
import { EmbedderUnavailableError } from '../../../core/errors.ts';
import type { EmbedderDeps } from '../embedder-deps.ts';
import { Semaphore } from '../semaphore.ts';
import { type Answer, NoAnswerError, readAnswer } from './answer.ts';
import { type Failure, failureOf } from './failure.ts';

export interface ClientOptions {
  /** absent: servers on one's own machine need none */
  readonly apiKey?: string;
  readonly baseUrl: string;
  readonly model: string;
  /** sent only where it was asked for: older models refuse it */
  readonly dimensions?: number;
  readonly concurrency: number;
  readonly timeoutMs: number;
}

/** The server will never take these texts together, and perhaps one of them not at all. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  readonly tooLong: boolean;
  /** false where it answered as if it had broken down over them */
  readonly said: boolean;
  constructor(message: string, tooLong: boolean, said: boolean) {
    super(message);
    this.tooLong = tooLong;
    this.said = said;
  }
}

export const RETRIES = 3;
const BACKOFF_BASE_MS = 500;
const BACKOFF_LIMIT_MS = 8_000;
/** A server that asks for longer is unavailable; who called knows better what to do until then. */
const LONGEST_WAIT_MS = 60_000;

/**
 * One request at a time to the embeddings endpoint, with retries.
 *
 * The SDK's own retries are off: they sleep through an abort, know no clock but the machine's, and leave out what fails while
 * the body is read.
 */
export class EmbeddingsClient {
  readonly #api: OpenAI;
  readonly #options: ClientOptions;
  readonly #deps: EmbedderDeps;
  readonly #places: Semaphore;
  #format: 'base64' | 'float' = 'base64';
  /** Until then the server asked for no request at all; on our clock. */
  #notBefore = 0;

  constructor(options: ClientOptions, deps: EmbedderDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#places = new Semaphore(options.concurrency);
    this.#api = new OpenAI({
      apiKey: options.apiKey ?? 'none',
      baseURL: options.baseUrl,
      maxRetries: 0,
      timeout: options.timeoutMs,
      // Else the SDK reads these from the environment, which only the configuration may.
      organization: null,
      project: null,
      logLevel: 'off',
    });
  }

  /**
   * @param retries how often a failure that may pass is tried again
   * @throws RefusedError where the server will not take these texts
   * @throws EmbedderUnavailableError where it takes nothing now
   * @throws the signal's reason
   */
  async request(texts: readonly string[], signal: AbortSignal | undefined, retries = RETRIES): Promise<Answer> {
    for (let attempt = 0; ; attempt += 1) {
      await this.#wait(this.#notBefore - this.#deps.clock.elapsed(), signal);
      const outcome = await this.#places.run(() => this.#attempt(texts, signal));
      if ('vectors' in outcome) return outcome;
      if (outcome.kind === 'refused') {
        if (this.#format === 'base64' && /encoding_format/.test(outcome.message)) {
          this.#format = 'float';
          continue;
        }
        throw new RefusedError(outcome.message, outcome.tooLong, true);
      }
      if (outcome.kind === 'down') throw new EmbedderUnavailableError(outcome.message, outcome.afterMs);
      if (attempt >= retries) {
        if (outcome.suspect) throw new RefusedError(outcome.message, false, false);
        throw new EmbedderUnavailableError(outcome.message, outcome.afterMs);
      }
      await this.#backOff(attempt, outcome.afterMs, outcome.message, signal);
    }
  }

  async #attempt(texts: readonly string[], signal: AbortSignal | undefined): Promise<Answer | Failure> {
    signal?.throwIfAborted();
    const { model, dimensions, timeoutMs } = this.#options;
    // The SDK's timeout ends with the headers; this one covers the body too.
    const timeout = AbortSignal.timeout(timeoutMs);
    this.#deps.telemetry.metrics.count('hoardarr_embedding_requests');
    try {
      const body: unknown = await this.#api.embeddings.create(
        {
          model,
          input: [...texts],
          encoding_format: this.#format,
          ...(dimensions === undefined ? {} : { dimensions }),
        },
        { signal: withLimit(signal, timeout) },
      );
      const answer = readAnswer(body, texts.length);
      this.#deps.telemetry.metrics.count('hoardarr_embedding_tokens', answer.tokens ?? 0);
      return answer;
    } catch (error) {
      signal?.throwIfAborted();
      return failureOf(timeout.aborted ? new NoAnswerError(`no answer within ${timeoutMs} ms`) : error);
    }
  }

  async #backOff(attempt: number, afterMs: number | undefined, reason: string, signal: AbortSignal | undefined) {
    const { clock, random, telemetry } = this.#deps;
    if (afterMs !== undefined && afterMs > LONGEST_WAIT_MS) throw new EmbedderUnavailableError(reason, afterMs);
    const waitMs = afterMs ?? jitteredBackoffMs(attempt, random(), BACKOFF_BASE_MS, BACKOFF_LIMIT_MS);
    telemetry.log.warn('a request for embeddings failed and is tried again', { reason, attempt: attempt + 1, waitMs });
    // What the server asks of one request, it asks of all.
    if (afterMs !== undefined) this.#notBefore = Math.max(this.#notBefore, clock.elapsed() + waitMs);
    else await this.#wait(waitMs, signal);
  }

  async #wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
    if (ms > 0) await this.#deps.clock.sleep(ms, signal);
  }
}
