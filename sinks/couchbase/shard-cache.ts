/** Entries of a shard, in order of key. A shard never changes: its successors have other names. */
export interface Shard {
  readonly keys: readonly string[];
  readonly values: ReadonlyMap<string, unknown>;
}

/** What parsed entries take of memory, roughly, is this many times their JSON. */
export const MEMORY_OF_JSON = 3;

/** The shards read last, within a limit of bytes; shared by all partitions of a store. */
export class ShardCache {
  readonly #limitBytes: number;
  readonly #shards = new Map<string, { readonly shard: Shard; readonly bytes: number }>();
  #bytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get(name: string): Shard | undefined {
    const known = this.#shards.get(name);
    if (known === undefined) return undefined;
    this.#shards.delete(name);
    this.#shards.set(name, known);
    return known.shard;
  }

  put(name: string, shard: Shard, bytes: number): void {
    this.remove(name);
    this.#shards.set(name, { shard, bytes });
    this.#bytes += bytes;
    for (const oldest of this.#shards.keys()) {
      if (this.#bytes <= this.#limitBytes) return;
      this.remove(oldest);
    }
  }

  remove(name: string): void {
    const known = this.#shards.get(name);
    if (known === undefined) return;
    this.#shards.delete(name);
    this.#bytes -= known.bytes;
  }
}
