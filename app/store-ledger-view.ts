import { scopeName } from '../core/keys.ts';
import type { ItemStore } from '../core/ports/item-store.ts';
import type { LedgerView } from '../core/ports/ledger-view.ts';

/** What producers may see of the store. */
export function createLedgerView(store: ItemStore): LedgerView {
  return {
    known: (scope, itemIds) => store.rows(scopeName(scope), itemIds),
    applied: async (scope) => (await store.scope(scopeName(scope)))?.applied ?? null,
  };
}
