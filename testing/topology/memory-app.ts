import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Writable } from 'node:stream';
import type { App } from '../../app/app.ts';
import { createSearchFor } from '../../app/app-search.ts';
import { loadConfig } from '../../app/config.ts';
import { CurrentStore } from '../../app/current-store.ts';
import { storeFile } from '../../app/data-folder.ts';
import { type Generations, sqliteGenerations } from '../../app/generations.ts';
import type { createLiveProviders } from '../../app/live-providers.ts';
import { Presence } from '../../app/presence.ts';
import { createProducers } from '../../app/producers.ts';
import { RoleHost, type RoleStarters } from '../../app/role-host.ts';
import { createRoleStarters } from '../../app/role-starters.ts';
import { KeyRing } from '../../app/secrets.ts';
import { createTelemetry } from '../../app/telemetry.ts';
import { openLocalCodec } from '../../codec/local/open-local-codec.ts';
import { DEFAULT_FOLD_SETTINGS } from '../../core/fold/effects.ts';
import type { Embedder } from '../../core/ports/embedder.ts';
import type { ItemStore } from '../../core/ports/item-store.ts';
import { openSqliteEmbeddingCache } from '../../processors/embed/sqlite/sqlite-embedding-cache.ts';
import { MemoryEventLog } from '../memory-log/memory-event-log.ts';
import { MemoryMetadataStore } from '../memory-metadata/memory-metadata-store.ts';
import { MemoryItemStore } from '../memory-store/memory-item-store.ts';
import { mulberry32 } from '../producer-world.ts';
import { VirtualClock } from '../virtual-clock.ts';
import { CountingEmbedder } from './counting-embedder.ts';
import { MemoryOEmbed } from './memory-oembed.ts';
import { seededLog } from './seeded-log.ts';

export interface MemoryAppOptions {
  /** decides every latency, and so who comes first */
  readonly seed: number;
  /** default `memory` */
  readonly store?: 'memory' | 'sqlite';
  /** by the names of the environment, over the defaults of a test */
  readonly env?: Readonly<Record<string, string>>;
  /** providers that can be asked, instead of the real ones */
  readonly live?: typeof createLiveProviders;
  /** what notifications are sent with */
  readonly fetch?: typeof fetch;
}

/** The parts that tests look at and meddle with. */
export interface MemoryApp {
  readonly app: App;
  readonly starters: RoleStarters;
  readonly clock: VirtualClock;
  /** without latency */
  readonly log: MemoryEventLog;
  readonly embedder: CountingEmbedder;
  readonly oembed: MemoryOEmbed;
  /** of each generation, in order; of `memory` only */
  readonly stores: readonly MemoryItemStore[];
  /** logged lines, one JSON object each, from warnings on */
  readonly lines: readonly string[];
  readonly folder: string;
}

const EMBED_LATENCY_MS = 50;
/** Later than any date in an invented export. */
const NOW = Date.UTC(2026, 0, 1);

/**
 * The composition root in memory: log, store, metadata, clock, network and embedder are fakes, everything between them is what
 * runs in production. Only the codec's ids and the embedding cache lie in a folder, because there is but one of each.
 */
export async function openMemoryApp({
  seed,
  store = 'memory',
  env = {},
  live,
  fetch: fetchWith,
}: MemoryAppOptions): Promise<MemoryApp> {
  const folder = mkdtempSync(path.join(tmpdir(), 'topology-'));
  const clock = new VirtualClock(NOW);
  const random = mulberry32(seed);
  const memoryLog = new MemoryEventLog({ clock });
  const log = seededLog(memoryLog, clock, random);
  const lines: string[] = [];
  const telemetry = createTelemetry({ level: 'warn', secrets: [], stream: collecting(lines) });
  const config = loadConfig({ dataDir: folder }, { TIKTOK_OEMBED_URL: MemoryOEmbed.url, ...env });
  const metadata = new MemoryMetadataStore();
  const inMemory = new MemoryGenerations();
  const generations = store === 'sqlite' ? sqliteGenerations(folder) : inMemory;
  // Else it would take the store for one whose file was lost.
  if (store === 'sqlite') writeFileSync(storeFile(folder, 1), '');
  const stores = await CurrentStore.open({ metadata, generations });
  const codec = openLocalCodec({ dataDir: folder });
  const cache = openSqliteEmbeddingCache(folder);
  const embedder = new CountingEmbedder(clock, () => Math.floor(random() * EMBED_LATENCY_MS));
  const pinned = async (): Promise<Embedder> => {
    await stores.pin({ name: embedder.name, model: embedder.model, dimensions: embedder.dimensions });
    return embedder;
  };
  const foldSettings = {
    ...DEFAULT_FOLD_SETTINGS,
    guardItems: config.guardItems,
    guardShare: config.guardShare,
    recheckLimit: config.recheckLimit,
  };
  const presence = new Presence(metadata, clock);
  const keys = new KeyRing([Buffer.alloc(32, 7).toString('base64')]);
  const oembed = new MemoryOEmbed();
  const base = {
    config,
    telemetry,
    clock,
    random,
    fetch: fetchWith ?? oembed.fetch,
    log,
    codec,
    logId: 'memory',
    movable: null,
    metadata,
    store: stores.store,
  };
  const parts = { ...base, stores, generations, foldSettings, cache, keys, presence };
  const producers = createProducers(parts, oembed.fetch, live);
  const starters = createRoleStarters({ ...parts, embedder: pinned, producers }, () =>
    Promise.reject(new Error('there is no API in memory')),
  );
  const roles = new RoleHost({
    presence,
    clock,
    logger: telemetry.log,
    starters,
    isStale: () => stores.isStale(),
    refresh: () => stores.refresh(),
    whyLeft: async () => null,
  });
  const app: App = {
    ...parts,
    roles,
    embedder: pinned,
    newEmbedder: async (model) => new CountingEmbedder(clock, () => 1, model),
    live: producers.live,
    importers: producers.importers,
    search: createSearchFor(parts, pinned),
    apiUrl: () => null,
    async eraseBytes() {
      await log.compact();
      await stores.store.eraseFreed();
      await cache.eraseFreed();
    },
    async close() {
      await roles.stop();
      await stores.close();
      await log.close();
      await cache.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return { app, starters, clock, log: memoryLog, embedder, oembed, stores: inMemory.made, lines, folder };
}

/** The first is there from the beginning: a store that is missing would be made again from the log. */
class MemoryGenerations implements Generations {
  readonly made: MemoryItemStore[] = [];
  readonly #byNumber = new Map<number, MemoryItemStore>();

  async open(generation: number): Promise<ItemStore> {
    const known = this.#byNumber.get(generation);
    if (known !== undefined) return known;
    const fresh = new MemoryItemStore();
    this.#byNumber.set(generation, fresh);
    this.made.push(fresh);
    return fresh;
  }
  async exists(generation: number): Promise<boolean> {
    return generation === 1 || this.#byNumber.has(generation);
  }
  async list(): Promise<readonly number[]> {
    return [...this.#byNumber.keys()].sort((a, b) => a - b);
  }
  async remove(generation: number): Promise<void> {
    this.#byNumber.delete(generation);
  }
}

function collecting(lines: string[]): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString());
      done();
    },
  });
}
