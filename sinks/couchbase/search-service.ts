import { type Cluster, SearchQuery, SearchRequest, VectorQuery, VectorSearch } from 'couchbase';
import { messageOf, StoreUnavailableError } from '../../core/errors.ts';
import type { ItemFilter, SearchHit } from '../../core/ports/item-store.ts';
import type { BucketSettings } from './bucket.ts';
import type { Catalog } from './catalog.ts';
import { inParallel } from './documents.ts';
import type { ItemDocuments } from './item-documents.ts';
import { DEFAULT_STATES, fitsDates, type PeopleReads, summaryOf } from './people-reads.ts';
import { SEARCH_INDEX } from './search-index.ts';

/** Ids of another generation and items that changed since they were indexed are left out: so many more are asked for. */
const HITS_A_RESULT = 3;
const MAX_HITS = 1_000;

/** What the Search service answers. */
export interface FoundDocument {
  /** key of the document */
  readonly id: string;
  readonly score: number;
}

/** Asks the Search service by the SDK. @throws StoreUnavailableError, also where the service or the index is missing */
export function searchBy(
  cluster: Cluster,
  { bucket, scope }: Pick<BucketSettings, 'bucket' | 'scope'>,
): (request: SearchRequest, limit: number) => Promise<readonly FoundDocument[]> {
  return async (request, limit) => {
    try {
      const { rows } = await cluster.bucket(bucket).scope(scope).search(SEARCH_INDEX, request, { limit });
      return rows as readonly FoundDocument[];
    } catch (error) {
      const advice =
        '`hoardarr store indexes` makes its index; without COUCHBASE_SEARCH_URL every item is read instead';
      throw new StoreUnavailableError(`the Search service cannot be used now: ${messageOf(error)} (${advice})`, {
        cause: error,
      });
    }
  };
}

/** Items with any of the words, best first. */
export function wordRequest(query: string, filter: ItemFilter, scopes: readonly string[]): SearchRequest {
  const words = SearchQuery.disjuncts(
    SearchQuery.match(query).field('content.title').boost(4),
    SearchQuery.match(query).field('content.author').boost(3),
    SearchQuery.match(query).field('content.body'),
  );
  return SearchRequest.create(SearchQuery.conjuncts(words, filterQuery(filter, scopes)));
}

/** The nearest vectors; base64 of little-endian float32 as it is indexed. */
export function vectorRequest(
  vector: Float32Array,
  filter: ItemFilter,
  scopes: readonly string[],
  count: number,
): SearchRequest {
  const base64 = Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('base64');
  const query = VectorQuery.create('vector.base64', base64).numCandidates(count).prefilter(filterQuery(filter, scopes));
  return SearchRequest.create(VectorSearch.fromVectorQuery(query));
}

function filterQuery(filter: ItemFilter, scopes: readonly string[]): SearchQuery {
  const anyOf = (field: string, terms: readonly string[]): SearchQuery =>
    SearchQuery.disjuncts(...terms.map((term) => SearchQuery.term(term).field(field)));
  const parts = [anyOf('scope', scopes), anyOf('status.state', filter.states ?? DEFAULT_STATES)];
  if (filter.includeHidden !== true) parts.push(SearchQuery.booleanField(false).field('status.hidden'));
  return SearchQuery.conjuncts(...parts);
}

/** Search by the server's own index. What it finds is shown as the ledger has it, and only if the filter still lets it through. */
export class ServiceSearch {
  readonly #catalog: Catalog;
  readonly #people: PeopleReads;
  readonly #items: ItemDocuments;
  readonly #search: ReturnType<typeof searchBy>;

  constructor(catalog: Catalog, people: PeopleReads, items: ItemDocuments, search: ReturnType<typeof searchBy>) {
    this.#items = items;
    this.#catalog = catalog;
    this.#people = people;
    this.#search = search;
  }

  async text(query: string, filter: ItemFilter, limit: number): Promise<readonly SearchHit[]> {
    const scopes = await this.#catalog.scopes(filter);
    if (scopes.length === 0 || isEmpty(filter) || query.trim() === '' || limit < 1) return [];
    const found = await this.#search(wordRequest(query, filter, scopes), depthOf(filter, limit));
    return this.#hits(found, scopes, filter, limit);
  }

  /** The score is the service's own: of vectors of equal length it orders as the cosine does. */
  async vectors(vector: Float32Array, model: string, filter: ItemFilter, limit: number): Promise<readonly SearchHit[]> {
    const stored = await this.#items.model();
    if (stored?.model !== model || stored.dimensions !== vector.length) return [];
    const scopes = await this.#catalog.scopes(filter);
    if (scopes.length === 0 || isEmpty(filter) || limit < 1) return [];
    const count = depthOf(filter, limit);
    const found = await this.#search(vectorRequest(vector, filter, scopes, count), count);
    return this.#hits(found, scopes, filter, limit);
  }

  async #hits(
    found: readonly FoundDocument[],
    scopes: readonly string[],
    filter: ItemFilter,
    limit: number,
  ): Promise<readonly SearchHit[]> {
    const states: readonly (string | null)[] = filter.states ?? DEFAULT_STATES;
    const hits = await inParallel(found, async ({ id, score }): Promise<readonly SearchHit[]> => {
      const scope = scopes.find((name) => id.includes(`:${name}/`));
      if (scope === undefined) return [];
      const itemId = id.slice(id.indexOf(`:${scope}/`) + scope.length + 2);
      const item = await this.#people.item(scope, itemId);
      if (item?.content === undefined || item.content === null) return [];
      const { row, content } = item;
      if (!states.includes(row.state) || (row.hidden && filter.includeHidden !== true)) return [];
      if (!fitsDates(filter, row.savedAt)) return [];
      return [{ ...summaryOf(scope, item), content, score }];
    });
    const seen = new Set<string>();
    // A document of each generation may be found.
    const distinct = hits.flat().filter(({ scope, itemId }) => {
      const name = `${scope} ${itemId}`;
      return !seen.has(name) && seen.add(name);
    });
    return distinct.slice(0, limit);
  }
}

const isEmpty = ({ states }: ItemFilter): boolean => states !== undefined && states.length === 0;

/** Its index knows no dates: where a filter is by date, what it finds is thinned out here. */
function depthOf({ savedFrom, savedBefore }: ItemFilter, limit: number): number {
  const isThinned = savedFrom !== undefined || savedBefore !== undefined;
  return isThinned ? MAX_HITS : Math.min(MAX_HITS, limit * HITS_A_RESULT);
}
