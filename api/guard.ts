import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import { isLoopback } from '../app/access/loopback.ts';

/** Why a request is refused. */
export interface Refusal {
  readonly status: 401 | 403;
  readonly detail: string;
}

export interface GuardedRequest {
  readonly method: string;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  /** Sec-Fetch-Site and Sec-Fetch-Mode, which browsers add and pages cannot change */
  readonly fetchSite: string | undefined;
  readonly fetchMode: string | undefined;
}

/**
 * Who may ask for a route: `health`, everybody, by whatever name; `console`, every browser, since its files hold no data;
 * `login`, every browser, since it is how one becomes somebody; `guarded`, only who has shown who they are.
 */
export type RouteKind = 'health' | 'console' | 'login' | 'guarded';

const HEALTH: ReadonlySet<string> = new Set(['/healthz', '/readyz']);
const LOGIN: ReadonlySet<string> = new Set([
  '/v1/session',
  '/v1/session/link',
  '/v1/session/oidc',
  '/v1/session/oidc/callback',
  // The browser comes from Reddit, so that it sends no cookie that is SameSite=Strict. Whoever has the state of the flow, which
  // only a guarded request got, began it.
  '/v1/connections/reddit/callback',
]);
/** Everything that holds data lies below these. */
const DATA = /^\/(v1|metrics|openapi\.json|mcp)(\/|$)/i;
/** The pattern behind which there is nothing but the page of the console. */
const PAGES = '/*';
const READING: ReadonlySet<string> = new Set(['GET', 'HEAD']);

/**
 * What kind of route it is. A GET of anything that is not below /v1, /metrics, /openapi.json and /mcp is for a file of the
 * console.
 *
 * @param route the pattern that matched, without the base path, since a path can be written in many ways; undefined: none did
 * @param path what was asked for, without the base path and the query
 */
export function routeKind(method: string, route: string | undefined, path: string): RouteKind {
  if (route !== undefined && HEALTH.has(route)) return 'health';
  if (route !== undefined && LOGIN.has(route)) return 'login';
  // At what no other route has, the page tells people so; programs get the same answer as without it.
  const address = route === undefined || route === PAGES ? decoded(path) : route;
  return READING.has(method) && !DATA.test(address) ? 'console' : 'guarded';
}

/** Nothing is behind a path that no route has; only what its refusal says hangs on this. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

export function isReading(method: string): boolean {
  return READING.has(method);
}

/** Whose names the server answers to. */
export interface OwnNames {
  /** the address that it is bound to */
  readonly bound: string;
  readonly publicUrls: readonly string[];
}

/**
 * A page from elsewhere could drive the API through the browser of its user: by a name of its own that it lets point here (DNS
 * rebinding), or by a request across origins. So Host and Origin must be ours.
 */
export function crossSiteRefusal(request: GuardedRequest, names: OwnNames): Refusal | null {
  if (!isOwnHost(request.host, names)) return { status: 403, detail: notOurName(names) };
  const { origin } = request;
  if (origin !== undefined && !isSameOrigin(origin, request.host) && !isPublicOrigin(origin, names))
    return { status: 403, detail: 'the request comes from another origin' };
  const opened = request.method === 'GET' && request.fetchMode === 'navigate';
  if ((request.fetchSite === 'cross-site' || request.fetchSite === 'same-site') && !opened)
    return { status: 403, detail: 'the request comes from another site' };
  return null;
}

/** An address in place of a name cannot be made to point here: a page of that address is ours already. */
function isOwnHost(host: string | undefined, { bound, publicUrls }: OwnNames): boolean {
  const name = hostName(host);
  if (name === null) return false;
  if (isLoopback(name) || bare(name) === bare(bound)) return true;
  if (publicUrls.some((url) => new URL(url).hostname === name)) return true;
  return publicUrls.length === 0 && !isLoopback(bound) && isIP(bare(name)) !== 0;
}

function notOurName({ bound, publicUrls }: OwnNames): string {
  const names = ['localhost', '127.0.0.1', ...publicUrls.map((url) => new URL(url).host)];
  const others = isLoopback(bound) || publicUrls.length > 0 ? '' : ', and to addresses';
  return `the Host header is not that of this server: it answers to ${names.join(', ')}${others}; HOARDARR_PUBLIC_URL names others`;
}

function bare(name: string): string {
  return name.replace(/^\[|\]$/g, '').toLowerCase();
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

/** A proxy may ask us by another name than the browser asked it. */
function isPublicOrigin(origin: string, { publicUrls }: OwnNames): boolean {
  return publicUrls.some((url) => new URL(url).origin === origin);
}

/** In constant time, whatever was sent. */
export function isToken(authorization: string | undefined, token: string): boolean {
  const sent = /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1] ?? '';
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(sent), hash(token));
}
