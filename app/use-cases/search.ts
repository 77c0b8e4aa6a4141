import { InputError } from '../../core/errors.ts';
import { parseScope, scopeName } from '../../core/keys.ts';
import type { App } from '../app.ts';
import { type FoundItem, type MatchedBy } from '../app-search.ts';
import { isoOf } from './format.ts';
import { statesOf } from './items.ts';
import { datesOf, type SavedBetween } from './saved-between.ts';
import { checkProvider, findScopes } from './scopes.ts';

export interface SearchItemsRequest extends SavedBetween {
  readonly query: string;
  readonly user?: string | null;
  readonly provider?: string | null;
  readonly collection?: string | null;
  /** default: what is in the collection, active and held */
  readonly state?: string | null;
  readonly limit?: number;
}

export interface SearchResultView {
  readonly provider: string;
  readonly user: string;
  readonly collection: string;
  readonly itemId: string;
  readonly state: string | null;
  readonly title: string | null;
  readonly url: string | null;
  readonly author: string | null;
  /** comparable within one answer only; higher is better */
  readonly score: number;
  readonly savedAt: string | null;
  readonly hasThumbnail: boolean;
  /** by which rankings it was found */
  readonly matched: readonly MatchedBy[];
  /** plain text, not HTML */
  readonly snippet: string;
}

export interface SearchResults {
  /** `text`: by words alone, since the query could not be embedded */
  readonly mode: 'hybrid' | 'text';
  readonly results: readonly SearchResultView[];
}

const MAX_RESULTS = 200;
const MAX_QUERY_CHARS = 2_000;

/** Searches by meaning and by word; the best first. */
export async function searchItems(app: App, request: SearchItemsRequest): Promise<SearchResults> {
  const query = request.query.trim();
  const { limit = 10 } = request;
  if (query === '') throw new InputError('there is nothing to search for: the query is empty');
  if (query.length > MAX_QUERY_CHARS) throw new InputError(`the query is longer than ${MAX_QUERY_CHARS} characters`);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_RESULTS)
    throw new InputError(`the limit must be a whole number from 1 to ${MAX_RESULTS}`);
  if (request.provider !== undefined && request.provider !== null) checkProvider(request.provider);
  const dates = datesOf(request);
  const states = request.state === undefined || request.state === null ? null : statesOf(request.state);
  const scopes = (await findScopes(app.store, request)).map(scopeName);
  if (scopes.length === 0) return { mode: 'text', results: [] };
  // Refused where another one is pinned: vectors of different models are never compared.
  await app.embedder();
  const { mode, hits } = await app.search({
    query,
    filter: { scopes, ...dates, ...(states === null ? {} : { states }) },
    limit,
  });
  return { mode, results: hits.map(toResultView) };
}

export function toResultView(hit: FoundItem): SearchResultView {
  const { itemId, state, title, url, author, score, snippet, hasThumbnail, matched } = hit;
  return {
    ...parseScope(hit.scope),
    itemId,
    state,
    title,
    url,
    author,
    score,
    savedAt: isoOf(hit.savedAt),
    hasThumbnail,
    matched,
    snippet,
  };
}
