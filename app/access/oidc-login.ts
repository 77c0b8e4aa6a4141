import type * as OpenidClient from 'openid-client';
import type { Configuration } from 'openid-client';
import { messageOf } from '../../core/errors.ts';
import type { OidcSettings } from '../config-access.ts';
import type { SessionOwner } from './owner-access.ts';

const TIMEOUT_S = 10;

/** What has to be remembered while the browser is at the provider; secret. */
export interface OidcFlow {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

/** Whom the provider vouched for, or why nobody gets in: `provider` where it could not be asked. */
export type OidcResult =
  | { readonly owner: SessionOwner }
  | { readonly owner: null; readonly because: 'refused' | 'provider'; readonly detail: string };

type Client = typeof OpenidClient;

/** OpenID Connect's code flow, with PKCE, state and nonce; the signature of the ID token is checked too. */
export class OidcLogin {
  readonly #settings: OidcSettings;
  readonly #redirectUrl: string;
  readonly #fetch: typeof fetch;
  #configuration: Promise<Configuration> | null = null;

  /** @param redirectUrl where the browser comes back to; the provider has to know it */
  constructor(settings: OidcSettings, redirectUrl: string, fetchWith: typeof fetch) {
    this.#settings = settings;
    this.#redirectUrl = redirectUrl;
    this.#fetch = fetchWith;
  }

  /** Rejects where the provider does not answer as one. */
  async check(): Promise<void> {
    await this.#discover();
  }

  /** Where to send the browser. Rejects where the provider does not answer as one. */
  async begin(): Promise<{ readonly url: string; readonly flow: OidcFlow }> {
    const client = await load();
    const configuration = await this.#discover();
    const flow = {
      state: client.randomState(),
      nonce: client.randomNonce(),
      verifier: client.randomPKCECodeVerifier(),
    };
    const url = client.buildAuthorizationUrl(configuration, {
      redirect_uri: this.#redirectUrl,
      scope: 'openid email profile',
      code_challenge: await client.calculatePKCECodeChallenge(flow.verifier),
      code_challenge_method: 'S256',
      state: flow.state,
      nonce: flow.nonce,
    });
    return { url: url.href, flow };
  }

  /** @param query what the browser brought back, with the question mark */
  async finish(query: string, flow: OidcFlow): Promise<OidcResult> {
    let client: Client;
    let configuration: Configuration;
    try {
      client = await load();
      configuration = await this.#discover();
    } catch (error) {
      return { owner: null, because: 'provider', detail: reasonOf(error) };
    }
    try {
      const tokens = await client.authorizationCodeGrant(configuration, new URL(`${this.#redirectUrl}${query}`), {
        pkceCodeVerifier: flow.verifier,
        expectedState: flow.state,
        expectedNonce: flow.nonce,
        idTokenExpected: true,
      });
      const claims = tokens.claims();
      if (claims === undefined) return refused('the provider sent no ID token');
      // Some providers tell the email only when asked for it.
      const said =
        claims['email'] === undefined && configuration.serverMetadata().userinfo_endpoint !== undefined
          ? await client.fetchUserInfo(configuration, tokens.access_token, claims.sub)
          : claims;
      return this.#admit(claims.sub, said['email'], said['email_verified']);
    } catch (error) {
      return refused(reasonOf(error));
    }
  }

  #admit(subject: string, email: unknown, isVerified: unknown): OidcResult {
    const { issuer, allowed } = this.#settings;
    const mail = typeof email === 'string' ? email.toLowerCase() : null;
    const entry =
      allowed.find((each) => each === subject) ??
      // An address that anybody may claim to have proves nothing.
      (isVerified === true ? allowed.find((each) => each.includes('@') && each.toLowerCase() === mail) : undefined);
    if (entry !== undefined) return { owner: { method: 'oidc', user: mail ?? subject, admittedBy: { issuer, entry } } };
    const unverified =
      mail !== null && isVerified !== true ? ' (the provider does not say that the email is verified)' : '';
    return refused(
      `HOARDARR_OIDC_ALLOWED names neither the subject '${subject}' nor the email '${mail ?? 'none'}'${unverified}`,
    );
  }

  /** Asked once; again after it failed. */
  async #discover(): Promise<Configuration> {
    this.#configuration ??= this.#ask();
    try {
      return await this.#configuration;
    } catch (error) {
      this.#configuration = null;
      throw error;
    }
  }

  async #ask(): Promise<Configuration> {
    const client = await load();
    const { issuer, clientId, clientSecret } = this.#settings;
    const server = new URL(issuer);
    const isPlain = server.protocol === 'http:';
    return await client.discovery(
      server,
      clientId,
      undefined,
      clientSecret === null ? client.None() : client.ClientSecretPost(clientSecret),
      {
        timeout: TIMEOUT_S,
        [client.customFetch]: (url, options) => this.#fetch(url, options as RequestInit),
        execute: [client.enableNonRepudiationChecks, ...(isPlain ? [client.allowInsecureRequests] : [])],
      },
    );
  }
}

/** It is loaded by those alone who use it: it takes longer than the rest of the API. */
async function load(): Promise<Client> {
  return await import('openid-client');
}

function refused(detail: string): OidcResult {
  return { owner: null, because: 'refused', detail };
}

/** The library says in `cause` what its message only alludes to. */
export function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : '';
  return `${messageOf(error)}${cause}`;
}
