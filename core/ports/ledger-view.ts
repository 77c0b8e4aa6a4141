import type { Scope } from '../keys.ts';
import type { AppliedSnapshot, LedgerRow } from '../ledger.ts';

/** What a producer asks about an item before it says anything of it. */
export type KnownItem = Pick<LedgerRow, 'state' | 'blocked' | 'content' | 'savedAt' | 'documentHash'>;

/**
 * The ledger as producers see it: read only, and behind the log by what is still on its way. A producer uses it to leave
 * out what is known already, never to decide what is true.
 */
export interface LedgerView {
  /** Those of the items that have a row, by item id. */
  known(scope: Scope, itemIds: readonly string[]): Promise<ReadonlyMap<string, KnownItem>>;
  /** `extra` of the item's document, JSON; null where nothing is stored of it. */
  extraOf(scope: Scope, itemId: string): Promise<string | null>;
  /** The snapshot last applied to the scope; null when there was none. */
  applied(scope: Scope): Promise<AppliedSnapshot | null>;
}
