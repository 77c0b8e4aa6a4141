import type { AccountRow, HistoryEntry, LedgerGlance, LedgerRow, RunRow, ScopeRow } from '../ledger.ts';
import type { TopicName } from './event-log.ts';

/** What is shown and searched of an item. */
export interface ItemContent {
  readonly url: string;
  readonly title: string | null;
  readonly author: string | null;
  readonly body: string | null;
  readonly savedAt: number | null;
  readonly createdAt: number | null;
  readonly thumbnailUrl: string | null;
  /** JSON object: what only this provider has */
  readonly extra: string;
  /** what the provider sent, JSON */
  readonly payload: string | null;
}

export interface StoredVector {
  readonly model: string;
  readonly dimensions: number;
  /** little-endian float32 */
  readonly bytes: Uint8Array;
}

/** A row to write, with what else changes of its item. */
export interface ItemChange {
  readonly scope: string;
  readonly row: LedgerRow;
  /** undefined: as it was; null: erase, also from the bytes on disk once eraseFreed was called */
  readonly content?: ItemContent | null;
  readonly vector?: StoredVector | null;
  /** removes the item's history entries that are erasable (before entries of the same change are added) */
  readonly eraseHistory?: boolean;
}

/** What a sink owes (law 10): stored with the applied position, sent from there until acknowledged. */
export interface OutboxEntry {
  /** unique: an entry that is stored again replaces the first */
  readonly id: string;
  readonly topic: TopicName;
  /** account name, which chooses the partition */
  readonly account: string;
  readonly key: string;
  readonly value: Uint8Array | null;
}

/** A staged chunk as it came: ids ascending, hashes 22 characters each or empty, dates or empty. */
export interface StagedChunk {
  readonly scope: string;
  readonly snapshotId: string;
  readonly index: number;
  readonly itemIds: readonly string[];
  readonly documentHashes: string;
  readonly savedAt: readonly number[];
}

/**
 * Everything that a batch of one partition changes. Applied all or nothing where the store can (SQLite: one transaction),
 * else in the order items, ledger, the rest, position, so that a replay repairs what a crash left.
 */
export interface ChangeSet {
  readonly partition: number;
  /**
   * Progress of the partition that this change was made on. When the store has another, somebody else applied records
   * meanwhile: nothing is written, and FencedError is thrown.
   */
  readonly expected: PartitionProgress;
  /** last applied position of this partition afterwards; offset in `enriched` to go on from */
  readonly position: number;
  readonly nextOffset: number;
  readonly items: readonly ItemChange[];
  readonly scopes: readonly ScopeRow[];
  readonly accounts: readonly AccountRow[];
  readonly runs: readonly RunRow[];
  readonly history: readonly HistoryEntry[];
  /** ids of decisions and redriven records, by which copies are known from now on */
  readonly events: readonly string[];
  readonly outbox: readonly OutboxEntry[];
  readonly chunks: readonly StagedChunk[];
  /** scopes whose staged chunks are thrown away (before `chunks` of the same change are added) */
  readonly discardChunks: readonly string[];
}

/** A stub whose content may be asked for (again). */
export interface DueStub {
  readonly scope: string;
  readonly itemId: string;
  readonly attempts: number;
  /** ms; null: not known */
  readonly firstSeenAt: number | null;
}

/** One item of a change that the store refused. */
export interface RefusedItem {
  readonly scope: string;
  readonly itemId: string;
  readonly error: string;
}

export interface PartitionProgress {
  /** -1 before anything was applied */
  readonly position: number;
  /** offset in `enriched` to go on from; below 0 in the middle of a snapshot that is long for the log: from its beginning */
  readonly nextOffset: number;
}

export interface ItemSummary {
  readonly scope: string;
  readonly itemId: string;
  readonly state: LedgerRow['state'];
  readonly pinned: boolean;
  readonly blocked: boolean;
  readonly hidden: boolean;
  readonly stub: boolean;
  readonly unavailable: boolean;
  readonly hasVector: boolean;
  readonly hasThumbnail: boolean;
  readonly title: string | null;
  readonly url: string | null;
  readonly author: string | null;
  readonly savedAt: number | null;
}

export interface ItemFilter {
  /** scope names start with this: `tiktok/me/favorites`, or a list of scope names */
  readonly scopes?: readonly string[];
  /** default: active and held, not hidden */
  readonly states?: readonly NonNullable<LedgerRow['state']>[];
  readonly includeHidden?: boolean;
  /** saved at or after this, ms since 1970; with one of these, items whose date is not known are left out */
  readonly savedFrom?: number;
  /** saved before this, ms since 1970 */
  readonly savedBefore?: number;
}

export interface SearchHit extends ItemSummary {
  /** what matched is taken from these */
  readonly content: ItemContent;
  /** vectors: cosine similarity, exact; text: bm25 as positive number, higher is better */
  readonly score: number;
}

export interface JournalFilter {
  /** names of scopes, or the first parts of them; absent: all */
  readonly scopes?: readonly string[];
  /** of those of core/journal.ts */
  readonly events: readonly string[];
}

export interface JournalEntry extends HistoryEntry {
  /** also the place of the entry: what `after` takes */
  readonly id: string;
}

export interface JournalPage {
  readonly entries: readonly JournalEntry[];
  readonly next: string | null;
}

export interface ScopeTotals {
  readonly scope: string;
  readonly active: number;
  readonly trash: number;
  readonly held: number;
  readonly purged: number;
  readonly pinned: number;
  readonly stub: number;
  readonly blocked: number;
  /** of active and held items with text, how many have a vector */
  readonly withVector: number;
  readonly withText: number;
}

export interface HeldGroup {
  readonly id: string;
  readonly scope: string;
  readonly count: number;
  readonly createdAt: number;
  readonly itemIds: readonly string[];
}

/**
 * The state of a collection: items, vectors, ledger, history, applied positions, outbox. One writer a partition; any number
 * of readers. Adapters: sinks/sqlite, sinks/couchbase. Every adapter passes testing/contracts/item-store.ts.
 * Methods reject with StoreUnavailableError when nothing was applied and the caller should back off and try again.
 */
export interface ItemStore {
  // ---- what the fold reads ----
  progress(partition: number): Promise<PartitionProgress>;
  account(account: string): Promise<AccountRow | null>;
  scope(scope: string): Promise<ScopeRow | null>;
  run(syncId: string): Promise<RunRow | null>;
  /** The run whose SyncStarted is the latest of the account before `position`. */
  runBefore(account: string, position: number): Promise<RunRow | null>;
  /** Runs that were caused by this one, directly. */
  runsCausedBy(syncId: string): Promise<readonly RunRow[]>;
  /** Rows that exist, by item id. */
  rows(scope: string, itemIds: readonly string[]): Promise<Map<string, LedgerRow>>;
  /** Rows of a scope in ascending order (UTF-16 code units, as `<` of JavaScript) of item id, after `after` (null: from the first). */
  glance(scope: string, after: string | null, limit: number): Promise<readonly LedgerGlance[]>;
  /** Which of these event ids were stored by an earlier change. */
  knownEvents(eventIds: readonly string[]): Promise<ReadonlySet<string>>;
  /** Staged chunks of a scope in order of index, one at a time, from `index`; null when there is none. */
  chunk(scope: string, snapshotId: string, index: number): Promise<StagedChunk | null>;

  // ---- what the sink writes ----
  /**
   * Resolves to the items that were refused, one by one; empty: everything was written. Where one was refused, the progress has
   * not moved, and nothing counts yet: the caller puts what it refused into the dead letters, and commits again without it, so
   * that a crash in between loses nothing. Rejects with FencedError, see ChangeSet.expected.
   */
  commit(change: ChangeSet): Promise<readonly RefusedItem[]>;
  /** The first entries; of these accounts only, without reading what the others owe. */
  outbox(limit: number, isOf?: (account: string) => boolean): Promise<readonly OutboxEntry[]>;
  acknowledge(ids: readonly string[]): Promise<void>;
  /** Erases what was deleted from the bytes on disk too. */
  eraseFreed(): Promise<void>;
  /** Whether any item of any scope still uses this text. */
  usesText(textHash: string): Promise<boolean>;

  // ---- what maintenance asks ----
  /** Items in the trash since before `before` (ms), not pinned. */
  expiredTrash(before: number, limit: number): Promise<readonly { readonly scope: string; readonly row: LedgerRow }[]>;
  /** Stubs in the collection whose retry is due, in an order that stays while they do, without the first `offset`. */
  dueStubs(now: number, limit: number, offset: number): Promise<readonly DueStub[]>;
  /**
   * How many rows with one of `kinds`, not pinned, blocked or hidden, last seen at or before `begin`, are in the collection XOR
   * listed (law 6). Rows that are not listed and were saved or seen after `asOf` (ms) do not count: the export is older.
   */
  countDifferences(scope: string, begin: number, kinds: readonly string[], asOf: number | null): Promise<number>;

  // ---- what people ask ----
  scopes(): Promise<readonly ScopeRow[]>;
  totals(): Promise<readonly ScopeTotals[]>;
  /** Order: saved date newest first, then id; `after` is the `next` of the page before. */
  list(
    filter: ItemFilter,
    limit: number,
    after: string | null,
  ): Promise<{ readonly items: readonly ItemSummary[]; readonly next: string | null }>;
  /** As `list`, the items behind the first `offset`. */
  listAt(filter: ItemFilter, limit: number, offset: number): Promise<readonly ItemSummary[]>;
  /** How many items `list` has in all its pages. */
  count(filter: ItemFilter): Promise<number>;
  item(
    scope: string,
    itemId: string,
  ): Promise<{
    readonly row: LedgerRow;
    readonly content: ItemContent | null;
    readonly vector: StoredVector | null;
  } | null>;
  history(scope: string, itemId: string): Promise<readonly HistoryEntry[]>;
  /** Entries of the histories of all items, by the time of their records, newest first; `after` is the `next` of the page before. */
  journal(filter: JournalFilter, limit: number, after: string | null): Promise<JournalPage>;
  held(): Promise<readonly HeldGroup[]>;
  searchText(query: string, filter: ItemFilter, limit: number): Promise<readonly SearchHit[]>;
  /** Binary-quantized scan, exact rescore. Empty when the store has vectors of another model. */
  searchVectors(vector: Float32Array, model: string, filter: ItemFilter, limit: number): Promise<readonly SearchHit[]>;
  /** Sum modulo 2^128 over all rows of the first 16 bytes of SHA-256 of scope, id, state, flags, content hash and vector hash; yields as it goes. */
  digest(scope?: string): Promise<string>;
  /** Writes a copy of everything, while running, to a file. */
  backup(file: string): Promise<void>;
  close(): Promise<void>;
}
