import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ItemChange, ItemStore } from '../../core/ports/item-store.ts';
import { testCommit } from './item-store-commit.ts';
import { testLedgerReads } from './item-store-ledger.ts';
import { testPeopleReads } from './item-store-people.ts';
import { testRandomChanges } from './item-store-random.ts';
import { testStoreSearch } from './item-store-search.ts';

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

/** What every ItemStore owes its callers. */
export function testItemStore(
  name: string,
  createHarness: () => ItemStoreHarness | Promise<ItemStoreHarness>,
  notSupported: readonly ItemStoreFeature[] = [],
): void {
  describe(`${name} as an item store`, () => {
    let harness: ItemStoreHarness;
    let store: ItemStore;
    const opened: ItemStore[] = [];
    const open = async (): Promise<ItemStore> => {
      const another = await harness.open();
      opened.push(another);
      return another;
    };
    beforeEach(async () => {
      harness = await createHarness();
      store = await open();
    });
    afterEach(async () => {
      for (const one of opened.splice(0)) await one.close();
      await harness.close();
    });

    const suite: ItemStoreSuite = {
      store: () => store,
      harness: () => harness,
      open,
      itWith: (feature, test, run) => {
        if (!notSupported.includes(feature)) it(test, run);
      },
    };
    describe('commit', () => testCommit(suite));
    describe('what the fold and maintenance read', () => testLedgerReads(suite));
    describe('what people read', () => testPeopleReads(suite));
    describe('search', () => testStoreSearch(suite));
    describe('random changes', () => testRandomChanges(createHarness));
    it(`leaves out ${notSupported.length === 0 ? 'nothing' : notSupported.join(', ')}`, () => {
      expect(new Set(notSupported).size).toBe(notSupported.length);
    });
  });
}
