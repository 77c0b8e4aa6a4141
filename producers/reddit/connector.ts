import { InputError, ReauthorizationError } from '../../core/errors.ts';
import type { Connected, Connector, Credentials } from '../../core/ports/provider.ts';
import type { ProviderHttp } from '../http/types.ts';
import { ways } from '../ways.ts';
import { AccessTokens, type RedditApplication, requestToken } from './access-tokens.ts';
import { RedditApi } from './api.ts';
import { askInBrowser } from './browser-flow.ts';
import { RedditSession, type SessionDeps, whoAmI } from './session.ts';

export interface ConnectorDeps extends SessionDeps {
  /** null: Reddit approved no application */
  readonly app: RedditApplication | null;
  /** as the application was registered with; on loopback, unless callers bring a callback of their own */
  readonly redirectUrl: string;
  /** one of its settings is set */
  readonly configured: boolean;
}

const NO_APPLICATION = `Reddit lets only applications in that it has approved, and no REDDIT_CLIENT_ID is set. Without one, request your data at https://www.reddit.com/settings/data-request and bring it with ${ways.import('reddit')}`;

export function createConnector(deps: ConnectorDeps): Connector<RedditSession> {
  const { app, apiUrl: address, configured } = deps;
  if (app === null) {
    const refuse = (): Promise<never> => Promise.reject(new InputError(NO_APPLICATION));
    return {
      address,
      configured,
      missing: { detail: 'REDDIT_CLIENT_ID is not set', fix: NO_APPLICATION },
      fromToken: refuse,
      interactive: { notApplicable: NO_APPLICATION },
      fromPublic: { notApplicable: NO_PUBLIC },
      open: refuse,
    };
  }
  return {
    address,
    configured,
    missing: null,
    fromToken: (token, signal) => {
      const given: Credentials = { kind: 'oauth', accessToken: null, refreshToken: token, expiresAt: null };
      return identify(deps, app, deps.httpFor(null), given, signal);
    },
    interactive: {
      run: async (prompt, signal, callback) => {
        const redirectUrl = callback?.redirectUrl ?? deps.redirectUrl;
        const { code, verifier } = await askInBrowser({ app, redirectUrl }, prompt, signal, callback);
        const http = deps.httpFor(null);
        const form = {
          grant_type: 'authorization_code',
          code,
          redirect_uri: redirectUrl,
          code_verifier: verifier,
        };
        return identify(deps, app, http, await requestToken(app, http, form, deps.clock.now(), signal), signal);
      },
    },
    fromPublic: { notApplicable: NO_PUBLIC },
    open: (holder) => RedditSession.open(deps, app, holder),
  };
}

const NO_PUBLIC = 'what somebody saved at Reddit is open to that person alone';

/** Whose credentials these are, and what they have become by being used. */
async function identify(
  { apiUrl, clock }: ConnectorDeps,
  app: RedditApplication,
  http: ProviderHttp,
  given: Credentials,
  signal: AbortSignal,
): Promise<Connected> {
  let credentials = given;
  // Nothing is stored before it is known whose they are, and nobody else has them.
  const holder = {
    renew: async (renewal: (stored: Credentials) => Promise<Credentials>): Promise<Credentials> => {
      credentials = await renewal(credentials);
      return credentials;
    },
  };
  const tokens = new AccessTokens(app, http, clock, given, holder);
  try {
    const who = await whoAmI(new RedditApi(apiUrl, http, tokens), signal);
    if (credentials.refreshToken === null)
      throw new InputError('Reddit gave no refresh token: the application must ask for duration=permanent');
    return { ...who, credentials };
  } catch (error) {
    if (error instanceof ReauthorizationError) throw new InputError(`Reddit refuses the token: ${error.message}`);
    throw error;
  }
}
