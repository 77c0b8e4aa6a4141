import type { ItemSummary } from '../../core/ports/item-store.ts';
import type { App } from '../app.ts';
import { isoOf } from './format.ts';

/** Of an item in the trash; all others have none of these. */
export interface TrashTimes {
  /** when it went there */
  readonly removedAt: string | null;
  /** from when on it is purged, unless it is restored */
  readonly purgeAt: string | null;
}

const NONE: TrashTimes = { removedAt: null, purgeAt: null };

/** Tells the times of each of these. Asks the ledger about those that are in the trash alone. */
export async function trashTimesOf(
  app: App,
  items: readonly ItemSummary[],
): Promise<(item: ItemSummary) => TrashTimes> {
  const byScope = new Map<string, string[]>();
  for (const { scope, itemId, state } of items) {
    if (state !== 'trash') continue;
    const itemIds = byScope.get(scope);
    if (itemIds === undefined) byScope.set(scope, [itemId]);
    else itemIds.push(itemId);
  }
  const times = new Map<string, TrashTimes>();
  for (const [scope, itemIds] of byScope) {
    for (const [itemId, { trashedAt, pinned }] of await app.store.rows(scope, itemIds)) {
      const isKept = trashedAt === null || pinned;
      const purgeAt = isKept ? null : isoOf(trashedAt + app.config.trashMs);
      times.set(`${scope} ${itemId}`, { removedAt: isoOf(trashedAt), purgeAt });
    }
  }
  return ({ scope, itemId }) => times.get(`${scope} ${itemId}`) ?? NONE;
}
