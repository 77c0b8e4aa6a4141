import { InputError } from '../../core/errors.ts';
import type { HistoryEntry, LedgerRow } from '../../core/ledger.ts';
import type {
  HeldGroup,
  ItemContent,
  ItemFilter,
  ItemSummary,
  ScopeTotals,
  StoredVector,
} from '../../core/ports/item-store.ts';
import { SetDigest } from '../../core/set-digest.ts';
import type { Catalog } from './catalog.ts';
import { inParallel } from './documents.ts';
import { type ItemDocuments, vectorOf } from './item-documents.ts';
import { compare, joinKey, prefixOf, sortable, splitKey } from './keys.ts';
import { allOf, rowPages } from './ledger-reads.ts';
import { datesOf, decodeRow, historyOf, MAIN, rowsOf, type StoredRow, type Totals, WORK } from './ledger-tables.ts';
import type { PartitionLog } from './partition-log.ts';

interface StoredItem {
  readonly row: LedgerRow;
  readonly content: ItemContent | null;
  readonly vector: StoredVector | null;
}

/** Place of an item in the list: saved date newest first (none: last), then id, then scope. */
interface Place {
  readonly scope: string;
  readonly date: string;
  readonly itemId: string;
}

export const DEFAULT_STATES = ['active', 'held'] as const;

/** What people ask. See ItemStore for each. */
export class PeopleReads {
  readonly #catalog: Catalog;
  readonly #items: ItemDocuments;

  constructor(catalog: Catalog, items: ItemDocuments) {
    this.#catalog = catalog;
    this.#items = items;
  }

  async totals(): Promise<readonly ScopeTotals[]> {
    const totals: ScopeTotals[] = [];
    for (const log of await this.#catalog.logs())
      for (const [key, value] of await allOf(log, MAIN, prefixOf('totals')))
        totals.push({ scope: splitKey(key)[1] ?? '', ...(value as Totals) });
    return totals;
  }

  async item(scope: string, itemId: string): Promise<StoredItem | null> {
    const log = await this.#catalog.logOf(scope);
    const stored = (await log?.get(rowsOf(scope), itemId)) as StoredRow | undefined;
    if (stored === undefined) return null;
    const document = stored.cas === undefined ? null : await this.#items.read(scope, itemId);
    return {
      row: decodeRow(itemId, stored),
      content: document?.content ?? null,
      vector: document === null ? null : vectorOf(document),
    };
  }

  async history(scope: string, itemId: string): Promise<readonly HistoryEntry[]> {
    const log = await this.#catalog.logOf(scope);
    if (log === null) return [];
    const entries = await allOf(log, historyOf(scope), prefixOf(itemId));
    return entries.map(([, entry]) => ({ scope, itemId, ...(entry as Omit<HistoryEntry, 'scope' | 'itemId'>) }));
  }

  async held(): Promise<readonly HeldGroup[]> {
    const groups = new Map<string, HeldGroup & { readonly itemIds: string[] }>();
    for (const log of await this.#catalog.logs()) {
      for (const [key, decided] of await allOf(log, WORK, prefixOf('held'))) {
        const [, id = '', scope = '', itemId = ''] = splitKey(key);
        const group = groups.get(id);
        const createdAt = group?.createdAt ?? (await this.#heldSince(scope, itemId, decided as number));
        const itemIds = [...(group?.itemIds ?? []), itemId];
        groups.set(id, { id, scope: group?.scope ?? scope, count: itemIds.length, createdAt, itemIds });
      }
    }
    return [...groups.values()];
  }

  /** See ItemStore.digest: over the rows themselves, so that it tells of every one of them. */
  async digest(scope?: string): Promise<string> {
    const digest = new SetDigest();
    for (const name of await this.#catalog.scopes()) {
      const log = scope === undefined || scope === name ? await this.#catalog.logOf(name) : null;
      if (log === null) continue;
      for await (const rows of rowPages(log, name)) {
        for (const { itemId, state, pinned, blocked, hidden, contentHash, vectorHash } of rows)
          digest.add(JSON.stringify([name, itemId, state, pinned, blocked, hidden, contentHash, vectorHash]));
      }
    }
    return digest.toString();
  }

  async list(
    filter: ItemFilter,
    limit: number,
    after: string | null,
  ): Promise<{ readonly items: readonly ItemSummary[]; readonly next: string | null }> {
    const from = after === null ? null : decodeCursor(after);
    const found = await this.#places(filter, limit + 1, from);
    const page = found.slice(0, limit);
    const last = page.at(-1);
    return {
      items: await this.summaries(page),
      next: found.length > limit && last !== undefined ? encodeCursor(last) : null,
    };
  }

  /** Passes over every place before it, but over no item. */
  async listAt(filter: ItemFilter, limit: number, offset: number): Promise<readonly ItemSummary[]> {
    return this.summaries((await this.#places(filter, offset + limit, null)).slice(offset));
  }

  /** Passes over every place. */
  async count(filter: ItemFilter): Promise<number> {
    let count = 0;
    for (const scope of await this.#catalog.scopes(filter)) {
      const log = await this.#catalog.logOf(scope);
      for (const state of log === null ? [] : new Set(filter.states ?? DEFAULT_STATES))
        if (log !== null) count += (await placesBehind(log, scope, state, filter, Infinity, null)).length;
    }
    return count;
  }

  /** The first places behind `from`, in order. */
  async #places(filter: ItemFilter, limit: number, from: Place | null): Promise<readonly Place[]> {
    const found: Place[] = [];
    for (const scope of await this.#catalog.scopes(filter)) {
      const log = await this.#catalog.logOf(scope);
      for (const state of log === null ? [] : new Set(filter.states ?? DEFAULT_STATES))
        if (log !== null) found.push(...(await placesBehind(log, scope, state, filter, limit, from)));
    }
    return found.sort(comparePlaces).slice(0, limit);
  }

  /** What a list shows of items. */
  async summaries(items: readonly Pick<Place, 'scope' | 'itemId'>[]): Promise<readonly ItemSummary[]> {
    const shown = await inParallel(items, async ({ scope, itemId }) => {
      const item = await this.item(scope, itemId);
      return item === null ? [] : [summaryOf(scope, item)];
    });
    return shown.flat();
  }

  /** The hold is the last decision of the items that it holds. */
  async #heldSince(scope: string, itemId: string, decided: number): Promise<number> {
    const entries = await this.history(scope, itemId);
    return entries.find(({ position }) => position === decided)?.at ?? 0;
  }
}

export function summaryOf(scope: string, { row, content }: Pick<StoredItem, 'row' | 'content'>): ItemSummary {
  const { itemId, state, pinned, blocked, hidden, unavailable, savedAt } = row;
  return {
    scope,
    itemId,
    state,
    pinned,
    blocked,
    hidden,
    unavailable,
    savedAt,
    stub: row.content !== 'full',
    hasVector: row.vectorHash !== '',
    hasThumbnail: content !== null && content.thumbnailUrl !== null,
    title: content?.title ?? null,
    url: content?.url ?? null,
    author: content?.author ?? null,
  };
}

const PAGE = 1_000;

/** The next places of one scope and state, hidden ones left out unless they are wanted. */
async function placesBehind(
  log: PartitionLog,
  scope: string,
  state: string,
  filter: ItemFilter,
  limit: number,
  from: Place | null,
): Promise<readonly Place[]> {
  const places: Place[] = [];
  const prefix = prefixOf(state);
  const dates = dateRange(filter);
  const isFrom = from !== null && (dates.behind === null || from.date > dates.behind);
  let after = dates.behind === null ? null : joinKey(state, dates.behind, BEHIND_IDS);
  if (isFrom) after = joinKey(state, from.date, from.itemId);
  // In scopes behind that of the cursor, an item of the same date and id is still to come.
  if (isFrom && after !== null && scope > from.scope && from.date <= dates.upTo) {
    const hidden = await log.get(datesOf(scope), after);
    if (hidden !== undefined && (hidden === 0 || filter.includeHidden === true))
      places.push({ scope, date: from.date, itemId: from.itemId });
  }
  while (places.length < limit) {
    const page = await log.page(datesOf(scope), Math.min(limit, PAGE), { after, prefix });
    for (const [key, hidden] of page) {
      const [, date = '', itemId = ''] = splitKey(key);
      if (date > dates.upTo) return places.slice(0, limit);
      if (hidden === 0 || filter.includeHidden === true) places.push({ scope, date, itemId });
    }
    if (page.length < Math.min(limit, PAGE)) break;
    after = page.at(-1)?.[0] ?? null;
  }
  return places.slice(0, limit);
}

/** Behind every item id: they are printable ASCII. */
export const BEHIND_IDS = '\u007f';
/** Behind every date, as a key has it. */
const BEHIND_DATES = '\uffff';

/** Dates as keys have them, with their sign turned; items without one stand at 1, behind all others. */
export function dateRange({ savedFrom, savedBefore }: ItemFilter): {
  readonly behind: string | null;
  readonly upTo: string;
} {
  const isLimited = savedFrom !== undefined || savedBefore !== undefined;
  return {
    behind: savedBefore === undefined ? null : sortable(-savedBefore),
    upTo: isLimited ? sortable(Math.min(0, -(savedFrom ?? 0))) : BEHIND_DATES,
  };
}

/** Where a filter is by date, items that have none are left out. */
export function fitsDates(filter: ItemFilter, savedAt: number | null): boolean {
  const { behind, upTo } = dateRange(filter);
  const place = sortable(-(savedAt ?? -1));
  return (behind === null || place > behind) && place <= upTo;
}

function comparePlaces(a: Place, b: Place): number {
  return compare(a.date, b.date) || compare(a.itemId, b.itemId) || compare(a.scope, b.scope);
}

function encodeCursor({ date, itemId, scope }: Place): string {
  return Buffer.from(JSON.stringify([date, itemId, scope])).toString('base64url');
}

function decodeCursor(cursor: string): Place {
  try {
    const [date, itemId, scope] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[];
    if (typeof date === 'string' && typeof itemId === 'string' && typeof scope === 'string')
      return { date, itemId, scope };
  } catch {
    // Said below.
  }
  throw new InputError('this is no place in the list: use the `next` of the page before', { after: cursor });
}
