import type { ItemChange, ItemStore } from '../../core/ports/item-store.ts';

/** One place where items are kept (a file, a bucket), fresh for each test. */
export interface ItemStoreHarness {
  /** Opens one more store on the same data. */
  open(): ItemStore | Promise<ItemStore>;
  /** Makes of a change one that the store refuses, while it takes the others of its batch. */
  spoil(change: ItemChange): ItemChange;
  /** While `work` runs, no commit can be written. */
  whileUnavailable(work: () => Promise<void>): Promise<void>;
  /** Everything that is on disk. */
  bytes(): readonly Uint8Array[];
  /** Where a backup may be written; and how it is opened. */
  readonly backupFile: string;
  openBackup(): Promise<ItemStore>;
  close(): void | Promise<void>;
}

/**
 * What an implementation may leave out, and says so:
 * `backup`; `erasure`: bytes on disk; `reopen`: data outlive the store object; `word search` and `vector search` beyond the
 * simplest; `scope prefixes` in filters; `held since`: when a hold began.
 */
export type ItemStoreFeature =
  | 'backup'
  | 'erasure'
  | 'reopen'
  | 'word search'
  | 'vector search'
  | 'scope prefixes'
  | 'held since';

export interface ItemStoreSuite {
  /** The store of the running test, and what it lies in. */
  readonly store: () => ItemStore;
  readonly harness: () => ItemStoreHarness;
  /** Opens one more store, which is closed after the test. */
  readonly open: () => Promise<ItemStore>;
  /** Declares a test that is run only where the feature is supported. */
  readonly itWith: (feature: ItemStoreFeature, name: string, test: () => Promise<void>) => void;
}
