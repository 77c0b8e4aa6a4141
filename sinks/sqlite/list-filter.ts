import type { ItemFilter } from '../../core/ports/item-store.ts';
import { FLAG, stateNumber } from './flags.ts';
import type { ScopeIds } from './scope-ids.ts';

export const DEFAULT_STATES = ['active', 'held'] as const;

/** A filter in the terms of the index `ledger_dates`. */
export interface ListFilter {
  /** values of `shown` that are let through, ascending */
  readonly groups: readonly number[];
  /** null: all scopes */
  readonly scopeIds: readonly number[] | null;
  /** dates with their sign turned: behind this one, up to and with that one */
  readonly after: number;
  readonly upTo: number;
}

/** Null where nothing can fit. */
export function listFilterOf(filter: ItemFilter, scopes: ScopeIds): ListFilter | null {
  const states = [...new Set(filter.states ?? DEFAULT_STATES)].map(stateNumber);
  const groups = states.flatMap((state) => (filter.includeHidden === true ? [state, state | FLAG.hidden] : [state]));
  const scopeIds = filter.scopes === undefined ? null : scopes.matching(filter);
  if (groups.length === 0 || scopeIds?.length === 0) return null;
  const isAll = scopeIds === null || scopeIds.length === scopes.matching({}).length;
  return { groups: groups.sort((a, b) => a - b), scopeIds: isAll ? null : scopeIds, ...orderRange(filter) };
}

/** Items without a date stand at 1, behind all others: a range of dates ends before them. */
function orderRange({ savedFrom, savedBefore }: ItemFilter): { readonly after: number; readonly upTo: number } {
  const isLimited = savedFrom !== undefined || savedBefore !== undefined;
  return {
    after: savedBefore === undefined ? Number.MIN_SAFE_INTEGER : -savedBefore,
    upTo: isLimited ? Math.min(0, -(savedFrom ?? 0)) : Number.MAX_SAFE_INTEGER,
  };
}

/** True where a filter is by date. */
export function hasDates({ savedFrom, savedBefore }: ItemFilter): boolean {
  return savedFrom !== undefined || savedBefore !== undefined;
}

/** `@scopes` is JSON of the numbers of scopes; a single one, or all, is compared faster than a list. */
export function scopeClause({ scopeIds }: ListFilter): string {
  if (scopeIds === null) return '';
  return scopeIds.length === 1
    ? "AND scope_id = json_extract(@scopes, '$[0]')"
    : 'AND scope_id IN (SELECT value FROM json_each(@scopes))';
}
