import { InputError } from '../../core/errors.ts';
import { scopeName } from '../../core/keys.ts';
import type { ItemContent, SearchHit, StoredVector } from '../../core/ports/item-store.ts';
import type { FoundItem } from '../../search/hybrid.ts';
import { snippetOf } from '../../search/snippet.ts';
import type { App } from '../app.ts';
import { unknownItem } from './items.ts';
import { findScopes, resolveItemScope } from './scopes.ts';
import { type SearchResultView, toResultView } from './search.ts';

export interface SimilarRequest {
  readonly provider: string;
  /** null or absent: the one user who has the item, or the default one of several */
  readonly user?: string | null;
  readonly collection: string;
  readonly itemId: string;
  /** 1 to 100; default 10 */
  readonly limit?: number;
}

export interface SimilarItems {
  /** `words`: the item has no vector, so the others share words with it; then the scores are not cosines */
  readonly by: 'meaning' | 'words';
  /** the nearest first, of all collections of the item's user; never the item itself */
  readonly results: readonly SearchResultView[];
}

const MAX_SIMILAR = 100;
/** Of a long text, its beginning says what it is about, and a store takes only so many words of a query. */
const MAX_WORDS_CHARS = 400;
const FLOAT_BYTES = Float32Array.BYTES_PER_ELEMENT;

/**
 * What the same user saved that is most like an item: by its vector as the store keeps it, so that nothing is embedded for
 * it. NotFoundError where nobody has the item.
 */
export async function similarItems(app: App, request: SimilarRequest): Promise<SimilarItems> {
  const { provider, user = null, collection, itemId, limit = 10 } = request;
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_SIMILAR)
    throw new InputError(`the limit must be a whole number from 1 to ${MAX_SIMILAR}`);
  const scope = await resolveItemScope(app.store, { provider, collection, user }, itemId);
  const name = scopeName(scope);
  const item = await app.store.item(name, itemId);
  if (item === null) throw unknownItem(name, itemId);
  const filter = { scopes: (await findScopes(app.store, { user: scope.user })).map(scopeName) };
  const { vector, content, row } = item;
  const words = row.hidden ? '' : wordsOf(content);
  let found: readonly SearchHit[] = [];
  if (vector !== null) found = await app.store.searchVectors(floatsOf(vector), vector.model, filter, limit + 1);
  else if (words !== '') found = await app.store.searchText(words, filter, limit + 1);
  const others = found.filter((hit) => hit.scope !== name || hit.itemId !== itemId).slice(0, limit);
  const by = vector === null ? 'words' : 'meaning';
  return { by, results: others.map((hit) => toResultView(foundBy(by, hit))) };
}

/** Without quotation marks, which would ask for phrases. */
function wordsOf(content: ItemContent | null): string {
  const text = [content?.title, content?.body].filter((part) => part !== null && part !== undefined).join(' ');
  return text.slice(0, MAX_WORDS_CHARS).replaceAll('"', ' ').trim();
}

/** Copied, since the bytes need not lie where floats may begin. */
function floatsOf({ bytes, dimensions }: StoredVector): Float32Array {
  return new Float32Array(bytes.slice().buffer, 0, Math.min(dimensions, bytes.byteLength / FLOAT_BYTES));
}

function foundBy(by: SimilarItems['by'], hit: SearchHit): FoundItem {
  return { ...hit, matched: [by], snippet: snippetOf(hit.content, []) };
}
