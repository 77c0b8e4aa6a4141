import type { ItemFilter, ItemStore } from '../core/ports/item-store.ts';
import { type FusedHit, fuse } from './fuse.ts';
import { QueryVectors, type QueryVectorsDeps } from './query-vectors.ts';
import { snippetOf } from './snippet.ts';
import { queryWords } from './words.ts';

export interface SearchDeps extends QueryVectorsDeps {
  readonly store: Pick<ItemStore, 'searchText' | 'searchVectors'>;
}

export interface SearchQuestion {
  readonly query: string;
  readonly filter: ItemFilter;
  /** at least 1 */
  readonly limit: number;
}

export interface FoundItem extends FusedHit {
  /** from both rankings; comparable within one answer only, higher is better */
  readonly score: number;
  /** the part of title and body that has the words of the query; plain text, not HTML */
  readonly snippet: string;
}

export interface SearchAnswer {
  /** `text`: by words alone, since the query could not be embedded or nothing was found by vectors */
  readonly mode: 'hybrid' | 'text';
  /** the best first */
  readonly hits: readonly FoundItem[];
}

/** Rejects with StoreUnavailableError; an embedder that fails only makes the mode `text`. */
export type Search = (question: SearchQuestion) => Promise<SearchAnswer>;

/** Each ranking is read further than the answer goes: what is in the middle of both may end up at the top. */
const HITS_A_RESULT = 3;
const MIN_HITS = 30;

/** Search by meaning and by word in one ranking, over whatever store and embedder there are. */
export function createSearch(deps: SearchDeps): Search {
  const { store } = deps;
  const vectors = new QueryVectors(deps);
  return async ({ query, filter, limit }) => {
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
      hits: hits.map((hit) => ({ ...hit, snippet: snippetOf(hit.content, words) })),
    };
  };
}
