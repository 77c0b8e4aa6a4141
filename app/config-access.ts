import type { Values } from './config-variables.ts';

/** What the environment says about who may reach the API. A password is not in it: it is in the metadata. */
export interface AccessSettings {
  /** where browsers reach the API, without a slash at the end; the first is the one that links begin with */
  readonly publicUrls: readonly string[];
  /** addresses and networks whose word about a request counts */
  readonly trustedProxies: readonly string[];
  /** in lower case; the header in which a trusted proxy names who is logged in */
  readonly proxyHeader: string | null;
  readonly oidc: OidcSettings | null;
}

export interface OidcSettings {
  readonly issuer: string;
  readonly clientId: string;
  /** null: a public client, protected by PKCE alone */
  readonly clientSecret: string | null;
  /** emails and subjects that may enter */
  readonly allowed: readonly string[];
}

export function accessSettings(values: Values): AccessSettings {
  const { HOARDARR_OIDC_ISSUER: issuer, HOARDARR_OIDC_CLIENT_ID: clientId, HOARDARR_OIDC_ALLOWED: allowed } = values;
  const hasOidc = issuer !== undefined && clientId !== undefined && allowed !== undefined;
  return {
    publicUrls: values.HOARDARR_PUBLIC_URL ?? [],
    trustedProxies: values.HOARDARR_TRUSTED_PROXIES ?? [],
    proxyHeader: values.HOARDARR_AUTH_PROXY_HEADER ?? null,
    oidc: hasOidc ? { issuer, clientId, allowed, clientSecret: values.HOARDARR_OIDC_CLIENT_SECRET ?? null } : null,
  };
}

/** What does not go together. */
export function accessProblems(values: Values): readonly string[] {
  const basePath = values.HOARDARR_BASE_PATH ?? '';
  return (values.HOARDARR_PUBLIC_URL ?? []).flatMap((url) => {
    const path = new URL(url).pathname.replace(/\/+$/, '');
    if (path === basePath) return [];
    return [
      `HOARDARR_PUBLIC_URL has the path '${path}' in ${url}, and HOARDARR_BASE_PATH is '${basePath}': they have to be the same, and the proxy has to keep it`,
    ];
  });
}
