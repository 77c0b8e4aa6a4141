import { InputError } from '../../core/errors.ts';
import type { Config } from '../config.ts';
import { isLoopback } from './loopback.ts';

/** How a person can log in; `none`: nobody has to. */
export type AccessMethod = 'password' | 'oidc' | 'proxy' | 'none';

/** What stands between a request and the collection. */
export interface Protection {
  readonly methods: readonly AccessMethod[];
  /** the address is not loopback */
  readonly isExposed: boolean;
  /** a request has to say who it is from */
  readonly isLoginRequired: boolean;
  /** login is required, and there is none for a person: only the token, or a one-time link */
  readonly needsSetup: boolean;
}

/**
 * Whoever configured anything that tells people apart wants them told apart, on loopback too: there a reverse proxy may stand
 * in front.
 */
export function protectionOf({ access, apiToken, host }: Config, hasPassword: boolean): Protection {
  const logins: readonly AccessMethod[] = [
    ...(hasPassword ? (['password'] as const) : []),
    ...(access.oidc === null ? [] : (['oidc'] as const)),
    ...(access.proxyHeader === null ? [] : (['proxy'] as const)),
  ];
  const isExposed = !isLoopback(host);
  const isLoginRequired = logins.length > 0 || apiToken !== null || whereOthersReach({ access, host }) !== null;
  if (!isLoginRequired) return { methods: ['none'], isExposed, isLoginRequired, needsSetup: false };
  return { methods: logins, isExposed, isLoginRequired, needsSetup: logins.length === 0 };
}

/** Throws InputError where others can reach the API, and nothing would ask them who they are. */
export function checkProtection(config: Config, hasPassword: boolean): void {
  const where = whereOthersReach(config);
  if (where === null || config.apiToken !== null || !protectionOf(config, hasPassword).needsSetup) return;
  throw new InputError(
    `${where} can be reached by others: run \`hoardarr password set\`, or set HOARDARR_OIDC_ISSUER or HOARDARR_AUTH_PROXY_HEADER (docs/access.md), or set HOARDARR_API_TOKEN for programs (openssl rand -hex 32 makes one), or keep 127.0.0.1`,
  );
}

/** For people: what lets somebody in. Not safe where others can reach the API, and nothing does. */
export function describeProtection(
  config: Config,
  hasPassword: boolean,
): { readonly isSafe: boolean; readonly text: string } {
  const { access, apiToken } = config;
  const ways = [
    ...(hasPassword ? ['a password'] : []),
    ...(access.oidc === null ? [] : [`OpenID Connect at ${new URL(access.oidc.issuer).host}`]),
    ...(access.proxyHeader === null
      ? []
      : [`the header ${access.proxyHeader} of the proxies ${access.trustedProxies.join(', ')}`]),
    ...(apiToken === null ? [] : ['a token, for programs']),
  ];
  const where = whereOthersReach(config);
  if (ways.length > 0) return { isSafe: true, text: `${where ?? config.host} is protected by ${ways.join(', and ')}` };
  if (where !== null) return { isSafe: false, text: `${where} can be reached by others, and nothing protects it` };
  return { isSafe: true, text: `${config.host} is reached from this machine alone, so nobody has to log in` };
}

/** The setting by which others than this machine reach the API; null where none does. */
function whereOthersReach({ access, host }: Pick<Config, 'access' | 'host'>): string | null {
  if (!isLoopback(host)) return `HOARDARR_HOST=${host}`;
  const open = access.publicUrls.find((url) => !isLoopback(new URL(url).hostname));
  return open === undefined ? null : `HOARDARR_PUBLIC_URL=${open}`;
}
