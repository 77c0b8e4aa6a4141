import { collect, type Library, type LibraryParts } from '../contender.ts';
import { Table } from './table.ts';

/** What is stored and not listed is removed. */
export function setDifference(parts: LibraryParts): Library {
  const table = new Table(parts);
  return {
    async full(pages) {
      const items = await collect(pages);
      await table.upsert(items);
      const listed = new Set(items.map(({ id }) => id));
      table.delete([...table.ids].filter((id) => !listed.has(id)));
    },
    upsert: (items) => table.upsert(items),
    ids: async () => table.ids,
  };
}
