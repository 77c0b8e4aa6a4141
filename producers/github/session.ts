import type { CredentialHolder, Session } from '../../core/ports/provider.ts';
import type { ProviderHttp } from '../http/types.ts';
import { GitHubApi, GitHubError, jsonOf } from './api.ts';

/** Makes the client of a credential: `login` names whose budget it spends, null before that is known. */
export type HttpFor = (login: string | null, withToken: boolean) => ProviderHttp;

export class GitHubSession implements Session {
  readonly login: string;
  readonly isPublic: boolean;
  readonly api: GitHubApi;
  readonly #http: ProviderHttp;

  private constructor(login: string, isPublic: boolean, api: GitHubApi, http: ProviderHttp) {
    this.login = login;
    this.isPublic = isPublic;
    this.api = api;
    this.#http = http;
  }

  static async open(holder: CredentialHolder, apiUrl: string, httpFor: HttpFor): Promise<GitHubSession> {
    const { kind, accessToken } = await holder.read();
    const isPublic = kind === 'public';
    const http = httpFor(holder.login, !isPublic);
    return new GitHubSession(holder.login, isPublic, new GitHubApi(apiUrl, http, accessToken), http);
  }

  async identify(signal: AbortSignal): Promise<string> {
    // Without a token the list is asked for by the login's id, which says whose it is.
    return this.isPublic ? this.login : (await whoIs(this.api, '/user', signal)).login;
  }

  usage(): { readonly requests: number; readonly rateLimitWaitMs: number } {
    return this.#http.usage();
  }
}

/** Id and name of a login. GitHubError where there is none. */
export async function whoIs(
  api: GitHubApi,
  path: string,
  signal: AbortSignal,
): Promise<{ readonly login: string; readonly loginName: string }> {
  const user = jsonOf(await api.get(path, {}, signal));
  const isUser =
    typeof user === 'object' && user !== null && 'id' in user && Number.isSafeInteger(user.id) && 'login' in user;
  if (!isUser) throw new GitHubError(200, 'GitHub does not say whose token this is');
  return { login: String(user.id), loginName: String(user.login) };
}
