import type { Library, LibraryParts, SavedItem } from '../contender.ts';
import { Table } from './table.ts';

/** Records that a target keeps before it writes them; the SDK's own are in the thousands, and walks here are short. */
const MAX_BATCH = 25;

/**
 * Singer's ACTIVATE_VERSION, as targets are to treat it: each walk has a version, records carry it, the message that activates
 * it comes after the last record, is handled after these were written, and removes every row of an older version. A walk that
 * fails sends none.
 */
export function activateVersion(parts: LibraryParts): Library {
  const table = new Table(parts);
  const versions = new Map<string, number>();
  const write = async (items: readonly SavedItem[], version: number): Promise<void> => {
    await table.upsert(items);
    for (const { id } of items) versions.set(id, version);
  };
  return {
    async full(pages) {
      const version = parts.now();
      let waiting: SavedItem[] = [];
      for await (const page of pages) {
        waiting.push(...page);
        if (waiting.length < MAX_BATCH) continue;
        await write(waiting, version);
        waiting = [];
      }
      await write(waiting, version);
      table.delete([...table.ids].filter((id) => (versions.get(id) ?? 0) < version));
    },
    upsert: (items) => write(items, parts.now()),
    ids: async () => table.ids,
  };
}
