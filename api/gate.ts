import type { FastifyRequest } from 'fastify';
import { OwnerAccess } from '../app/access/owner-access.ts';
import { protectionOf } from '../app/access/protection.ts';
import { TrustedProxies } from '../app/access/trusted-proxies.ts';
import type { App } from '../app/app.ts';
import { readCookie } from './cookies.ts';
import { crossSiteRefusal, isReading, isToken, type Refusal, type RouteKind, routeKind } from './guard.ts';

export const SESSION_COOKIE = 'hoardarr_session';
/** Any value will do: a page elsewhere cannot send it without asking first, and is told no. */
const MARK = 'x-requested-with';

/** Who a request is from, and how that is known. `nobody`: no login is configured, so nobody was asked. */
export interface Caller {
  readonly by: 'nobody' | 'token' | 'session' | 'proxy';
  readonly user: string | null;
}

type Gated = Pick<App, 'config' | 'metadata' | 'clock'>;

/** Stands before every route: knows who is there, and whom to refuse. */
export class Gate {
  readonly access: OwnerAccess;
  readonly #config: App['config'];
  readonly #proxies: TrustedProxies;

  constructor(app: Gated) {
    this.access = new OwnerAccess(app);
    this.#config = app.config;
    this.#proxies = new TrustedProxies(app.config.access.trustedProxies);
  }

  /** Null where the request may go on. */
  async refusalOf(request: FastifyRequest): Promise<Refusal | null> {
    const kind = this.#kindOf(request);
    const spoofed = this.#spoofedHeader(request);
    if (spoofed !== null) return { status: 403, detail: spoofed };
    if (this.#mustBeOurSite(request, kind)) {
      const { host, access } = this.#config;
      const refusal = crossSiteRefusal(asked(request), { bound: host, publicUrls: access.publicUrls });
      if (refusal !== null) return refusal;
    }
    if (kind === 'health' || kind === 'console') return null;
    const caller = await this.callerOf(request);
    if (caller === null) return kind === 'login' ? null : { status: 401, detail: this.#howToLogIn() };
    // A cookie and a proxy's header come along by themselves, also where a page elsewhere makes the browser ask.
    const isAmbient = caller.by === 'session' || caller.by === 'proxy';
    if (!isAmbient || isReading(request.method) || request.headers[MARK] !== undefined) return null;
    return { status: 403, detail: 'a change with a login of the browser needs the header X-Requested-With' };
  }

  /** Null where nobody is known to be there, and login is required. */
  async callerOf(request: FastifyRequest): Promise<Caller | null> {
    if (this.#hasToken(request)) return { by: 'token', user: null };
    if (!(await this.#isLoginRequired())) return { by: 'nobody', user: null };
    const secret = readCookie(request.headers.cookie, SESSION_COOKIE);
    const user = secret === null ? null : await this.#userOf(secret);
    if (user !== null) return { by: 'session', user };
    const proxied = this.#proxiedUser(request);
    return proxied === null ? null : { by: 'proxy', user: proxied };
  }

  /** As the browser sees it: a proxy may have taken the TLS off. */
  isHttps({ headers, socket }: FastifyRequest): boolean {
    const forwarded = one(headers['x-forwarded-proto'])?.split(',')[0]?.trim();
    if (forwarded !== undefined && this.#proxies.has(socket.remoteAddress)) return forwarded === 'https';
    return this.#config.access.publicUrls.some((text) => {
      const url = new URL(text);
      return url.protocol === 'https:' && url.host === headers.host?.toLowerCase();
    });
  }

  /** The address of who asks. */
  clientOf({ headers, socket }: FastifyRequest): string {
    return this.#proxies.clientOf(socket.remoteAddress, one(headers['x-forwarded-for']));
  }

  #kindOf(request: FastifyRequest): RouteKind {
    const { basePath } = this.#config;
    const [path = '/'] = request.url.split('?');
    const below = path.startsWith(basePath) ? path.slice(basePath.length) : path;
    return routeKind(request.method, request.routeOptions.url?.slice(basePath.length), below);
  }

  /** Where others can reach us anyway, health is asked for by whatever name, and a token is known to no page. */
  #mustBeOurSite(request: FastifyRequest, kind: RouteKind): boolean {
    const { isExposed } = protectionOf(this.#config, false);
    return !isExposed || (kind !== 'health' && !this.#hasToken(request));
  }

  #hasToken({ headers }: FastifyRequest): boolean {
    const { apiToken } = this.#config;
    return apiToken !== null && isToken(headers.authorization, apiToken);
  }

  async #isLoginRequired(): Promise<boolean> {
    if (protectionOf(this.#config, false).isLoginRequired) return true;
    return await this.access.hasPassword();
  }

  /** Whom the configuration does not admit any more is out. */
  async #userOf(secret: string): Promise<string | null> {
    const session = await this.access.findSession(secret);
    if (session === null) return null;
    const { admittedBy, user } = session;
    const { oidc } = this.#config.access;
    const isAdmitted =
      admittedBy === null || (oidc?.issuer === admittedBy.issuer && oidc.allowed.includes(admittedBy.entry));
    return isAdmitted ? user : null;
  }

  #proxiedUser(request: FastifyRequest): string | null {
    const { proxyHeader } = this.#config.access;
    if (proxyHeader === null) return null;
    const user = one(request.headers[proxyHeader])?.trim() ?? '';
    return user === '' ? null : user;
  }

  /** Says what is wrong with the header that names a user; null where nothing is, or it is not there. */
  #spoofedHeader({ headers, raw, socket }: FastifyRequest): string | null {
    const { proxyHeader } = this.#config.access;
    if (proxyHeader === null || headers[proxyHeader] === undefined) return null;
    if (!this.#proxies.has(socket.remoteAddress))
      return `the header ${proxyHeader} is taken from the proxies of HOARDARR_TRUSTED_PROXIES alone, and ${socket.remoteAddress ?? 'this address'} is none of them`;
    const names = raw.rawHeaders.filter((name, i) => i % 2 === 0 && name.toLowerCase() === proxyHeader);
    return names.length === 1
      ? null
      : `the header ${proxyHeader} came more than once: the proxy has to replace what browsers send, not to add to it`;
  }

  #howToLogIn(): string {
    const { apiToken } = this.#config;
    const token = 'the header `Authorization: Bearer TOKEN`, with the token of HOARDARR_API_TOKEN';
    return apiToken === null ? 'log in first, in the console' : `log in first, in the console; programs send ${token}`;
  }
}

function asked({ method, headers }: FastifyRequest): Parameters<typeof crossSiteRefusal>[0] {
  return {
    method,
    host: headers.host,
    origin: headers.origin,
    fetchSite: one(headers['sec-fetch-site']),
    fetchMode: one(headers['sec-fetch-mode']),
  };
}

function one(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}
