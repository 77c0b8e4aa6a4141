import { PoisonError } from '../core/errors.ts';
import { isItemId } from '../core/keys.ts';
import type { Decoded } from '../core/ports/schema-codec.ts';

/** @throws PoisonError for an id that no provider has */
export function checkItemIds({ type, value }: Decoded): void {
  const ids =
    type === 'SnapshotChunk'
      ? value.itemIds
      : type === 'EnrichedItem'
        ? [value.item.itemId]
        : type === 'RawItem' || type === 'ItemVerdict' || type === 'Decision' || type === 'LateVector'
          ? [value.itemId]
          : [];
  const wrong = ids.find((id) => !isItemId(id));
  if (wrong !== undefined) throw new PoisonError(`${JSON.stringify(wrong.slice(0, 100))} is no item id`);
}
