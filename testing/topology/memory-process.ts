import type { App } from '../../app/app.ts';
import { createSearchFor } from '../../app/app-search.ts';
import { loadConfig } from '../../app/config.ts';
import { CurrentStore } from '../../app/current-store.ts';
import { EmbeddingLedger } from '../../app/embedding-figures.ts';
import type { Generations } from '../../app/generations.ts';
import type { createLiveProviders } from '../../app/live-providers.ts';
import { Presence } from '../../app/presence.ts';
import { createProducers } from '../../app/producers.ts';
import { RoleHost, type RoleStarters } from '../../app/role-host.ts';
import { createRoleStarters } from '../../app/role-starters.ts';
import { KeyRing } from '../../app/secrets.ts';
import type { createTelemetry } from '../../app/telemetry.ts';
import { DEFAULT_FOLD_SETTINGS } from '../../core/fold/effects.ts';
import type { Clock, Random } from '../../core/ports/clock.ts';
import type { Embedder } from '../../core/ports/embedder.ts';
import type { EventLog } from '../../core/ports/event-log.ts';
import type { MetadataStore } from '../../core/ports/metadata-store.ts';
import type { SchemaCodec } from '../../core/ports/schema-codec.ts';
import type { EmbeddingCache } from '../../processors/embed/embedding-cache.ts';

/** What processes share, as each of them sees it. */
export interface MemoryParts {
  readonly folder: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: EventLog;
  readonly telemetry: ReturnType<typeof createTelemetry>;
  readonly metadata: MetadataStore;
  readonly generations: Generations;
  readonly codec: SchemaCodec;
  readonly cache: EmbeddingCache;
  readonly embedder: Embedder;
  readonly newEmbedder: (model: string) => Embedder;
  /** of notifications */
  readonly fetch: typeof fetch;
  readonly oembed: typeof fetch;
}

export interface MemoryProcessOptions {
  readonly env: Readonly<Record<string, string>>;
  /** providers that can be asked, instead of the real ones */
  readonly live?: typeof createLiveProviders;
}

/** The composition root of one process; closing it stops its roles, and leaves the parts to who made them. */
export async function openMemoryProcess(
  shared: MemoryParts,
  { env, live }: MemoryProcessOptions,
): Promise<{ readonly app: App; readonly starters: RoleStarters }> {
  const { clock, metadata, generations, embedder, log, cache, telemetry } = shared;
  const config = loadConfig({ dataDir: shared.folder }, env);
  const stores = await CurrentStore.open({ metadata, generations });
  const pinned = async (): Promise<Embedder> => {
    await stores.pin({ name: embedder.name, model: embedder.model, dimensions: embedder.dimensions });
    return embedder;
  };
  const foldSettings = {
    ...DEFAULT_FOLD_SETTINGS,
    guardItems: config.guardItems,
    guardShare: config.guardShare,
    guardNeighbours: config.guardNeighbours,
    recheckLimit: config.recheckLimit,
  };
  const presence = new Presence(metadata, clock);
  const keys = new KeyRing([Buffer.alloc(32, 7).toString('base64')]);
  const parts = {
    ...shared,
    logId: 'memory',
    movable: null,
    config,
    store: stores.store,
    stores,
    foldSettings,
    keys,
    presence,
  };
  const producers = createProducers(parts, shared.oembed, live);
  const noApi = (): Promise<never> => Promise.reject(new Error('there is no API in memory'));
  const starters = createRoleStarters(
    { ...parts, embedder: pinned, countingFor: () => telemetry, producers },
    noApi,
    () => app,
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
  const { instance } = presence;
  const figures = new EmbeddingLedger({ metadata, clock, telemetry, instance });
  const app: App = {
    ...parts,
    roles,
    embedder: pinned,
    newEmbedder: async (model) => shared.newEmbedder(model),
    embeddingFigures: () => figures.read(),
    live: producers.live,
    importers: producers.importers,
    tiktokThumbnail: producers.tiktokThumbnail,
    fetchImage: () => Promise.reject(new Error('there are no images in memory')),
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
    },
  };
  return { app, starters };
}
