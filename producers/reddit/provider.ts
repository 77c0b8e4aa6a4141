import type { Provider } from '../../core/ports/provider.ts';
import { type ConnectorDeps, createConnector } from './connector.ts';
import { askAbout } from './recheck.ts';
import type { RedditSession } from './session.ts';
import { contentOf, type RedditThing, toDocument, VOLATILE_EXTRA, vectorizationText } from './thing.ts';
import { deltaWalk, fullWalk } from './walk.ts';

export const COLLECTION = 'saved';

/** What was saved at Reddit: a list by the time of saving, cut near 1,000, of which single things can be asked for. */
export function createRedditProvider(deps: ConnectorDeps): Provider<RedditThing, RedditSession> {
  return {
    name: 'reddit',
    collections: [COLLECTION],
    volatile: { extra: VOLATILE_EXTRA, thumbnail: true },
    itemId: ({ data }) => data.name,
    toDocument,
    vectorizationText,
    contentOf,
    connector: { run: createConnector(deps) },
    fetchItems: { run: deltaWalk },
    listIds: { run: fullWalk },
    recheck: { run: (session, _collection, itemIds, signal) => askAbout(session, itemIds, signal) },
  };
}
