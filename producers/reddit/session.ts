import { z } from 'zod';
import type { Clock } from '../../core/ports/clock.ts';
import type { CredentialHolder, Session } from '../../core/ports/provider.ts';
import type { ProviderHttp } from '../http/types.ts';
import { AccessTokens, type RedditApplication } from './access-tokens.ts';
import { RedditApi } from './api.ts';
import { RedditError } from './reddit-error.ts';

export interface SessionDeps {
  readonly apiUrl: string;
  readonly clock: Clock;
  /** makes a client of the application; Reddit wants to know on whose behalf it asks */
  readonly httpFor: (loginName: string | null) => ProviderHttp;
}

const Me = z.object({ id: z.string().min(1), name: z.string().min(1) });

export class RedditSession implements Session {
  readonly login: string;
  readonly loginName: string;
  readonly api: RedditApi;
  readonly #http: ProviderHttp;
  #isSame: boolean | null = null;

  private constructor(login: string, loginName: string, api: RedditApi, http: ProviderHttp) {
    this.login = login;
    this.loginName = loginName;
    this.api = api;
    this.#http = http;
  }

  static async open(deps: SessionDeps, app: RedditApplication, holder: CredentialHolder): Promise<RedditSession> {
    const http = deps.httpFor(holder.loginName);
    const tokens = new AccessTokens(app, http, deps.clock, await holder.read(), holder);
    return new RedditSession(holder.login, holder.loginName, new RedditApi(deps.apiUrl, http, tokens), http);
  }

  async identify(signal: AbortSignal): Promise<string> {
    return (await whoAmI(this.api, signal)).login;
  }

  /** Whether the token still is that of the login that the account is bound to; asked once. */
  async isSameLogin(signal: AbortSignal): Promise<boolean> {
    this.#isSame ??= (await this.identify(signal)) === this.login;
    return this.#isSame;
  }

  usage(): { readonly requests: number; readonly rateLimitWaitMs: number } {
    return this.#http.usage();
  }
}

/** Whose token it is. */
export async function whoAmI(
  api: RedditApi,
  signal: AbortSignal,
): Promise<{ readonly login: string; readonly loginName: string }> {
  const me = Me.safeParse(await api.get('/api/v1/me', {}, signal));
  if (!me.success) throw new RedditError('Reddit does not say whose token this is');
  return { login: me.data.id, loginName: me.data.name };
}
