import { InputError, ReauthorizationError } from '../../core/errors.ts';
import type { ProviderHttp, ProviderReply } from '../http/types.ts';
import type { AccessTokens } from './access-tokens.ts';
import { RedditError } from './reddit-error.ts';

const RENEWALS = 2;

/** Requests with the tokens of one account. */
export class RedditApi {
  readonly #apiUrl: string;
  readonly #http: ProviderHttp;
  readonly #tokens: AccessTokens;

  constructor(apiUrl: string, http: ProviderHttp, tokens: AccessTokens) {
    this.#apiUrl = apiUrl;
    this.#http = http;
    this.#tokens = tokens;
  }

  /**
   * The JSON of a 200. Rejects with ReauthorizationError when Reddit takes the token no more, also after it was refreshed, and
   * with RedditError for everything else.
   */
  async get(path: string, parameters: Readonly<Record<string, string>>, signal: AbortSignal): Promise<unknown> {
    const query = new URLSearchParams({ ...parameters, raw_json: '1' });
    const url = `${this.#apiUrl}${path}?${query.toString()}`;
    let reply = await this.#send(url, await this.#tokens.current(signal), signal);
    // A token may end before its time: the next one decides whether it was that. One that another process had renewed may
    // have ended as well.
    for (let renewals = 0; reply.status === 401 && renewals < RENEWALS; renewals++)
      reply = await this.#send(url, await this.#tokens.renewed(signal), signal);
    if (reply.status === 401) throw new ReauthorizationError('Reddit does not take the token any more');
    if (reply.status === 403) throw refusedOf(reply);
    return jsonOf(reply);
  }

  #send(url: string, token: string, signal: AbortSignal): Promise<ProviderReply> {
    return this.#http.send({ method: 'GET', url, headers: { authorization: `bearer ${token}` } }, signal);
  }
}

function refusedOf({ headers }: ProviderReply): Error {
  if (/insufficient_scope/.test(headers.get('www-authenticate') ?? ''))
    return new InputError('the token lacks a scope: connect again, with identity, history and read');
  return new RedditError('Reddit answered 403: this list is not open to the connected account');
}

/** RedditError where it is none. */
export function jsonOf(reply: ProviderReply): unknown {
  if (reply.status !== 200) throw new RedditError(`Reddit answered ${reply.status}`);
  try {
    return JSON.parse(reply.body);
  } catch {
    throw new RedditError(`Reddit answered 200 with ${reply.body === '' ? 'nothing' : 'a body that is no JSON'}`);
  }
}
