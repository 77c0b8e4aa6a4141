import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import { InputError } from '../core/errors.ts';

/** Why a request is refused. */
export interface Refusal {
  readonly status: 401 | 403;
  readonly detail: string;
}

export interface GuardedRequest {
  readonly method: string;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly authorization: string | undefined;
  /** Sec-Fetch-Site and Sec-Fetch-Mode, which browsers add and pages cannot change */
  readonly fetchSite: string | undefined;
  readonly fetchMode: string | undefined;
}

/** True for addresses that only this machine reaches. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '').toLowerCase();
  if (bare === 'localhost' || bare === '::1' || bare.startsWith('::ffff:127.')) return true;
  return isIP(bare) === 4 && bare.startsWith('127.');
}

/** Throws InputError where the address needs a token and there is none. */
export function checkAddress(host: string, token: string | null): void {
  if (isLoopback(host) || token !== null) return;
  throw new InputError(
    `HOARDARR_HOST=${host} can be reached by others: set HOARDARR_API_TOKEN (openssl rand -hex 32 makes one), or keep 127.0.0.1`,
  );
}

/**
 * Decides about a request. On loopback, a page from elsewhere could drive the API through the browser of its user: by a
 * request across origins, or by a name of its own that it lets point here (DNS rebinding). So Host and Origin must be ours.
 */
export function refusalOf(
  request: GuardedRequest,
  { host, token, isPublic }: { readonly host: string; readonly token: string | null; readonly isPublic: boolean },
): Refusal | null {
  if (isLoopback(host)) {
    const refusal = crossSite(request, host);
    if (refusal !== null) return refusal;
  }
  if (token === null || isPublic) return null;
  return isToken(request.authorization, token)
    ? null
    : {
        status: 401,
        detail: 'this needs the header `Authorization: Bearer TOKEN`, with the token of HOARDARR_API_TOKEN',
      };
}

function crossSite(request: GuardedRequest, boundTo: string): Refusal | null {
  const name = hostName(request.host);
  if (name === null || (!isLoopback(name) && name !== boundTo.toLowerCase())) {
    return { status: 403, detail: 'the Host header is not that of this server: it answers to localhost and 127.0.0.1' };
  }
  const { origin } = request;
  if (origin !== undefined && !isSameOrigin(origin, request.host))
    return { status: 403, detail: 'the request comes from another origin' };
  const opened = request.method === 'GET' && request.fetchMode === 'navigate';
  if ((request.fetchSite === 'cross-site' || request.fetchSite === 'same-site') && !opened)
    return { status: 403, detail: 'the request comes from another site' };
  return null;
}

function hostName(host: string | undefined): string | null {
  const match = /^(\[[0-9a-f:.]+\]|[^:/\s@]+)(?::\d{1,5})?$/i.exec(host ?? '');
  return match?.[1]?.toLowerCase() ?? null;
}

function isSameOrigin(origin: string, host: string | undefined): boolean {
  if (!URL.canParse(origin)) return false;
  const url = new URL(origin);
  const ours = `${url.protocol}//${host ?? ''}`;
  return (
    (url.protocol === 'http:' || url.protocol === 'https:') && URL.canParse(ours) && url.host === new URL(ours).host
  );
}

/** In constant time, whatever was sent. */
function isToken(authorization: string | undefined, token: string): boolean {
  const sent = /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1] ?? '';
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(sent), hash(token));
}
