import { ReauthorizationError } from '../../core/errors.ts';
import type { ProviderHttp, ProviderReply, ProviderRequest } from '../http/types.ts';

/** GitHub answered, but not with what was asked for: the run ends as aborted (law 5). */
export class GitHubError extends Error {
  override readonly name = 'GitHubError';
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export const STAR_JSON = 'application/vnd.github.star+json';
const JSON_TYPE = 'application/vnd.github+json';
const API_VERSION = '2022-11-28';
const MESSAGE_LENGTH = 200;

/** Requests of one credential to one GitHub. The token goes to that origin alone. */
export class GitHubApi {
  readonly #apiUrl: string;
  readonly #http: ProviderHttp;
  readonly #token: string | null;

  constructor(apiUrl: string, http: ProviderHttp, token: string | null) {
    this.#apiUrl = apiUrl;
    this.#http = http;
    this.#token = token;
  }

  /** `path` begins with a slash, or is an address that GitHub gave. GitHubError when that leads elsewhere. */
  async get(
    path: string,
    { accept = JSON_TYPE, etag = null }: { readonly accept?: string; readonly etag?: string | null } = {},
    signal: AbortSignal,
  ): Promise<ProviderReply> {
    const headers = { accept, ...(etag === null ? {} : { 'if-none-match': etag }) };
    return this.#send({ method: 'GET', url: this.#urlOf(path), headers }, signal);
  }

  graphql(query: string, variables: object, signal: AbortSignal): Promise<ProviderReply> {
    // On an Enterprise server REST lives at /api/v3 and GraphQL beside it.
    const url = `${this.#apiUrl.replace(/\/v3$/, '')}/graphql`;
    const headers = { accept: JSON_TYPE, 'content-type': 'application/json' };
    const body = JSON.stringify({ query, variables });
    return this.#send({ method: 'POST', url, headers, body, resource: 'graphql' }, signal);
  }

  async #send(request: ProviderRequest, signal: AbortSignal): Promise<ProviderReply> {
    const headers: Record<string, string> = { ...request.headers, 'x-github-api-version': API_VERSION };
    if (this.#token !== null) headers['authorization'] = `Bearer ${this.#token}`;
    const reply = await this.#http.send({ ...request, headers }, signal);
    if (reply.status === 401)
      throw new ReauthorizationError(`GitHub does not take the token any more: ${messageIn(reply)}`);
    return reply;
  }

  #urlOf(path: string): string {
    if (path.startsWith('/')) return `${this.#apiUrl}${path}`;
    if (!URL.canParse(path) || new URL(path).origin !== new URL(this.#apiUrl).origin)
      throw new GitHubError(0, 'GitHub named a next page at another place, which is not followed');
    return path;
  }
}

/** The JSON of a 200. GitHubError for everything else. */
export function jsonOf(reply: ProviderReply): unknown {
  if (reply.status !== 200) throw new GitHubError(reply.status, `GitHub answered ${reply.status}: ${messageIn(reply)}`);
  try {
    return JSON.parse(reply.body);
  } catch {
    throw new GitHubError(200, 'GitHub answered 200 with a body that is no JSON');
  }
}

/** What GitHub says of an error, as far as it is text for people. */
export function messageIn({ body }: ProviderReply): string {
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed === 'object' && parsed !== null && 'message' in parsed && typeof parsed.message === 'string')
      return parsed.message.slice(0, MESSAGE_LENGTH);
  } catch {
    // A page of HTML tells nothing that is worth repeating.
  }
  return 'no message';
}

/** The address with this relation in a Link header (RFC 8288); null: there is none. */
export function linkOf(headers: Headers, relation: 'next' | 'last'): string | null {
  for (const link of (headers.get('link') ?? '').matchAll(/<([^>]*)>([^<]*)/g)) {
    const [, url = '', parameters = ''] = link;
    const [, quoted, bare] = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,]+))/i.exec(parameters) ?? [];
    const relations = (quoted ?? bare ?? '').toLowerCase().split(/\s+/);
    if (relations.includes(relation)) return url;
  }
  return null;
}
