import path from 'node:path';
import type { MetadataStore } from '../core/ports/metadata-store.ts';
import { openSqliteMetadata } from '../sinks/sqlite/sqlite-metadata.ts';
import type { Config } from './config.ts';
import { DATA_FILES } from './data-folder.ts';
import type { SharedVectors } from './embedding-cache.ts';
import { type Generations, sqliteGenerations } from './generations.ts';

/** Where the collection and its metadata are kept. */
export interface OpenedStores {
  readonly metadata: MetadataStore;
  readonly generations: Generations;
  /** others reach it too, so that it has to be known which log it is folded from */
  readonly isShared: boolean;
  /** null where the data folder keeps them */
  readonly vectors: SharedVectors | null;
  close(): Promise<void>;
}

/** By HOARDARR_STORE. What is not asked for is not loaded. */
const ADAPTERS = {
  sqlite: async ({ dataDir }: Config): Promise<OpenedStores> => {
    const metadata = await openSqliteMetadata({ file: path.join(dataDir, DATA_FILES.metadata) });
    return {
      metadata,
      generations: sqliteGenerations(dataDir),
      vectors: null,
      isShared: false,
      close: () => metadata.close(),
    };
  },
  couchbase: async ({ couchbase }: Config): Promise<OpenedStores> => {
    if (couchbase === null) throw new Error('the configuration was accepted without COUCHBASE_URL');
    const { openCouchbase } = await import('../sinks/couchbase/open-couchbase.ts');
    return { ...(await openCouchbase(couchbase)), isShared: true };
  },
} as const;

/** @throws StoreUnavailableError where it cannot be used now; InputError where it never can */
export function openStores(config: Config): Promise<OpenedStores> {
  return ADAPTERS[config.store](config);
}
