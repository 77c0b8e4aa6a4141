import type { Embedder } from '../core/ports/embedder.ts';
import type { ItemFilter, ItemStore, SearchHit } from '../core/ports/item-store.ts';
import type { Telemetry } from '../core/ports/telemetry.ts';

export interface SearchQuestion {
  readonly query: string;
  readonly filter: ItemFilter;
  readonly limit: number;
}

export interface SearchAnswer {
  /** `text`: the embedder could not be asked */
  readonly mode: 'hybrid' | 'text';
  readonly hits: readonly SearchHit[];
}

/** Searches what the store holds now. */
export function createSearchFor(
  parts: { readonly store: ItemStore; readonly telemetry: Telemetry },
  _embedder: () => Promise<Embedder>,
): (question: SearchQuestion) => Promise<SearchAnswer> {
  return async ({ query, filter, limit }) => ({
    mode: 'text',
    hits: await parts.store.searchText(query, filter, limit),
  });
}
