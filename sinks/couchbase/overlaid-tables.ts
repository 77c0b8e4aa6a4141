import { inParallel } from './documents.ts';
import { firstBehind, type Overlay } from './overlay.ts';
import { type ShardEntry, type SortedTables, shardFor } from './sorted-table.ts';

/** Those of the keys that have a value: what the overlay says, else what the shards say. @throws StaleDirectoryError */
export async function valuesOf(
  tables: SortedTables,
  overlay: Overlay,
  table: string,
  keys: readonly string[],
): Promise<Map<string, unknown>> {
  const found = new Map<string, unknown>();
  const { shards } = (await tables.directory(table)).directory;
  const byShard = new Map<ShardEntry, string[]>();
  for (const key of keys) {
    const value = overlay.get(table, key);
    if (value !== undefined) {
      if (value !== null) found.set(key, value);
      continue;
    }
    const entry = shards[shardFor(shards, key)];
    if (entry === undefined) continue;
    const wanted = byShard.get(entry);
    if (wanted === undefined) byShard.set(entry, [key]);
    else wanted.push(key);
  }
  await inParallel([...byShard], async ([entry, wanted]) => {
    const { values } = await tables.shard(table, entry);
    for (const key of wanted) if (values.has(key)) found.set(key, values.get(key));
  });
  return found;
}

/**
 * Entries behind `after` (null: from the first) that begin with `prefix`, in order, at most `limit`.
 *
 * @throws StaleDirectoryError
 */
export async function pageOf(
  tables: SortedTables,
  overlay: Overlay,
  table: string,
  limit: number,
  { after = null, prefix = '' }: { readonly after?: string | null; readonly prefix?: string },
): Promise<readonly (readonly [key: string, value: unknown])[]> {
  const { shards } = (await tables.directory(table)).directory;
  const inclusive = after === null;
  const from = after ?? prefix;
  const overlaid = overlay.keys(table);
  const page: (readonly [string, unknown])[] = [];
  let next = firstBehind(overlaid, from, inclusive);
  const take = (key: string, value: unknown): boolean => {
    if (!key.startsWith(prefix)) return false;
    if (value !== null && value !== undefined) page.push([key, value]);
    return page.length < limit;
  };
  for (let index = shardFor(shards, from); index < shards.length; index++) {
    const shard = await tables.shard(table, shards[index] as ShardEntry);
    for (let i = firstBehind(shard.keys, from, inclusive); i < shard.keys.length; i++) {
      const key = shard.keys[i] ?? '';
      for (let other = overlaid[next]; other !== undefined && other < key; other = overlaid[++next])
        if (!take(other, overlay.get(table, other))) return page;
      if (overlaid[next] === key) next++;
      const overlaying = overlay.get(table, key);
      if (!take(key, overlaying === undefined ? shard.values.get(key) : overlaying)) return page;
    }
  }
  for (let other = overlaid[next]; other !== undefined; other = overlaid[++next])
    if (!take(other, overlay.get(table, other))) return page;
  return page;
}
