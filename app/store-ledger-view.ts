import { scopeName } from '../core/keys.ts';
import type { ItemStore } from '../core/ports/item-store.ts';
import type { LedgerView } from '../core/ports/ledger-view.ts';

/** What producers may see of the store. */
export function createLedgerView(store: ItemStore): LedgerView {
  return {
    known: (scope, itemIds) => store.rows(scopeName(scope), itemIds),
    extraOf: async (scope, itemId) => (await store.item(scopeName(scope), itemId))?.content?.extra ?? null,
    applied: async (scope) => (await store.scope(scopeName(scope)))?.applied ?? null,
  };
}
