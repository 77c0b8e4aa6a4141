import type { ErasedText } from '../core/erased-text.ts';
import { scopeName } from '../core/keys.ts';
import type {
  CachedVector,
  CacheEntry,
  ClaimedVector,
  ClaimOptions,
  EmbeddingCache,
  PendingVector,
  Reserved,
  ReserveOptions,
} from '../processors/embed/embedding-cache.ts';

/** The embedding cache in memory, for simulations that make many of them. */
export class MemoryEmbeddingCache implements EmbeddingCache {
  readonly #vectors = new Map<string, CachedVector>();
  readonly #reserved = new Map<string, { model: string; owner: string; until: number; mine: ReadonlySet<string> }>();
  readonly #pending = new Map<string, PendingVector & { attempts: number; dueAt: number }>();
  /** every write rejects while this is set, as where the disk is full */
  isFull = false;

  async getMany(model: string, textHashes: readonly string[]): Promise<ReadonlyMap<string, CachedVector>> {
    return this.#find(model, textHashes);
  }

  #find(model: string, textHashes: readonly string[]): ReadonlyMap<string, CachedVector> {
    const found = new Map<string, CachedVector>();
    for (const textHash of textHashes) {
      const vector = this.#vectors.get(`${textHash} ${model}`);
      if (vector !== undefined) found.set(textHash, vector);
    }
    return found;
  }

  async putMany(model: string, entries: readonly CacheEntry[]): Promise<void> {
    this.#checkWrite();
    for (const { textHash, vector, truncated } of entries)
      this.#vectors.set(`${textHash} ${model}`, { vector: Uint8Array.from(vector), truncated });
  }

  async reserve(model: string, textHashes: readonly string[], options: ReserveOptions): Promise<Reserved> {
    this.#checkWrite();
    const { id, owner, now, until, over } = options;
    const held = new Map<string, string>();
    for (const [name, each] of this.#reserved) {
      if (each.until <= now || over.includes(each.owner)) this.#reserved.delete(name);
      else if (each.model === model && each.owner !== owner)
        for (const textHash of each.mine) held.set(textHash, each.owner);
    }
    const [mine, found, others] = [new Set<string>(), this.#find(model, textHashes), new Map<string, string>()];
    for (const textHash of textHashes) {
      const other = held.get(textHash);
      if (found.has(textHash)) continue;
      if (other === undefined) mine.add(textHash);
      else others.set(textHash, other);
    }
    this.#reserved.set(id, { model, owner, until, mine });
    return { mine, found, others };
  }

  /** Whether somebody is about to ask for vectors. */
  get isReserved(): boolean {
    return [...this.#reserved.values()].some(({ mine }) => mine.size > 0);
  }

  async release(id: string): Promise<void> {
    this.#checkWrite();
    this.#reserved.delete(id);
  }

  async remove(texts: readonly ErasedText[]): Promise<void> {
    this.#checkWrite();
    const gone = new Set(texts.map(({ textHash }) => textHash));
    for (const key of this.#vectors.keys()) if (gone.has(key.split(' ')[0] ?? '')) this.#vectors.delete(key);
    for (const [key, waiting] of this.#pending)
      if (texts.some((text) => isErased(waiting, text))) this.#pending.delete(key);
  }

  async eraseFreed(): Promise<boolean> {
    return true;
  }

  async addPending(entries: readonly PendingVector[]): Promise<void> {
    this.#checkWrite();
    for (const entry of entries) this.#pending.set(entry.key, { ...entry, attempts: 0, dueAt: 0 });
  }

  async claimPending({ now, limit, until, longestMs, committed }: ClaimOptions): Promise<readonly ClaimedVector[]> {
    this.#checkWrite();
    const isDue = (at: number): boolean => at <= now || at > now + longestMs;
    const due = [...this.#pending.values()]
      .filter(({ dueAt, partition, position }) => isDue(dueAt) && position < (committed[partition] ?? 0))
      .sort((a, b) => a.dueAt - b.dueAt || a.position - b.position)
      .slice(0, limit);
    return due.map((entry) => {
      entry.dueAt = until;
      entry.attempts++;
      const { dueAt: _, ...claimed } = entry;
      return claimed;
    });
  }

  async postponePending(keys: readonly string[], until: number): Promise<void> {
    this.#checkWrite();
    for (const key of keys) {
      const entry = this.#pending.get(key);
      if (entry !== undefined) entry.dueAt = until;
    }
  }

  async removePending(keys: readonly string[]): Promise<void> {
    this.#checkWrite();
    for (const key of keys) this.#pending.delete(key);
  }

  async countPending(): Promise<number> {
    return this.#pending.size;
  }

  async close(): Promise<void> {}

  #checkWrite(): void {
    if (this.isFull) throw new Error('the disk is full');
  }
}

function isErased(waiting: PendingVector, { textHash, scope, itemId, position }: ErasedText): boolean {
  const isOf = waiting.textHash === textHash && scopeName(waiting) === scope && waiting.itemId === itemId;
  return isOf && (position === null || waiting.position <= position);
}
