import { setMaxListeners } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { hashText } from '../../processors/embed/hash/hash-embedder.ts';
import { type Refusal, readQuestion, refusalOf, type ServerLimits, tokensOf } from './rules.ts';

export interface FakeOpenAiOptions {
  /** requests with another key are refused; null: none is needed */
  readonly apiKey?: string | null;
  readonly dimensions?: number;
  /** before each answer, default 0 */
  readonly latencyMs?: number;
  /** OpenAI's own, unless a smaller server is wanted */
  readonly limits?: Partial<ServerLimits>;
  /** answers with arrays of numbers whatever was asked for, as older servers do */
  readonly floatsOnly?: boolean;
  /** texts that contain one of these are refused with status 400 */
  readonly poison?: readonly string[];
  /** texts that contain one of these make the server break down with status 500 */
  readonly crashing?: readonly string[];
  /** told of the texts and the model of each request that is answered with vectors, just before the answer goes out to a client that still waits */
  readonly onAnswer?: (texts: readonly string[], model: string) => void;
}

/** What one request meets instead of an answer. */
export type Fault =
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly message?: string;
      readonly code?: string;
    }
  /** closes the connection: before the answer, or in the middle of it */
  | 'refuse'
  | 'cut'
  /** status 200 with a page for people */
  | 'html'
  /** never answers */
  | 'hang'
  | 'one-too-few'
  | 'not-finite'
  | 'other-dimensions';

export interface FakeOpenAiStats {
  /** requests to the embeddings endpoint, also those that failed */
  readonly requests: number;
  /** texts of each request, in order of arrival */
  readonly batches: readonly number[];
  /** tokens of all requests, also of those that failed or that the client abandoned */
  readonly tokens: number;
  /** texts and tokens that were answered with vectors */
  readonly embedded: number;
  readonly embeddedTokens: number;
  /** requests that the client gave up before it had the answer, and their tokens */
  readonly abandoned: number;
  readonly abandonedTokens: number;
  readonly mostInFlight: number;
}

const DEFAULT_DIMENSIONS = 1_536;

/** OpenAI's embeddings endpoint on the loopback interface, with its limits, its errors, and faults on demand. */
export class FakeOpenAi {
  readonly #options: FakeOpenAiOptions;
  readonly #server: Server;
  readonly #faults: (Fault | null)[] = [];
  readonly #end = new AbortController();
  #lasting: Fault | null = null;
  #stats = emptyStats();
  #inFlight = 0;
  #held: Promise<void> = Promise.resolve();

  private constructor(options: FakeOpenAiOptions) {
    this.#options = options;
    // Each request that waits for its answer listens.
    setMaxListeners(0, this.#end.signal);
    this.#server = createServer((request, response) => {
      this.#handle(request, response).catch(() => response.destroy());
    });
  }

  static async start(options: FakeOpenAiOptions = {}): Promise<FakeOpenAi> {
    const fake = new FakeOpenAi(options);
    await new Promise<void>((resolve) => fake.#server.listen(0, '127.0.0.1', resolve));
    return fake;
  }

  /** What goes into OPENAI_BASE_URL. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`;
  }

  get stats(): FakeOpenAiStats {
    return { ...this.#stats, batches: [...this.#stats.batches] };
  }

  /** requests whose clients wait now */
  get inFlight(): number {
    return this.#inFlight;
  }

  resetStats(): void {
    this.#stats = emptyStats();
  }

  /** The next requests meet these, one each; null: it is answered. */
  failNext(...faults: readonly (Fault | null)[]): void {
    this.#faults.push(...faults);
  }

  /** Every request meets this until `null` is given; `failNext` comes first. */
  failAll(fault: Fault | null): void {
    this.#lasting = fault;
  }

  /** Lets every request wait until the function that it returns is called. */
  hold(): () => void {
    let release = (): void => undefined;
    this.#held = new Promise((resolve) => {
      release = resolve;
    });
    return release;
  }

  async stop(): Promise<void> {
    this.#end.abort();
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (request.method !== 'POST' || request.url !== '/v1/embeddings') {
      return refuse(response, { status: 404, message: `Invalid URL (${request.method} ${request.url})`, code: null });
    }
    const question = readQuestion(Buffer.concat(chunks).toString('utf8'));
    const texts = 'status' in question ? [] : question.texts;
    const tokens = texts.map(tokensOf);
    const total = tokens.reduce((sum, count) => sum + count, 0);
    this.#arrive(texts.length, total, response);
    const next = this.#faults.shift();
    const fault = next === undefined ? this.#lasting : next;
    if (fault === 'refuse') return void request.socket.destroy();
    if (fault === 'hang') return;
    await this.#held;
    await sleep(this.#options.latencyMs ?? 0, undefined, { signal: this.#end.signal });
    const { apiKey = null } = this.#options;
    if (apiKey !== null && request.headers.authorization !== `Bearer ${apiKey}`) return refuse(response, WRONG_KEY);
    if (fault !== null && typeof fault === 'object') {
      return refuse(response, { message: 'injected', code: null, ...fault });
    }
    if (fault === 'html') return void response.setHeader('content-type', 'text/html').end('<html>Sign in</html>');
    if ('status' in question) return refuse(response, question);
    const refusal = refusalOf(texts, tokens, this.#options) ?? this.#crashOf(texts);
    if (refusal !== null) return refuse(response, refusal);
    const base64 = question.format === 'base64' && this.#options.floatsOnly !== true;
    const dimensions = question.dimensions ?? this.#options.dimensions ?? DEFAULT_DIMENSIONS;
    const body = answerOf({ model: question.model, texts, tokens: total, dimensions, base64 }, fault);
    if (!response.destroyed) this.#options.onAnswer?.(texts, question.model);
    this.#stats.embedded += texts.length;
    this.#stats.embeddedTokens += total;
    response.setHeader('content-type', 'application/json');
    if (fault !== 'cut') return void response.end(body);
    response.setHeader('content-length', Buffer.byteLength(body));
    response.write(body.slice(0, body.length / 2), () => request.socket.destroy());
  }

  #arrive(texts: number, tokens: number, response: ServerResponse): void {
    const stats = this.#stats;
    stats.requests += 1;
    stats.batches.push(texts);
    stats.tokens += tokens;
    this.#inFlight += 1;
    stats.mostInFlight = Math.max(stats.mostInFlight, this.#inFlight);
    response.once('close', () => {
      this.#inFlight -= 1;
      if (response.writableFinished) return;
      stats.abandoned += 1;
      stats.abandonedTokens += tokens;
    });
  }

  #crashOf(texts: readonly string[]): Refusal | null {
    const crashes = texts.some((text) => (this.#options.crashing ?? []).some((part) => text.includes(part)));
    return crashes ? { status: 500, message: 'The server had an error', code: null } : null;
  }
}

const WRONG_KEY: Refusal = {
  status: 401,
  message: 'Incorrect API key provided: sk-inven****ted.',
  code: 'invalid_api_key',
};

interface Answer {
  readonly model: string;
  readonly texts: readonly string[];
  readonly tokens: number;
  readonly dimensions: number;
  readonly base64: boolean;
}

/** Texts that share words are near each other, as with real embeddings. */
function answerOf({ model, texts, tokens, dimensions, base64 }: Answer, fault: Fault | null): string {
  const length = fault === 'other-dimensions' ? dimensions + 1 : dimensions;
  const data = texts.map((text, index) => {
    const { vector } = hashText(text, length);
    if (fault === 'not-finite') vector[0] = Number.NaN;
    const embedding = base64 ? Buffer.from(vector.buffer).toString('base64') : [...vector];
    return { object: 'embedding', index, embedding };
  });
  if (fault === 'one-too-few') data.pop();
  return JSON.stringify({ object: 'list', data, model, usage: { prompt_tokens: tokens, total_tokens: tokens } });
}

function refuse(
  response: ServerResponse,
  { status, message, code, headers = {} }: Refusal & { headers?: Readonly<Record<string, string>> },
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify({ error: { message, type: 'invalid_request_error', param: null, code } }));
}

function emptyStats(): { -readonly [K in keyof FakeOpenAiStats]: FakeOpenAiStats[K] } & { batches: number[] } {
  return {
    requests: 0,
    batches: [],
    tokens: 0,
    embedded: 0,
    embeddedTokens: 0,
    abandoned: 0,
    abandonedTokens: 0,
    mostInFlight: 0,
  };
}
