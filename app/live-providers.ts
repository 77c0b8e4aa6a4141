import { createGitHubProvider } from '../producers/github/provider.ts';
import { githubRateRules } from '../producers/github/rate-rules.ts';
import type { HttpFor } from '../producers/github/session.ts';
import { createProviderHttp } from '../producers/http/provider-http.ts';
import { createRedditProvider } from '../producers/reddit/provider.ts';
import { REDDIT_RATE_RULES } from '../producers/reddit/rate-rules.ts';
import { createLiveProvider, type LiveProvider } from '../producers/sync/live-provider.ts';
import type { SyncDeps } from '../producers/sync/sync-deps.ts';
import type { SyncMetadata } from '../producers/sync-metadata.ts';
import type { Config } from './config.ts';
import { VERSION } from './version.ts';

/** Where a browser comes back to when nobody waits for it elsewhere: a port that is opened for it. */
const OWN_CALLBACK = 'http://127.0.0.1:8765/reddit/callback';
/** Which budget of a provider its lists are read from, as its rate rules name it. */
const LISTING_BUDGET: Readonly<Record<string, string>> = { github: 'core', reddit: 'api' };
const USER_AGENT = 'hoardarr';
/** Whose budget a request spends before the login is known. */
const NOBODY = 'connecting';
/** Without a token GitHub counts by address, so all who have none share one budget. */
const PUBLIC = 'public';

/** What the syncs of an account spend; null where the account is not connected, or has nobody to ask. */
export function budgetOf(
  { reddit }: Config,
  { provider, login, credentialKind }: SyncMetadata,
): { readonly provider: string; readonly credential: string; readonly resource: string } | null {
  const resource = LISTING_BUDGET[provider];
  if (credentialKind === null || resource === undefined) return null;
  const own = credentialKind === 'public' ? PUBLIC : (login ?? NOBODY);
  return { provider, resource, credential: provider === 'reddit' ? (reddit.clientId ?? NOBODY) : own };
}

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
        credential: withToken ? (login ?? NOBODY) : PUBLIC,
        rules: githubRateRules(withToken),
        userAgent: USER_AGENT,
      },
    );
  const github = createGitHubProvider({ ...config.github, httpFor, clock: deps.clock });
  const { clientId, clientSecret, ...reddit } = config.reddit;
  const redditProvider = createRedditProvider({
    ...reddit,
    redirectUrl: reddit.redirectUrl ?? OWN_CALLBACK,
    app: clientId === null ? null : { authUrl: reddit.authUrl, clientId, clientSecret },
    clock: deps.clock,
    httpFor: (loginName) =>
      createProviderHttp(
        { ...deps, fetch: fetchWith },
        {
          provider: 'reddit',
          credential: clientId ?? NOBODY,
          rules: REDDIT_RATE_RULES,
          // <platform>:<app ID>:<version string> (by /u/<username>), as Reddit asks for
          userAgent: `${process.platform}:hoardarr:${VERSION}${loginName === null ? '' : ` (by /u/${loginName})`}`,
        },
      ),
  });
  return new Map([
    [github.name, createLiveProvider(deps, github)],
    [redditProvider.name, createLiveProvider(deps, redditProvider)],
  ]);
}
