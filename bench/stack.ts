import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '../app/clock.ts';
import { DATA_FILES, storeFile } from '../app/data-folder.ts';
import { isGone, newInstance } from '../app/instance.ts';
import { meterLog } from '../app/metered-log.ts';
import { createTelemetry } from '../app/telemetry.ts';
import { openLocalCodec } from '../codec/local/open-local-codec.ts';
import type { Account } from '../core/keys.ts';
import type { EventLog } from '../core/ports/event-log.ts';
import type { ItemStore } from '../core/ports/item-store.ts';
import type { SchemaCodec } from '../core/ports/schema-codec.ts';
import type { Telemetry } from '../core/ports/telemetry.ts';
import { createHashEmbedder } from '../processors/embed/hash/hash-embedder.ts';
import { createEmbedProcessor } from '../processors/embed/processor.ts';
import { openSqliteEmbeddingCache } from '../processors/embed/sqlite/sqlite-embedding-cache.ts';
import { RunWriter } from '../producers/run-writer.ts';
import { Sink } from '../sinks/sink.ts';
import { openSqliteStore } from '../sinks/sqlite/sqlite-store.ts';
import { openEmbeddedLog } from '../transport/embedded/open-embedded-log.ts';
import { seededRandom } from './seeded-random.ts';

/** Log, processor and sink of a data folder, as `npm start` runs them. */
export interface Stack {
  readonly log: EventLog;
  readonly codec: SchemaCodec;
  readonly store: ItemStore;
  readonly telemetry: Telemetry;
  /** A producer's run of the account; its number has to grow from run to run. */
  newRun(account: Account, syncId: string, fence: number): RunWriter;
  /** Starts the roles, or only one; resolves when it takes what comes. */
  start(only?: 'embed' | 'sink'): Promise<void>;
  close(): Promise<void>;
}

export const GENERATION = 1;

/**
 * @param dimensions of the hash embedder
 * @param eventLog one that is not in the data folder
 */
export async function openStack(dataDir: string, dimensions: number, eventLog?: EventLog): Promise<Stack> {
  const telemetry = createTelemetry({ level: 'error', secrets: [] });
  const deps = { clock: systemClock, random: seededRandom(process.pid), telemetry };
  const log = meterLog(
    eventLog ?? (await openEmbeddedLog({ dataDir, clock: systemClock, log: telemetry.log })),
    telemetry.metrics,
    '',
  );
  const codec = openLocalCodec({ dataDir });
  const store = await openSqliteStore({ file: storeFile(dataDir, GENERATION) });
  const cache = openSqliteEmbeddingCache(dataDir);
  const embedder = createHashEmbedder(deps, dimensions);
  const owner = { name: newInstance(), isRunning: async (name: string) => !isGone(name) };
  const processor = createEmbedProcessor({ ...deps, log, codec, embedder, cache, owner });
  const sink = new Sink({ ...deps, log, store, codec });
  return {
    log,
    codec,
    store,
    telemetry,
    newRun: (account, syncId, fence) =>
      new RunWriter({ ...deps, log, codec, metadata: NO_METADATA, instance: 'bench' }, account, syncId, fence),
    async start(only) {
      if (only !== 'embed') await sink.start();
      if (only !== 'sink') await processor.start();
    },
    async close() {
      await processor.stop();
      await sink.stop();
      await Promise.all([store.close(), cache.close(), log.close()]);
    },
  };
}

/** Runs take their numbers from here where nobody else does. */
const NO_METADATA = {
  get: async () => null,
  list: async () => [],
  compareAndSet: async () => null,
  remove: async () => undefined,
  eraseFreed: async () => true,
  close: async () => undefined,
};

/** Looks until the condition holds. */
export async function waitFor(condition: () => Promise<boolean>, pollMs = 10): Promise<void> {
  while (!(await condition())) await delay(pollMs);
}

/** Where the files of a data folder are, for scripts that read them past all ports. */
export function filesOf(dataDir: string): { readonly log: string; readonly cache: string; readonly store: string } {
  return {
    log: path.join(dataDir, DATA_FILES.log),
    cache: path.join(dataDir, DATA_FILES.cache),
    store: storeFile(dataDir, GENERATION),
  };
}
