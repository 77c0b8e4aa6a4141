import { InputError, NotFoundError } from '../../core/errors.ts';
import { parseScope, scopeName } from '../../core/keys.ts';
import type { ItemState } from '../../core/ledger.ts';
import type { ItemFilter, ItemSummary } from '../../core/ports/item-store.ts';
import type { App, ScopeChoice } from '../app.ts';
import { isoOf, objectOf } from './format.ts';
import { type HistoryLine, removalOf } from './history-line.ts';
import { datesOf, type SavedBetween } from './saved-between.ts';
import { checkProvider, findScopes, resolveScope } from './scopes.ts';
import { type TrashTimes, trashTimesOf } from './trash-times.ts';

export interface ItemsRequest extends SavedBetween {
  readonly user?: string | null;
  readonly provider?: string | null;
  readonly collection?: string | null;
  readonly state?: string | null;
  readonly limit?: number;
  /** the `next` of the page before */
  readonly after?: string | null;
  /** or how many items come before the page */
  readonly offset?: number | null;
  /** also tells why each item of the trash is there; without it, histories are not read */
  readonly explain?: boolean;
}

export interface ListedItem extends ItemView, TrashTimes {
  /** absent unless it was asked for; null where it is not in the trash */
  readonly removal?: HistoryLine | null;
}

export interface ItemPage {
  readonly items: readonly ListedItem[];
  /** null at the end, and where the page was asked for by its offset */
  readonly next: string | null;
  /** of all pages */
  readonly total: number;
}

export interface ItemView {
  readonly provider: string;
  readonly user: string;
  readonly collection: string;
  readonly itemId: string;
  readonly state: string | null;
  readonly pinned: boolean;
  readonly blocked: boolean;
  readonly hidden: boolean;
  readonly stub: boolean;
  readonly unavailable: boolean;
  readonly title: string | null;
  readonly url: string | null;
  readonly author: string | null;
  readonly savedAt: string | null;
  readonly hasVector: boolean;
  readonly hasThumbnail: boolean;
}

const STATES: readonly ItemState[] = ['active', 'held', 'trash', 'purged'];
export const MAX_PAGE = 1_000;

/** A page of items, newest saved first; by default the active ones, without what is hidden. */
export async function listItems(app: App, request: ItemsRequest): Promise<ItemPage> {
  const { limit = 50, after = null, offset = null } = request;
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_PAGE)
    throw new InputError(`the limit must be a whole number from 1 to ${MAX_PAGE}`);
  if (after !== null && offset !== null)
    throw new InputError('after and offset both say where the page begins: give one of them');
  if (request.provider !== undefined && request.provider !== null) checkProvider(request.provider);
  const states = statesOf(request.state ?? 'active');
  const dates = datesOf(request);
  const scopes = (await findScopes(app.store, request)).map(scopeName);
  // A cursor is looked at all the same: what is none is wrong input wherever it is given.
  if (scopes.length === 0 && after === null) return { items: [], next: null, total: 0 };
  const includeHidden = states.length > 1 || states[0] !== 'active';
  const filter: ItemFilter = { scopes, states, includeHidden, ...dates };
  const { items, next } =
    offset === null
      ? await app.store.list(filter, limit, after)
      : { items: await app.store.listAt(filter, limit, offset), next: null };
  const times = await trashTimesOf(app, items);
  const toListed = async (item: ItemSummary): Promise<ListedItem> => ({
    ...toItemView(item),
    ...times(item),
    ...(request.explain === true ? { removal: await removalOf(app, item) } : {}),
  });
  return { items: await Promise.all(items.map(toListed)), next, total: await app.store.count(filter) };
}

export function statesOf(state: string): readonly ItemState[] {
  if (state === 'all') return STATES;
  const known = STATES.find((candidate) => candidate === state);
  if (known === undefined) throw new InputError(`'${state}' is no state: there are ${STATES.join(', ')}, and all`);
  return [known];
}

/** Of what its author deleted, nothing but the name and the address. */
export function toItemView(item: ItemSummary): ItemView {
  const { provider, user, collection } = parseScope(item.scope);
  const { itemId, state, pinned, blocked, hidden, stub, unavailable, title, url, author, hasVector, hasThumbnail } =
    item;
  return {
    provider,
    user,
    collection,
    itemId,
    state,
    pinned,
    blocked,
    hidden,
    stub,
    unavailable,
    title: hidden ? null : title,
    url,
    author: hidden ? null : author,
    savedAt: isoOf(item.savedAt),
    hasVector,
    hasThumbnail: hasThumbnail && !hidden,
  };
}

export interface ItemDetail extends ItemView {
  readonly body: string | null;
  readonly createdAt: string | null;
  readonly thumbnailUrl: string | null;
  readonly extra: Readonly<Record<string, unknown>>;
}

/** One item with what is stored of it. NotFoundError where there is none. */
export async function getItem(app: App, choice: ScopeChoice, itemId: string): Promise<ItemDetail> {
  const scope = await resolveScope(app.store, choice);
  const found = await app.store.item(scopeName(scope), itemId);
  if (found === null) throw unknownItem(scopeName(scope), itemId);
  const { row, content, vector } = found;
  const shown = row.hidden ? null : content;
  const { state, pinned, blocked, hidden, unavailable } = row;
  return {
    ...scope,
    itemId,
    state,
    pinned,
    blocked,
    hidden,
    unavailable,
    stub: row.content === 'stub',
    title: shown?.title ?? null,
    url: content?.url ?? null,
    author: shown?.author ?? null,
    savedAt: isoOf(row.savedAt),
    hasVector: vector !== null,
    hasThumbnail: shown !== null && shown.thumbnailUrl !== null,
    body: shown?.body ?? null,
    createdAt: isoOf(shown?.createdAt ?? null),
    thumbnailUrl: shown?.thumbnailUrl ?? null,
    extra: objectOf(shown?.extra ?? '{}'),
  };
}

export function unknownItem(scope: string, itemId: string): NotFoundError {
  return new NotFoundError(`there is no item ${itemId} in ${scope}`);
}
