import type { Clock } from '../core/ports/clock.ts';
import type { Embedder } from '../core/ports/embedder.ts';
import type { ItemStore } from '../core/ports/item-store.ts';
import type { Telemetry } from '../core/ports/telemetry.ts';
import { createSearch, type Search } from '../search/hybrid.ts';

export type { MatchedBy } from '../search/fuse.ts';
export type { FoundItem, Search } from '../search/hybrid.ts';

/** Searches what the store holds now. */
export function createSearchFor(
  parts: { readonly store: ItemStore; readonly telemetry: Telemetry; readonly clock: Clock },
  embedder: () => Promise<Embedder>,
): Search {
  return createSearch({ store: parts.store, log: parts.telemetry.log, clock: parts.clock, embedder });
}
