import { collect, type Library, type LibraryParts } from '../contender.ts';
import { Table } from './table.ts';

/** The same share as Hoardarr's guard has, so that the rules are compared and not the numbers. */
const MOST_PERCENT = 25;

/**
 * The set difference, behind Backstage's two options for incremental ingestion: `rejectRemovalsAbovePercentage`, and
 * `rejectEmptySourceCollections: true`. What is rejected is looked at anew each time, as since the fix of its sweep.
 */
export function percentageGuard(parts: LibraryParts): Library {
  const table = new Table(parts);
  return {
    async full(pages) {
      const items = await collect(pages);
      const before = table.ids.size;
      await table.upsert(items);
      const listed = new Set(items.map(({ id }) => id));
      const missing = [...table.ids].filter((id) => !listed.has(id));
      if (items.length === 0 || (missing.length / before) * 100 > MOST_PERCENT) return;
      table.delete(missing);
    },
    upsert: (items) => table.upsert(items),
    ids: async () => table.ids,
  };
}
