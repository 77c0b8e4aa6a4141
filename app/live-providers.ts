import { createGitHubProvider } from '../producers/github/provider.ts';
import { githubRateRules } from '../producers/github/rate-rules.ts';
import type { HttpFor } from '../producers/github/session.ts';
import { createProviderHttp } from '../producers/http/provider-http.ts';
import { createLiveProvider, type LiveProvider } from '../producers/sync/live-provider.ts';
import type { SyncDeps } from '../producers/sync/sync-deps.ts';
import type { Config } from './config.ts';

const USER_AGENT = 'hoardarr';
/** Whose budget a request spends before the login is known. */
const NOBODY = 'connecting';

/** The providers that can be asked, put together. */
export function createLiveProviders(
  deps: SyncDeps,
  config: Config,
  fetchWith: typeof fetch,
): ReadonlyMap<string, LiveProvider> {
  const httpFor: HttpFor = (login, withToken) =>
    createProviderHttp(
      { ...deps, fetch: fetchWith },
      {
        provider: 'github',
        // Without a token GitHub counts by address, so all of them share one budget.
        credential: withToken ? (login ?? NOBODY) : 'public',
        rules: githubRateRules(withToken),
        userAgent: USER_AGENT,
      },
    );
  const github = createGitHubProvider({ ...config.github, httpFor, clock: deps.clock });
  return new Map([[github.name, createLiveProvider(deps, github)]]);
}
