import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FakeRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  readonly body: string;
}

export interface FakeReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Ways in which no answer comes. On loopback, where they cannot be had for a single request, they are cut connections. */
const NO_ANSWER = {
  cut: () => new TypeError('fetch failed', { cause: new Error('other side closed') }),
  refused: () => new TypeError('fetch failed', { cause: withCode('ECONNREFUSED') }),
  'bad certificate': () => new TypeError('fetch failed', { cause: withCode('DEPTH_ZERO_SELF_SIGNED_CERT') }),
  'too slow': () => new DOMException('The operation was aborted due to timeout', 'TimeoutError'),
} as const;

/** What a request gets instead of its answer: another one, or none, or the beginning of its body. */
export type Fault = keyof typeof NO_ANSWER | 'cut in the body' | ((reply: FakeReply) => FakeReply);

/** What reached the service; never its tokens. */
export interface Recorded {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly status: number;
}

/** Faults by name, as providers have shown them (providers.md). */
export const FAULTS = {
  unauthorized: (reply) => ({ ...reply, status: 401, body: '{"message":"Bad credentials","error":401}' }),
  forbidden: (reply) => ({ ...reply, status: 403, body: '{"message":"Forbidden","error":403}' }),
  'not found': (reply) => ({ ...reply, status: 404, body: '{"message":"Not Found","error":404}' }),
  'server error': (reply) => ({
    ...reply,
    status: 502,
    headers: { 'content-type': 'text/html' },
    body: '<html>Bad gateway</html>',
  }),
  'empty server error': (reply) => ({ ...reply, status: 503, body: '' }),
  'empty answer': (reply) => ({ ...reply, body: '' }),
  'broken JSON': (reply) => ({ ...reply, body: reply.body.slice(0, reply.body.length / 2) }),
  'page of HTML': (reply) => ({ ...reply, headers: { 'content-type': 'text/html' }, body: '<html>Please wait</html>' }),
  'another shape': (reply) => ({ ...reply, body: '{"surprise":true}' }),
  'an empty list of another kind': (reply) => ({ ...reply, body: '{}' }),
  'a message instead': (reply) => ({ ...reply, body: '{"message":"Something went wrong","error":500}' }),
  null: (reply) => ({ ...reply, body: 'null' }),
  moved: (reply) => ({ ...reply, status: 302, headers: { location: 'https://example.org/login' }, body: '' }),
  'too many requests': (reply) => ({ ...reply, status: 429, headers: { 'retry-after': '5' }, body: '<html></html>' }),
  'too many requests, for how long nobody says': (reply) => ({ ...reply, status: 429, headers: {}, body: '' }),
  'no rate headers': (reply) => ({ ...reply, headers: withoutRate(reply.headers) }),
  cut: 'cut',
  refused: 'refused',
  'bad certificate': 'bad certificate',
  'too slow': 'too slow',
  'cut in the body': 'cut in the body',
} as const satisfies Readonly<Record<string, Fault>>;

/**
 * A service of somebody else's, on loopback or in memory: subclasses answer as the real one does, tests put faults and changes
 * of the world in between. Everything that reaches it is recorded.
 */
export abstract class FakeService {
  readonly requests: Recorded[] = [];
  /** most requests that were open at the same time */
  mostAtOnce = 0;
  /** called before each request is answered, with how many came before; may change the world, or give a fault */
  before: (request: FakeRequest, index: number) => Fault | undefined | void = () => undefined;
  #server: Server | null = null;
  #open = 0;

  protected abstract answer(request: FakeRequest): FakeReply;

  /** Listens on a loopback port. */
  async listen(port = 0): Promise<this> {
    const server = createServer((incoming, outgoing) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => {
        const headers = new Headers();
        for (const [name, value] of Object.entries(incoming.headers)) headers.set(name, String(value));
        const url = new URL(incoming.url ?? '/', this.origin);
        const request = { method: incoming.method ?? 'GET', url, headers, body: Buffer.concat(chunks).toString() };
        const { reply, fault } = this.#take(request);
        outgoing.once('close', () => this.#open--);
        if (isNoAnswer(fault)) {
          outgoing.destroy();
          return;
        }
        const body = fault === 'cut in the body' ? reply.body.slice(0, reply.body.length / 2) : reply.body;
        const length =
          reply.status === 304 || reply.status === 204
            ? {}
            : { 'content-length': String(Buffer.byteLength(reply.body)) };
        outgoing.writeHead(reply.status, { ...reply.headers, ...length });
        if (fault === 'cut in the body') outgoing.write(body, () => outgoing.destroy());
        else outgoing.end(body);
      });
    });
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    this.#server = server;
    return this;
  }

  /** `http://127.0.0.1:PORT`, or a name that only `fetch` of this object knows. */
  get origin(): string {
    const address = this.#server?.address() as AddressInfo | null | undefined;
    return address === null || address === undefined ? 'http://fake.invalid' : `http://127.0.0.1:${address.port}`;
  }

  /** The platform's fetch, without a network: for tests on a clock of their own. */
  readonly fetch: typeof fetch = async (input, init) => {
    init?.signal?.throwIfAborted();
    const url = new URL(input instanceof Request ? input.url : input);
    if (url.origin !== this.origin) throw new TypeError(`fetch failed: ${url.host} is not there`);
    const request = {
      method: init?.method ?? 'GET',
      url,
      headers: new Headers(init?.headers),
      body: typeof init?.body === 'string' ? init.body : '',
    };
    const { reply, fault } = this.#take(request);
    this.#open--;
    if (isNoAnswer(fault)) throw NO_ANSWER[fault]();
    const { status, headers, body } = reply;
    const bare = status === 304 || status === 204;
    const stream = fault === 'cut in the body' ? halfOf(body) : body;
    return new Response(bare ? null : stream, { status, headers });
  };

  async close(): Promise<void> {
    const server = this.#server;
    if (server === null) return;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }

  #take(request: FakeRequest): { readonly reply: FakeReply; readonly fault: Fault | undefined } {
    this.#open++;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#open);
    const fault = this.before(request, this.requests.length) ?? undefined;
    const honest = this.answer(request);
    const reply = typeof fault === 'function' ? fault(honest) : honest;
    const { method, url } = request;
    this.requests.push({ method, path: url.pathname, query: url.search, status: reply.status });
    return { reply, fault };
  }
}

function isNoAnswer(fault: Fault | undefined): fault is keyof typeof NO_ANSWER {
  return typeof fault === 'string' && Object.hasOwn(NO_ANSWER, fault);
}

function withCode(code: string): Error {
  return Object.assign(new Error(code), { code });
}

function withoutRate(headers: FakeReply['headers']): FakeReply['headers'] {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith('x-ratelimit')));
}

function halfOf(body: string): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(Buffer.from(body.slice(0, body.length / 2)));
      controller.error(new TypeError('terminated'));
    },
  });
}
