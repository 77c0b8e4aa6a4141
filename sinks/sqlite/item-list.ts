import { InputError } from '../../core/errors.ts';
import type { ItemFilter, ItemSummary } from '../../core/ports/item-store.ts';
import type { Database, Statement } from '../../sqlite/open.ts';
import { stateNumber } from './flags.ts';
import type { ScopeIds } from './scope-ids.ts';
import { type RawSummary, SUMMARY_COLUMNS, toSummary } from './summaries.ts';

/** Place of an item in the list: saved date newest first (none: last), then id, then scope. */
interface Place {
  /** the saved date with its sign turned, so that everything ascends */
  readonly order: number;
  readonly itemId: string;
  readonly scope: string;
}

interface Entry extends Place {
  readonly summary: ItemSummary;
}

export const DEFAULT_STATES = ['active', 'held'] as const;

/** Pages through items in the order that people read them. */
export class ItemList {
  readonly #db: Database;
  readonly #scopes: ScopeIds;
  readonly #statements = new Map<string, Statement<unknown[], RawSummary>>();

  constructor(db: Database, scopes: ScopeIds) {
    this.#db = db;
    this.#scopes = scopes;
  }

  /**
   * One range of an index for each scope and state, merged: there are few of both.
   *
   * @throws InputError when `after` is no cursor of ours.
   */
  page(
    filter: ItemFilter,
    limit: number,
    after: string | null,
  ): { readonly items: readonly ItemSummary[]; readonly next: string | null } {
    const from = after === null ? null : decodeCursor(after);
    const found: Entry[] = [];
    for (const scopeId of this.#scopes.matching(filter)) {
      const scope = this.#scopes.name(scopeId);
      for (const state of new Set(filter.states ?? DEFAULT_STATES)) {
        const statement = this.#statement(
          stateNumber(state),
          filter.includeHidden ?? false,
          from !== null && scope > from.scope,
        );
        const rows = statement.all(scopeId, from?.order ?? Number.MIN_SAFE_INTEGER, from?.itemId ?? '', limit + 1);
        for (const raw of rows)
          found.push({ order: -(raw[3] ?? -1), itemId: raw[1], scope, summary: toSummary(scope, raw) });
      }
    }
    const page = found.sort(comparePlaces).slice(0, limit);
    const last = page.at(-1);
    return {
      items: page.map((entry) => entry.summary),
      next: found.length > limit && last !== undefined ? encodeCursor(last) : null,
    };
  }

  /** `inclusive`: in scopes behind that of the cursor, an item of the same date and id is still to come. */
  #statement(state: number, includeHidden: boolean, inclusive: boolean): Statement<unknown[], RawSummary> {
    const key = `${state} ${includeHidden} ${inclusive}`;
    const known = this.#statements.get(key);
    if (known !== undefined) return known;
    const statement = this.#db
      .prepare<unknown[], RawSummary>(
        `SELECT ${SUMMARY_COLUMNS} FROM ledger l LEFT JOIN items i ON i.doc_id = l.doc_id
         WHERE (l.flags & 7) = ${state} AND l.scope_id = ?
           AND (-ifnull(l.saved_at, -1), l.item_id) ${inclusive ? '>=' : '>'} (?, ?)
           ${includeHidden ? '' : 'AND (l.flags & 32) = 0'}
         ORDER BY -ifnull(l.saved_at, -1), l.item_id LIMIT ?`,
      )
      .raw();
    this.#statements.set(key, statement);
    return statement;
  }
}

function comparePlaces(a: Place, b: Place): number {
  if (a.order !== b.order) return a.order - b.order;
  if (a.itemId !== b.itemId) return a.itemId < b.itemId ? -1 : 1;
  return a.scope < b.scope ? -1 : 1;
}

function encodeCursor({ order, itemId, scope }: Place): string {
  return Buffer.from(JSON.stringify([order, itemId, scope])).toString('base64url');
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
