import type { Provider } from '../../core/ports/provider.ts';
import { type ConnectorDeps, createConnector } from './connector.ts';
import { askAbout } from './recheck.ts';
import type { GitHubSession } from './session.ts';
import { type GitHubStar, toDocument, VOLATILE_EXTRA, vectorizationText } from './star.ts';
import { deltaWalk, fullWalk } from './walk.ts';

export interface GitHubDeps extends ConnectorDeps {
  /** an excerpt of each README is fetched, one request for each new or changed repository */
  readonly readme: boolean;
}

const COLLECTION = 'starred';
const README_CHARACTERS = 2000;

/** GitHub stars: a list by date, identified by repository id, of which single ones can be asked for. */
export function createGitHubProvider(deps: GitHubDeps): Provider<GitHubStar, GitHubSession> {
  return {
    name: 'github',
    collections: [COLLECTION],
    volatile: { extra: VOLATILE_EXTRA, savedAt: true },
    itemId: ({ repo }) => String(repo.id),
    toDocument,
    vectorizationText,
    contentOf: () => 'full',
    isRestricted: (extra) => extra['private'] === true,
    ...(deps.readme ? { complete: withReadme } : {}),
    connector: { run: createConnector(deps) },
    fetchItems: { run: deltaWalk },
    listIds: { run: (session, _walk, signal) => fullWalk(session, signal) },
    recheck: { run: (session, _collection, itemIds, signal) => askAbout(session, itemIds, signal) },
  };
}

async function withReadme(session: GitHubSession, star: GitHubStar, signal: AbortSignal): Promise<GitHubStar> {
  const path = `/repos/${star.repo.full_name}/readme`;
  const { status, body } = await session.api.get(path, { accept: 'application/vnd.github.raw+json' }, signal);
  return status === 200 ? { ...star, readme: body.slice(0, README_CHARACTERS) } : star;
}
