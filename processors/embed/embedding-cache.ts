import type { ErasedText } from '../../core/erased-text.ts';

/** A vector that was paid for. */
export interface CachedVector {
  /** little-endian float32 */
  readonly vector: Uint8Array;
  /** the text exceeded the model and was cut */
  readonly truncated: boolean;
}

export interface CacheEntry extends CachedVector {
  /** hex SHA-256 of the vectorization text */
  readonly textHash: string;
}

/** An item that passed on without its vector, with all that its LateVector needs. */
export interface PendingVector {
  /** of its raw item's record in `ingest`; unique */
  readonly key: string;
  /** partition and offset of that record */
  readonly partition: number;
  readonly position: number;
  readonly provider: string;
  readonly user: string;
  readonly collection: string;
  readonly itemId: string;
  readonly textHash: string;
  readonly text: string;
}

export interface ClaimedVector extends PendingVector {
  /** how often it was claimed, this time included */
  readonly attempts: number;
}

export interface ClaimOptions {
  /** ms since the epoch */
  readonly now: number;
  readonly limit: number;
  /** Until then nobody else gets them, also after the claimer died. */
  readonly until: number;
  /** As long as an item is put off at most, ms: what would be due later was put off by a clock that was ahead, and is due now. */
  readonly longestMs: number;
  /**
   * Committed offset of each partition of `ingest`, by its number. What lies at or past it is left alone: its item may not
   * be in `enriched` yet, and a vector that comes before its item is lost.
   */
  readonly committed: readonly number[];
}

export interface ReserveOptions {
  /** names the reservation for `release`; one of the same name is replaced */
  readonly id: string;
  /** who is about to ask for the vectors; never in its own way */
  readonly owner: string;
  /** ms since the epoch */
  readonly now: number;
  /** From then on it keeps nobody off, also where nobody released it. */
  readonly until: number;
  /** owners whose reservations count no more, since they are dead */
  readonly over: readonly string[];
}

export interface Reserved {
  /** texts that nobody else asks for until they are released */
  readonly mine: ReadonlySet<string>;
  /** texts whose vectors are there by now */
  readonly found: ReadonlyMap<string, CachedVector>;
  /** owners of the reservations that the other texts are under */
  readonly others: ReadonlyMap<string, string>;
}

/**
 * Every vector ever made, by model and text (law 9), and the items that still wait for theirs (law 10). It belongs to the
 * processor; several processes may have it open. Adapter: processors/embed/sqlite.
 *
 * Every method rejects with the adapter's error where it could not be done as a whole: try again later.
 */
export interface EmbeddingCache {
  /** Those that are there. */
  getMany(model: string, textHashes: readonly string[]): Promise<ReadonlyMap<string, CachedVector>>;
  /**
   * Each text goes to one of those who ask at the same moment, in whichever processes (law 9). Never waits: whoever holds some
   * texts and asks again for others later stands in nobody's way for longer than its own request takes.
   */
  reserve(model: string, textHashes: readonly string[], options: ReserveOptions): Promise<Reserved>;
  /** Lets others have what is left of a reservation; a text whose vector is there needs none. One that is gone is no error. */
  release(id: string): Promise<void>;
  /** Replaces what is there, or leaves it. Survives the death of the process when it resolves. */
  putMany(model: string, entries: readonly CacheEntry[]): Promise<void>;
  /**
   * Deletes the texts' vectors, of all models, when no item uses the text any more (law 7); and of the items that wait for them only
   * those whose text was erased: another one that says the same may be on its way, where no store knows yet that it uses the text
   * (law 10).
   */
  remove(texts: readonly ErasedText[]): Promise<void>;
  /** Makes what was deleted unreadable in the bytes on disk. False while somebody else still reads: call it again later. */
  eraseFreed(): Promise<boolean>;

  /** Replaces entries of the same key. Survives a power cut when it resolves. */
  addPending(entries: readonly PendingVector[]): Promise<void>;
  /** Takes items that are due, the longest waiting first. */
  claimPending(options: ClaimOptions): Promise<readonly ClaimedVector[]>;
  /** Gives claimed items back; they are due again at the given time. */
  postponePending(keys: readonly string[], until: number): Promise<void>;
  removePending(keys: readonly string[]): Promise<void>;
  countPending(): Promise<number>;

  close(): Promise<void>;
}
