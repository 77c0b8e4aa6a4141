import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inventVideo } from './captions.ts';

/** What the next requests get instead of an answer, in this order. */
export type OEmbedFault =
  | 'too-many'
  | 'server-error'
  | 'hang'
  | 'cut'
  | 'html'
  | 'not-json'
  | 'wrong-shape'
  | 'huge'
  | 'other-video'
  | 'redirect-elsewhere'
  | 'redirect-here';

const OPAQUE = JSON.stringify({ message: 'Something went wrong', code: 400 });
/** Forms that oEmbed takes: www. is needed, the handle is ignored; tiktokv.com, /photo/ and short links are refused. */
const TAKEN = /^https:\/\/www\.tiktok\.com\/(?:@[^/]*\/|share\/)?video\/(\d{15,20})\/?$/;

/**
 * TikTok as far as Hoardarr asks it, on a loopback port: oEmbed as measured (providers.md, section 3), and short links. All
 * that it says of videos is invented.
 */
export class FakeOEmbed {
  /** ids asked for, in order of arrival, faults included */
  readonly asked: string[] = [];
  /** most requests that were open at the same time */
  mostAtOnce = 0;
  /** ids that are answered 400, as deleted, private and unknown ones are */
  readonly unavailable = new Set<string>();
  /** where short links lead, by `host/path`; others lead home */
  readonly shortLinks = new Map<string, string>();
  readonly #server: Server;
  #faults: OEmbedFault[] = [];
  #open = 0;

  private constructor() {
    this.#server = createServer((request, response) => this.#answer(request, response));
  }

  static async start(port = 0): Promise<FakeOEmbed> {
    const fake = new FakeOEmbed();
    await new Promise<void>((resolve) => fake.#server.listen(port, '127.0.0.1', resolve));
    return fake;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** for TIKTOK_OEMBED_URL */
  get url(): string {
    return `${this.origin}/oembed`;
  }

  fail(fault: OEmbedFault, times = 1): void {
    this.#faults.push(...Array.from({ length: times }, () => fault));
  }

  /** fetch with TikTok's hosts leading here, and no other host at all. */
  readonly fetch: typeof fetch = async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (url.origin === this.origin) return fetch(url, init);
    if (!/(?:^|\.)tiktok\.com$/.test(url.hostname)) throw new TypeError(`fetch failed: ${url.hostname} is not there`);
    const headers = new Headers(init?.headers);
    headers.set('x-host', url.hostname);
    return fetch(`${this.origin}${url.pathname}${url.search}`, { ...init, headers });
  };

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    this.#open++;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#open);
    response.once('close', () => this.#open--);
    const url = new URL(request.url ?? '/', this.origin);
    if (url.pathname === '/oembed') this.#oembed(request, response, url);
    else this.#page(request, response, url.pathname);
  }

  #oembed(request: IncomingMessage, response: ServerResponse, url: URL): void {
    const target = url.searchParams.get('url') ?? '';
    const itemId = /(\d+)\/?$/.exec(target)?.[1] ?? target;
    this.asked.push(itemId);
    if (request.method !== 'GET') return send(response, 404, '');
    const fault = this.#faults.shift();
    if (fault !== undefined) return this.#misbehave(response, fault, url);
    if (!TAKEN.test(target) || this.unavailable.has(itemId)) return send(response, 400, OPAQUE);
    send(response, 200, JSON.stringify(oembedOf(itemId, this.asked.length)));
  }

  #misbehave(response: ServerResponse, fault: OEmbedFault, url: URL): void {
    switch (fault) {
      case 'too-many':
        return send(response, 429, '{}', { 'retry-after': '0.02' });
      case 'server-error':
        return send(response, 503, '<html>Service Unavailable</html>');
      case 'hang':
        return;
      case 'cut':
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
        response.write('{"title":"half of');
        setImmediate(() => response.destroy());
        return;
      case 'html':
        return send(response, 200, '<html>Please wait...</html>');
      case 'not-json':
        return send(response, 200, '{"title": ');
      case 'wrong-shape':
        return send(response, 200, '{"title": 7}');
      case 'huge':
        return send(response, 200, JSON.stringify({ title: 'x'.repeat(1_000_000) }));
      case 'other-video':
        return send(response, 200, JSON.stringify(oembedOf('7999999999999999999', 0)));
      case 'redirect-elsewhere':
        return send(response, 302, '', { location: 'https://example.com/oembed' });
      case 'redirect-here':
        return send(response, 302, '', { location: `/oembed${url.search}` });
    }
  }

  #page(request: IncomingMessage, response: ServerResponse, path: string): void {
    const target = this.shortLinks.get(`${String(request.headers['x-host'])}${path}`);
    if (target !== undefined) return send(response, 301, '', { location: target });
    // A dead code leads to the home page, which answers 200.
    if (path === '/') return send(response, 200, '<html>Make your day</html>');
    send(response, 302, '', { location: 'https://www.tiktok.com/' });
  }
}

/** `signature` stands for the one that expires: it differs with every answer. */
function oembedOf(itemId: string, signature: number): Record<string, string | number> {
  const { title, author, handle } = inventVideo(itemId);
  const authorUrl = `https://www.tiktok.com/@${handle}`;
  const texts = {
    version: '1.0',
    type: 'video',
    title,
    author_url: authorUrl,
    author_name: author,
    author_unique_id: handle,
  };
  const sizes = { width: '100%', height: '100%', thumbnail_width: 576, thumbnail_height: 1024 };
  const embed = {
    html: `<blockquote class="tiktok-embed" cite="${authorUrl}/video/${itemId}"></blockquote>`,
    embed_product_id: itemId,
    embed_type: 'video',
  };
  const expires = `https://p16-sign.tiktokcdn.com/invented/${itemId}.image?x-signature=${signature}`;
  return {
    ...texts,
    ...sizes,
    ...embed,
    thumbnail_url: expires,
    provider_url: 'https://www.tiktok.com',
    provider_name: 'TikTok',
  };
}

function send(response: ServerResponse, status: number, body: string, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(body);
}
