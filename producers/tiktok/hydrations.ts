import type { KnownItem } from '../../core/ports/ledger-view.ts';
import type { ProviderItem } from '../../core/ports/provider.ts';
import type { RunRecord } from '../run-writer.ts';
import type { Favorites } from './parse/favorites.ts';
import { COLLECTION, toHydration } from './provider.ts';

export interface Hydrations {
  /** to be written before the snapshot is applied */
  readonly now: readonly RunRecord[];
  /** of purged items: to be written after it */
  readonly afterwards: readonly RunRecord[];
}

/** What an import has to say of these items beyond that they are there: only what the ledger does not know (law 6). */
export function hydrationsOf(
  itemIds: readonly string[],
  favorites: Favorites,
  known: ReadonlyMap<string, KnownItem>,
): Hydrations {
  const now: RunRecord[] = [];
  const afterwards: RunRecord[] = [];
  for (const itemId of itemIds) {
    const row = known.get(itemId);
    if (row?.blocked === true) continue;
    const item = toHydration({
      itemId,
      savedAt: favorites.savedAt.get(itemId) ?? null,
      details: favorites.details.get(itemId) ?? null,
      oembed: null,
    });
    if (row !== undefined && !says(item, row)) continue;
    (row?.state === 'purged' ? afterwards : now).push({ type: 'RawItem', value: { ...item, collection: COLLECTION } });
  }
  return { now, afterwards };
}

function says(item: ProviderItem, row: KnownItem): boolean {
  if (row.content === 'none' || row.state === 'purged') return true;
  if (item.content === 'full' && (row.content !== 'full' || row.documentHash !== item.documentHash)) return true;
  return item.document.savedAt !== null && item.document.savedAt !== row.savedAt;
}
