import path from 'node:path';
import { StoreUnavailableError } from '../core/errors.ts';
import type { Clock, Random } from '../core/ports/clock.ts';
import type { MetadataStore } from '../core/ports/metadata-store.ts';
import type { Logger } from '../core/ports/telemetry.ts';
import { untilReached } from '../core/until-reached.ts';
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

export interface StoreDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Ends waiting for a store that cannot be reached. */
  readonly signal?: AbortSignal;
}

/**
 * Opens what the configuration names. While a store on other machines cannot be reached, it waits, and warns at each try, as
 * the log and the registry do.
 *
 * @throws InputError where it can never be used, and what untilReached throws
 */
export function openStores(config: Config, deps: StoreDeps): Promise<OpenedStores> {
  return untilReached(() => ADAPTERS[config.store](config), {
    what: 'the store',
    isAway: (error) => error instanceof StoreUnavailableError,
    ...deps,
  });
}
