import { collect, type Library, type LibraryParts } from '../contender.ts';
import { Table } from './table.ts';

/** The first list that lacks an item marks it, the next one removes it; whatever shows it again takes the mark away. */
export function twoPhaseTombstone(parts: LibraryParts): Library {
  const table = new Table(parts);
  let marked: ReadonlySet<string> = new Set();
  return {
    async full(pages) {
      const items = await collect(pages);
      await table.upsert(items);
      const listed = new Set(items.map(({ id }) => id));
      const missing = [...table.ids].filter((id) => !listed.has(id));
      table.delete(missing.filter((id) => marked.has(id)));
      marked = new Set(missing.filter((id) => !marked.has(id)));
    },
    async upsert(items) {
      await table.upsert(items);
      const seen = new Set(items.map(({ id }) => id));
      marked = new Set([...marked].filter((id) => !seen.has(id)));
    },
    ids: async () => table.ids,
  };
}
