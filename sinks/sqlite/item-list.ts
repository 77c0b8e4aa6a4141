import { InputError } from '../../core/errors.ts';
import type { ItemFilter, ItemSummary } from '../../core/ports/item-store.ts';
import type { Database, Statement } from '../../sqlite/open.ts';
import { type ListFilter, listFilterOf, scopeClause } from './list-filter.ts';
import type { ScopeIds } from './scope-ids.ts';
import { type RawSummary, SUMMARY_COLUMNS, toSummary } from './summaries.ts';

/** Place of an item in the list: saved date newest first (none: last), then id, then scope. */
interface Place {
  /** the saved date with its sign turned, so that everything ascends */
  readonly order: number;
  readonly itemId: string;
  readonly scope: string;
}

/** Behind every item id: they are printable ASCII. */
const BEHIND_IDS = '\u007f';

interface CountParameters {
  readonly after: number;
  readonly upTo: number;
  /** JSON of their numbers */
  readonly scopes: string;
}

interface PageParameters extends CountParameters {
  readonly itemId: string;
  readonly scopeId: number;
  readonly limit: number;
  readonly offset: number;
}

/** Pages through items in the order that people read them. */
export class ItemList {
  readonly #db: Database;
  readonly #scopes: ScopeIds;
  readonly #pages = new Map<string, Statement<[PageParameters], RawSummary>>();
  readonly #counts = new Map<string, Statement<[CountParameters], number>>();

  constructor(db: Database, scopes: ScopeIds) {
    this.#db = db;
    this.#scopes = scopes;
  }

  /** @throws InputError when `after` is no cursor of ours. */
  page(
    filter: ItemFilter,
    limit: number,
    after: string | null,
  ): { readonly items: readonly ItemSummary[]; readonly next: string | null } {
    const from = after === null ? null : decodeCursor(after);
    const found = this.#read(filter, limit + 1, 0, from);
    const page = found.slice(0, limit);
    const last = page.at(-1);
    return {
      items: page,
      next: found.length > limit && last !== undefined ? encodeCursor(last) : null,
    };
  }

  pageAt(filter: ItemFilter, limit: number, offset: number): readonly ItemSummary[] {
    return this.#read(filter, limit, offset, null);
  }

  count(filter: ItemFilter): number {
    const wanted = listFilterOf(filter, this.#scopes);
    if (wanted === null) return 0;
    const { after, upTo, scopeIds } = wanted;
    return this.#countOf(wanted).get({ after, upTo, scopes: JSON.stringify(scopeIds) }) ?? 0;
  }

  #read(filter: ItemFilter, limit: number, offset: number, from: Place | null): readonly ItemSummary[] {
    const wanted = listFilterOf(filter, this.#scopes);
    if (wanted === null) return [];
    // A cursor counts where it is further than the dates of the filter.
    const isFrom = from !== null && from.order > wanted.after;
    const rows = this.#pageOf(wanted).all({
      after: isFrom ? from.order : wanted.after,
      itemId: isFrom ? from.itemId : BEHIND_IDS,
      scopeId: isFrom ? (this.#scopes.find(from.scope) ?? 0) : 0,
      upTo: wanted.upTo,
      scopes: JSON.stringify(wanted.scopeIds),
      limit,
      offset,
    });
    return rows.map((raw) => toSummary(this.#scopes.name(raw[0]), raw));
  }

  /** The place is found on the index alone; only what is shown is looked up. A range for each group, merged by SQLite. */
  #pageOf(wanted: ListFilter): Statement<[PageParameters], RawSummary> {
    const scope = scopeClause(wanted);
    const key = `${wanted.groups.join()} ${scope}`;
    const known = this.#pages.get(key);
    if (known !== undefined) return known;
    const ranges = wanted.groups.map(
      (group) => `SELECT place, item_id, scope_id FROM ledger INDEXED BY ledger_dates
        WHERE shown = ${group} AND (place, item_id, scope_id) > (@after, @itemId, @scopeId)
          AND place <= @upTo ${scope}`,
    );
    const statement = this.#db
      .prepare<[PageParameters], RawSummary>(
        `SELECT ${SUMMARY_COLUMNS} FROM (${ranges.join(' UNION ALL ')} ORDER BY 1, 2, 3 LIMIT @limit OFFSET @offset) p
         CROSS JOIN ledger l ON l.scope_id = p.scope_id AND l.item_id = p.item_id
         LEFT JOIN items i ON i.doc_id = l.doc_id
         ORDER BY p.place, p.item_id, p.scope_id`,
      )
      .raw();
    this.#pages.set(key, statement);
    return statement;
  }

  #countOf(wanted: ListFilter): Statement<[CountParameters], number> {
    const scope = scopeClause(wanted);
    const key = `${wanted.groups.join()} ${scope}`;
    const known = this.#counts.get(key);
    if (known !== undefined) return known;
    const statement = this.#db
      .prepare<[CountParameters], number>(
        `SELECT count(*) FROM ledger INDEXED BY ledger_dates
         WHERE shown IN (${wanted.groups.join()}) AND place > @after
           AND place <= @upTo ${scope}`,
      )
      .pluck();
    this.#counts.set(key, statement);
    return statement;
  }
}

function encodeCursor({ savedAt, itemId, scope }: ItemSummary): string {
  return Buffer.from(JSON.stringify([-(savedAt ?? -1), itemId, scope])).toString('base64url');
}

function decodeCursor(cursor: string): Place {
  try {
    const [order, itemId, scope] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[];
    if (typeof order === 'number' && typeof itemId === 'string' && typeof scope === 'string')
      return { order, itemId, scope };
  } catch {
    // Said below.
  }
  throw new InputError('this is no place in the list: use the `next` of the page before', { after: cursor });
}
