import { FencedError } from '../../core/errors.ts';
import { inParallel } from './documents.ts';
import type { Overlay } from './overlay.ts';
import { type Directory, type ShardEntry, type SortedTables, type StoredDirectory, shardFor } from './sorted-table.ts';

/** Shards that are in memory at once while tables are merged. */
const CONCURRENT_SHARDS = 6;

/**
 * What a merge works on. `isOwner` asks whether this process is still the one that writes the partition: asked after a
 * directory was read, so that whoever takes over later changes that very version.
 */
export interface Merging {
  readonly tables: SortedTables;
  readonly overlay: Overlay;
  readonly isOwner: () => Promise<boolean>;
}

/**
 * Merges what an overlay holds into a table. Can be cut off anywhere and made again: new shards get numbers that were
 * reserved before, and show only when the directory names them; until then the old ones stand, and the segments with them.
 *
 * @throws FencedError when somebody else merges the same table
 */
export async function mergeTable(merging: Merging, table: string): Promise<void> {
  const { tables, overlay } = merging;
  const swept = await sweepTable(merging, table);
  const groups = groupByShard(swept.directory.shards, overlay.keys(table));
  if (groups.length === 0) return;
  const reserved = await reserve(merging, table, swept, groups);
  const { directory } = reserved;
  let number = swept.directory.next;
  const written = await inParallel(
    groups,
    async ({ index, keys }) => {
      const old = directory.shards[index];
      const shard = old === undefined ? null : await tables.shard(table, old);
      const entries = mergeEntries(shard?.keys ?? [], shard?.values ?? new Map(), keys, table, overlay);
      const pieces: ShardEntry[] = [];
      for (const piece of cut(entries, tables.shardBytes)) {
        const isFirst = pieces.length === 0 && old !== undefined;
        const entry: ShardEntry = [isFirst ? old[0] : (piece.entries[0]?.[0] ?? ''), number++, piece.bytes];
        const cas = await tables.documents.put(
          tables.shardKey(table, entry[1]),
          { type: 'shard', table, ...piece },
          null,
        );
        if (cas === null) throw new FencedError(`another sink wrote shard ${entry[1]} of the table ${table}`);
        pieces.push(entry);
      }
      return pieces;
    },
    CONCURRENT_SHARDS,
  );
  const touched = new Map(groups.map(({ index }, i) => [index, written[i] ?? []]));
  const shards =
    directory.shards.length === 0
      ? (written[0] ?? [])
      : directory.shards.flatMap((entry, index) => touched.get(index) ?? [entry]);
  const replaced = groups.flatMap(({ index }) => directory.shards[index]?.[1] ?? []);
  await publish(tables, table, reserved, { shards: startingAtFirst(shards), replaced, reserved: null });
}

/** Removes the documents of shards that were replaced, or written by a merge that was cut off. */
export async function sweepTable({ tables, isOwner }: Merging, table: string): Promise<StoredDirectory> {
  const stored = await tables.directory(table);
  if (!(await isOwner())) throw new FencedError(`another sink took over before the table ${table} was merged`);
  const { replaced, reserved, shards } = stored.directory;
  if (replaced.length === 0 && reserved === null) return stored;
  const named = new Set(shards.map(([, number]) => number));
  const gone = [...replaced];
  for (let number = reserved?.[0] ?? 0; number < (reserved?.[1] ?? 0); number++)
    if (!named.has(number)) gone.push(number);
  await inParallel(gone, async (number) => {
    await tables.documents.remove(tables.shardKey(table, number));
    tables.forgetShard(table, number);
  });
  return publish(tables, table, stored, { replaced: [], reserved: null });
}

/** Writes the directory anew: only on the version that was read. */
async function publish(
  tables: SortedTables,
  table: string,
  { directory, cas }: StoredDirectory,
  changed: Partial<Directory>,
): Promise<StoredDirectory> {
  const next: Directory = { ...directory, ...changed };
  const written = await tables.documents.put(tables.directoryKey(table), next, cas);
  if (written === null) throw new FencedError(`another sink merges the table ${table}`);
  const stored = { directory: next, cas: written };
  tables.keep(table, stored);
  return stored;
}

async function reserve(
  { tables, overlay }: Merging,
  table: string,
  stored: StoredDirectory,
  groups: readonly Group[],
): Promise<StoredDirectory> {
  const { shards, next } = stored.directory;
  let bytes = 0;
  for (const key of overlay.keys(table)) bytes += sizeOf(key, overlay.get(table, key));
  const old = groups.reduce((sum, { index }) => sum + (shards[index]?.[2] ?? 0), 0);
  // More than the pieces can be: each closes when it is half full, or when the next entry would be too much.
  const count = 3 * groups.length + 2 * Math.ceil((bytes + old) / tables.shardBytes) + 2;
  return publish(tables, table, stored, { next: next + count, reserved: [next, next + count] });
}

interface Group {
  readonly index: number;
  readonly keys: string[];
}

function groupByShard(shards: readonly ShardEntry[], keys: readonly string[]): readonly Group[] {
  const groups: Group[] = [];
  for (const key of keys) {
    const index = shardFor(shards, key);
    const last = groups.at(-1);
    if (last?.index === index) last.keys.push(key);
    else groups.push({ index, keys: [key] });
  }
  return groups;
}

type TableEntry = readonly [key: string, value: unknown];

function* mergeEntries(
  oldKeys: readonly string[],
  oldValues: ReadonlyMap<string, unknown>,
  newKeys: readonly string[],
  table: string,
  overlay: Overlay,
): Generator<TableEntry> {
  let next = 0;
  for (const key of newKeys) {
    for (; next < oldKeys.length && (oldKeys[next] ?? '') < key; next++) {
      const oldKey = oldKeys[next] ?? '';
      yield [oldKey, oldValues.get(oldKey)];
    }
    if (oldKeys[next] === key) next++;
    const value = overlay.get(table, key);
    if (value !== null && value !== undefined) yield [key, value];
  }
  for (; next < oldKeys.length; next++) {
    const oldKey = oldKeys[next] ?? '';
    yield [oldKey, oldValues.get(oldKey)];
  }
}

/** Into pieces of about equal size, none above the limit but where one entry is. */
function cut(
  entries: Iterable<TableEntry>,
  shardBytes: number,
): readonly { readonly entries: TableEntry[]; readonly bytes: number }[] {
  const all = [...entries].map((entry) => ({ entry, bytes: sizeOf(...entry) }));
  const total = all.reduce((sum, { bytes }) => sum + bytes, 0);
  const target = total / Math.ceil(total / shardBytes);
  const pieces: { entries: TableEntry[]; bytes: number }[] = [];
  for (const { entry, bytes } of all) {
    const last = pieces.at(-1);
    if (last === undefined || last.bytes >= target || last.bytes + bytes > shardBytes)
      pieces.push({ entries: [entry], bytes });
    else {
      last.entries.push(entry);
      last.bytes += bytes;
    }
  }
  return pieces;
}

function sizeOf(key: string, value: unknown): number {
  return key.length + (JSON.stringify(value) ?? '').length + 8;
}

/** The first shard takes every key below the second's. */
function startingAtFirst(shards: readonly ShardEntry[]): readonly ShardEntry[] {
  return shards.map((entry, i) => (i === 0 ? ['', entry[1], entry[2]] : entry));
}
