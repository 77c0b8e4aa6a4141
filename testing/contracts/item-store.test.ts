import { StoreUnavailableError } from '../../core/errors.ts';
import type { ChangeSet, RefusedItem } from '../../core/ports/item-store.ts';
import { MemoryItemStore } from '../memory-store/memory-item-store.ts';
import { testItemStore } from './item-store.ts';
import type { ItemStoreHarness } from './item-store-suite.ts';

/** The store in maps, which random changes of every other store are compared with, has to pass the same tests. */
function createHarness(): ItemStoreHarness {
  const spoilt = new Set<string>();
  class Store extends MemoryItemStore {
    override refuse = (scope: string, itemId: string): boolean => spoilt.has(`${scope} ${itemId}`);
    override async commit(change: ChangeSet): Promise<readonly RefusedItem[]> {
      const refused = await super.commit(change);
      spoilt.clear();
      return refused;
    }
  }
  const store = new Store();
  const none = (): never => {
    throw new Error('a store in memory has no files');
  };
  return {
    open: () => store,
    spoil: (change) => {
      spoilt.add(`${change.scope} ${change.row.itemId}`);
      return change;
    },
    whileUnavailable: async (work) => {
      store.beforeCommit = () => {
        throw new StoreUnavailableError('made unavailable by the test');
      };
      await work();
      store.beforeCommit = () => undefined;
    },
    bytes: none,
    backupFile: '',
    openBackup: none,
    close: () => undefined,
  };
}

testItemStore('A store in maps', createHarness, [
  'backup',
  'erasure',
  'reopen',
  'word search',
  'vector search',
  'scope prefixes',
  'held since',
]);
