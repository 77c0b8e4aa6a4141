import type { Clock } from '../../../core/ports/clock.ts';
import {
  type ProviderHttp,
  type ProviderReply,
  type ProviderRequest,
  SourceUnavailableError,
} from '../../../producers/http/types.ts';
import { holds } from '../target.ts';

/** Between the replies of an input. Each is a status, lines of headers, a blank line, and the body. */
export const NEXT_REPLY = '\n%%\n';

export interface RawReply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** An input for `repliesIn`. */
export const replies = (...texts: readonly string[]): string => texts.join(NEXT_REPLY);

export const reply = (body: unknown, headers = '', status = 200): string =>
  `${status}\n${headers === '' ? '' : `${headers}\n`}\n${typeof body === 'string' ? body : JSON.stringify(body)}`;

/** The replies of a server, as fetch would hand them on: what no header can be is none. */
export function repliesIn(input: Uint8Array): readonly RawReply[] {
  return new TextDecoder().decode(input).split(NEXT_REPLY).map(replyIn);
}

function replyIn(text: string): RawReply {
  const blank = text.indexOf('\n\n');
  const [status = '', ...lines] = (blank < 0 ? text : text.slice(0, blank)).split('\n');
  const headers = new Headers();
  for (const line of lines) {
    const colon = line.indexOf(':');
    try {
      headers.append(line.slice(0, colon), line.slice(colon + 1));
    } catch {
      // The platform refuses it before we see it.
    }
  }
  const code = Number(status);
  return {
    status: Number.isInteger(code) && code >= 200 && code <= 599 ? code : 200,
    headers,
    body: blank < 0 ? '' : text.slice(blank + 2),
  };
}

/** Gives the replies of an input in order; when they are used up, the source is away. */
export class ScriptedHttp implements ProviderHttp {
  readonly asked: ProviderRequest[] = [];
  readonly #replies: readonly RawReply[];

  constructor(input: Uint8Array) {
    this.#replies = repliesIn(input);
  }

  /** Replies that were given. */
  get given(): readonly RawReply[] {
    return this.#replies.slice(0, this.asked.length);
  }

  async send(request: ProviderRequest): Promise<ProviderReply> {
    holds(URL.canParse(request.url), `asks for what is no address: ${request.url}`);
    const next = this.#replies[this.asked.length];
    if (next === undefined) throw new SourceUnavailableError('the replies are used up');
    this.asked.push(request);
    return next;
  }

  usage(): { readonly requests: number; readonly rateLimitWaitMs: number } {
    return { requests: this.asked.length, rateLimitWaitMs: 0 };
  }
}

/** As fetch, with the replies of an input in order, and a failed connection when they are used up. */
export function scriptedFetch(input: Uint8Array): {
  readonly fetch: typeof globalThis.fetch;
  readonly asked: () => number;
} {
  const given = repliesIn(input);
  let asked = 0;
  const fetch = async (): Promise<Response> => {
    const next = given[asked++];
    if (next === undefined) throw new TypeError('fetch failed', { cause: new Error('other side closed') });
    const hasNoBody = [204, 205, 304].includes(next.status);
    return new Response(hasNoBody ? null : next.body, { status: next.status, headers: next.headers });
  };
  return { fetch, asked: () => asked };
}

const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Time that passes only where somebody waits; what no timer can wait for is a finding. */
export class InstantClock implements Clock {
  waitedMs = 0;
  readonly #since = Date.UTC(2026, 0, 1);

  now(): number {
    return this.#since + this.waitedMs;
  }

  elapsed(): number {
    return this.waitedMs;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    // Node.js takes these for 1 ms, and so whoever waits would spin.
    holds(Number.isFinite(ms) && ms <= LONGEST_TIMER_MS, `waits for ${ms} ms`);
    this.waitedMs += Math.max(0, ms);
  }
}
