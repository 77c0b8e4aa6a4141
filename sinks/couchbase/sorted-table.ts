import type { Documents } from './documents.ts';
import { compare } from './keys.ts';
import type { Shard, ShardCache } from './shard-cache.ts';
import { MEMORY_OF_JSON } from './shard-cache.ts';

/** A shard as its directory knows it: what its first key is not less than, the number in its name, bytes of JSON. */
export type ShardEntry = readonly [from: string, number: number, bytes: number];

/**
 * Which shards make up a table. Shards are immutable: a merge writes new ones under numbers that were reserved before, and
 * then publishes them here, by compare-and-set; so what a crash left is always known by its number.
 */
export interface Directory {
  readonly type: 'directory';
  readonly table: string;
  readonly shards: readonly ShardEntry[];
  /** the next number that was never given */
  readonly next: number;
  /** numbers of shards that were replaced, and still have to be removed */
  readonly replaced: readonly number[];
  /** numbers that a merge under way, or one that was cut off, may have written: from, and up to below */
  readonly reserved: readonly [number, number] | null;
}

export interface StoredDirectory {
  readonly directory: Directory;
  /** null: it was never written */
  readonly cas: string | null;
}

/** A shard went while it was wanted: the directory that named it is not the latest any more. */
export class StaleDirectoryError extends Error {
  override readonly name = 'StaleDirectoryError';
}

/** Reads tables of one partition: sorted maps from keys to JSON, in documents of bounded size. */
export class SortedTables {
  readonly documents: Documents;
  readonly shardBytes: number;
  readonly #partition: number;
  readonly #cache: ShardCache;
  readonly #directories = new Map<string, Promise<StoredDirectory>>();

  constructor(documents: Documents, partition: number, cache: ShardCache, shardBytes: number) {
    this.documents = documents;
    this.shardBytes = shardBytes;
    this.#partition = partition;
    this.#cache = cache;
  }

  directoryKey(table: string): string {
    return `table:${this.#partition}:${table}`;
  }

  shardKey(table: string, number: number): string {
    return `shard:${this.#partition}:${table}:${number}`;
  }

  /** As it was read last; `forget` makes it be read again. */
  directory(table: string): Promise<StoredDirectory> {
    const known = this.#directories.get(table);
    if (known !== undefined) return known;
    const reading = this.#readDirectory(table);
    this.#directories.set(table, reading);
    reading.catch(() => this.#directories.delete(table));
    return reading;
  }

  /** What was just written. */
  keep(table: string, stored: StoredDirectory): void {
    this.#directories.set(table, Promise.resolve(stored));
  }

  forget(): void {
    this.#directories.clear();
  }

  /** @throws StaleDirectoryError */
  async shard(table: string, [, number]: ShardEntry): Promise<Shard> {
    const name = this.shardKey(table, number);
    const cached = this.#cache.get(name);
    if (cached !== undefined) return cached;
    const stored = await this.documents.get(name);
    if (stored === null) throw new StaleDirectoryError(`${name} is gone`);
    const { entries, bytes } = stored.value as { entries: readonly (readonly [string, unknown])[]; bytes: number };
    const shard: Shard = { keys: entries.map(([key]) => key), values: new Map(entries) };
    this.#cache.put(name, shard, bytes * MEMORY_OF_JSON);
    return shard;
  }

  forgetShard(table: string, number: number): void {
    this.#cache.remove(this.shardKey(table, number));
  }

  async #readDirectory(table: string): Promise<StoredDirectory> {
    const stored = await this.documents.get(this.directoryKey(table));
    if (stored !== null) return { directory: stored.value as Directory, cas: stored.cas };
    return {
      directory: { type: 'directory', table, shards: [], next: 0, replaced: [], reserved: null },
      cas: null,
    };
  }
}

/** Index of the shard that a key belongs to; 0 where it comes before the first. */
export function shardFor(shards: readonly ShardEntry[], key: string): number {
  let low = 0;
  let high = shards.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compare(shards[middle]?.[0] ?? '', key) <= 0) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
}
