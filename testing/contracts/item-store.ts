import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ItemStore } from '../../core/ports/item-store.ts';
import { testCommit } from './item-store-commit.ts';
import { testLedgerReads } from './item-store-ledger.ts';
import { testPeopleReads } from './item-store-people.ts';
import { testRandomChanges } from './item-store-random.ts';
import { testStoreSearch } from './item-store-search.ts';
import type { ItemStoreFeature, ItemStoreHarness, ItemStoreSuite } from './item-store-suite.ts';

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
