import { parseScope } from '../core/keys.ts';
import type { LedgerRow } from '../core/ledger.ts';
import type { ItemFilter, ItemStore, SearchHit } from '../core/ports/item-store.ts';
import { fuse } from './fuse.ts';
import { QueryVectors, type QueryVectorsDeps } from './query-vectors.ts';
import { snippetOf } from './snippet.ts';
import { queryWords } from './words.ts';

export interface SearchDeps extends QueryVectorsDeps {
  readonly store: Pick<ItemStore, 'searchText' | 'searchVectors'>;
}

export interface SearchRequest {
  readonly query: string;
  readonly filter: ItemFilter;
  /** at least 1 */
  readonly limit: number;
}

/** A result as users and programs see it. */
export interface SearchResult {
  readonly provider: string;
  readonly user: string;
  readonly collection: string;
  readonly itemId: string;
  readonly state: LedgerRow['state'];
  readonly title: string | null;
  readonly url: string | null;
  readonly author: string | null;
  /** from both rankings; comparable within one answer only, higher is better */
  readonly score: number;
  /** ISO 8601 UTC */
  readonly savedAt: string | null;
  /** the part of title and body that has the words of the query; plain text, not HTML */
  readonly snippet: string;
}

export interface SearchAnswer {
  /** `text`: by words alone, since the query could not be embedded or nothing was found by vectors */
  readonly mode: 'hybrid' | 'text';
  /** the best first */
  readonly results: readonly SearchResult[];
}

export interface Search {
  /** Rejects with StoreUnavailableError; an embedder that fails only makes the mode `text`. */
  search(request: SearchRequest): Promise<SearchAnswer>;
}

/** Each ranking is read further than the answer goes: what is in the middle of both may end up at the top. */
const HITS_A_RESULT = 3;
const MIN_HITS = 30;

/** Search by meaning and by word in one ranking, over whatever store and embedder there are. */
export function createSearch(deps: SearchDeps): Search {
  const { store } = deps;
  const vectors = new QueryVectors(deps);
  return {
    async search({ query, filter, limit }) {
      const text = query.trim();
      const depth = Math.max(MIN_HITS, limit * HITS_A_RESULT);
      const embedded = text === '' ? null : await vectors.of(text);
      const byVectors =
        embedded === null ? [] : await store.searchVectors(embedded.vector, embedded.model, filter, depth);
      const byWords = await store.searchText(text, filter, depth);
      const words = queryWords(text);
      const hits = fuse(byWords, byVectors, words).slice(0, limit);
      return {
        mode: byVectors.length === 0 ? 'text' : 'hybrid',
        results: hits.map((hit) => toResult(hit, words)),
      };
    },
  };
}

function toResult(hit: SearchHit, words: readonly string[]): SearchResult {
  const { itemId, state, title, url, author, score, savedAt } = hit;
  return {
    ...parseScope(hit.scope),
    itemId,
    state,
    title,
    url,
    author,
    score,
    savedAt: savedAt === null ? null : new Date(savedAt).toISOString(),
    snippet: snippetOf(hit.content, words),
  };
}
