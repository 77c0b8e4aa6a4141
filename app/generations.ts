import { existsSync } from 'node:fs';
import type { ItemStore } from '../core/ports/item-store.ts';
import { openSqliteStore } from '../sinks/sqlite/sqlite-store.ts';
import { removeStoreFile, storedGenerations, storeFile } from './data-folder.ts';

/** The stores that lie beside each other, by number: a rebuild makes the next one while another serves (law 8). */
export interface Generations {
  /** Creates it where it is not there. */
  open(generation: number): Promise<ItemStore>;
  exists(generation: number): Promise<boolean>;
  /** In ascending order. */
  list(): Promise<readonly number[]>;
  /** Removes everything of it; nothing where it is not there. Can be repeated after it was cut off. */
  remove(generation: number): Promise<void>;
}

/** Each in a file of the data folder. */
export function sqliteGenerations(dataDir: string): Generations {
  return {
    open: (generation) => openSqliteStore({ file: storeFile(dataDir, generation) }),
    exists: async (generation) => existsSync(storeFile(dataDir, generation)),
    list: async () => storedGenerations(dataDir),
    remove: async (generation) => removeStoreFile(dataDir, generation),
  };
}
