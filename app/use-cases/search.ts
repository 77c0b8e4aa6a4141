import { InputError } from '../../core/errors.ts';
import { parseScope, scopeName } from '../../core/keys.ts';
import type { SearchHit } from '../../core/ports/item-store.ts';
import type { App } from '../app.ts';
import { isoOf } from './format.ts';
import { checkProvider, findScopes } from './scopes.ts';

export interface SearchItemsRequest {
  readonly query: string;
  readonly user?: string | null;
  readonly provider?: string | null;
  readonly collection?: string | null;
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
  readonly score: number;
  readonly savedAt: string | null;
  readonly snippet: string;
}

const MAX_RESULTS = 200;
const MAX_QUERY_CHARS = 2_000;
const SNIPPET_CHARS = 240;

/** Searches by meaning and by word; the best first. */
export async function searchItems(
  app: App,
  request: SearchItemsRequest,
): Promise<{ readonly mode: 'hybrid' | 'text'; readonly results: readonly SearchResultView[] }> {
  const query = request.query.trim();
  const { limit = 10 } = request;
  if (query === '') throw new InputError('there is nothing to search for: the query is empty');
  if (query.length > MAX_QUERY_CHARS) throw new InputError(`the query is longer than ${MAX_QUERY_CHARS} characters`);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_RESULTS)
    throw new InputError(`the limit must be a whole number from 1 to ${MAX_RESULTS}`);
  if (request.provider !== undefined && request.provider !== null) checkProvider(request.provider);
  const scopes = (await findScopes(app.store, request)).map(scopeName);
  if (scopes.length === 0) return { mode: 'text', results: [] };
  const { mode, hits } = await app.search({ query, filter: { scopes }, limit });
  return { mode, results: hits.map((hit) => toView(hit, query)) };
}

function toView(hit: SearchHit, query: string): SearchResultView {
  const { itemId, state, title, url, author, score } = hit;
  return {
    ...parseScope(hit.scope),
    itemId,
    state,
    title,
    url,
    author,
    score,
    savedAt: isoOf(hit.savedAt),
    snippet: snippetOf(hit, query),
  };
}

/** The part of the text around the first word of the query that is in it, else its beginning. */
function snippetOf({ content }: SearchHit, query: string): string {
  const text = [content.title, content.body]
    .filter((part) => part !== null)
    .join(' — ')
    .replace(/\s+/g, ' ')
    .trim();
  if (text.length <= SNIPPET_CHARS) return text;
  const lower = text.toLowerCase();
  const found = query
    .toLowerCase()
    .split(/\s+/)
    .map((word) => lower.indexOf(word))
    .filter((at) => at >= 0);
  const at = Math.max(0, (found.length === 0 ? 0 : Math.min(...found)) - SNIPPET_CHARS / 4);
  const cut = text.slice(at, at + SNIPPET_CHARS);
  return `${at > 0 ? '…' : ''}${cut}${at + SNIPPET_CHARS < text.length ? '…' : ''}`;
}
