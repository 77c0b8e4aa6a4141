import { InputError, isOutage, messageOf, ServerRefusalError, StoreUnavailableError } from '../core/errors.ts';
import { DEFAULT_FOLD_SETTINGS } from '../core/fold/effects.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { EventLog } from '../core/ports/event-log.ts';
import type { MetadataStore } from '../core/ports/metadata-store.ts';
import type { MovableLog } from '../core/ports/movable-log.ts';
import type { Telemetry } from '../core/ports/telemetry.ts';
import type { EmbedderDeps } from '../processors/embed/embedder-deps.ts';
import type { App } from './app.ts';
import { createSearchFor } from './app-search.ts';
import { systemClock } from './clock.ts';
import type { Config, EmbedderSettings } from './config.ts';
import { CurrentStore } from './current-store.ts';
import { prepareDataFolder } from './data-folder.ts';
import { EmbedderHolder, priceOf } from './embedder-holder.ts';
import { openEmbeddingCache } from './embedding-cache.ts';
import { EmbeddingLedger } from './embedding-figures.ts';
import { meterLog } from './metered-log.ts';
import { readMove } from './move/finish-move.ts';
import { openLog } from './open-log.ts';
import { Presence, type Role } from './presence.ts';
import { createProducers } from './producers.ts';
import { enterFolder, leaveRestore, undoRestore } from './restore/enter-folder.ts';
import { toRestore, writeRestore } from './restore/last-restore.ts';
import { isSwapDue, readMarker } from './restore/marker.ts';
import { RoleHost, type RunningRole } from './role-host.ts';
import { createRoleStarters } from './role-starters.ts';
import { KeyRing, readKeyFile } from './secrets.ts';
import { openStores } from './store-adapters.ts';
import { type Claimed, claimStore, whyNotClaimed } from './store-claim.ts';
import type { AppTelemetry } from './telemetry.ts';
import { createImageFetcher, type ImageFetcher } from './thumbnails/fetch-image.ts';
import { removeLeftBehind } from './use-cases/left-behind.ts';
import { recoverStore } from './use-cases/rebuild.ts';

export interface OpenOptions {
  readonly clock?: Clock;
  readonly random?: () => number;
  /** the platform's fetch, or a fake */
  readonly fetch?: typeof fetch;
  /** fetches thumbnails, or a fake */
  readonly fetchImage?: ImageFetcher;
  /** starts the HTTP API; without it the role `api` cannot run here */
  readonly startApi?: (app: App) => Promise<RunningApi>;
  /** for `migrate`: also where the embedded log was left, but the rest of its move is still to be done */
  readonly finishesMove?: boolean;
  /** also takes a store that belongs to another log, and folds it anew */
  readonly claims?: boolean;
  /** for `store move`: vectors that lie in the folder stay there, though the store is elsewhere */
  readonly keepsVectors?: boolean;
  /** Ends waiting for servers that cannot be reached: without it, it goes on until they are there. */
  readonly signal?: AbortSignal;
}

/** The HTTP API, as it runs. */
export interface RunningApi extends RunningRole {
  readonly url: string;
}

const LEFT =
  'the event log has moved to Kafka: set HOARDARR_EVENT_LOG=kafka, and run this again; what was written is there';

const RESTORED = 'a backup is being restored here, and what was open is not what counts any more: run this again';

/** How long closing waits for roles to end in order. */
const CLOSE_LIMIT_MS = 25_000;

/**
 * The composition root: opens everything of a data folder and puts it together. Several processes may have it open at once.
 *
 * @throws InputError where the folder cannot be used, or was written by a newer version
 */
export async function openApp(config: Config, telemetry: AppTelemetry, options: OpenOptions = {}): Promise<App> {
  const { dataDir } = config;
  const deps = { clock: options.clock ?? systemClock, log: telemetry.log };
  prepareDataFolder(dataDir);
  try {
    return await openEntered(config, telemetry, options);
  } catch (error) {
    if (isOfServers(error, config, options.signal)) throw error;
    if (!(await undoRestore(dataDir, telemetry.redactor.text(messageOf(error)), deps))) throw error;
    telemetry.log.error('the restored data could not be opened; those of before are back', { error });
    return await openEntered(config, telemetry, options);
  }
}

/** Servers that are away or refuse us, and whoever ends waiting for them, say nothing of the data in the folder. */
function isOfServers(error: unknown, { kafka, store }: Config, signal: AbortSignal | undefined): boolean {
  if (signal?.aborted === true && error === signal.reason) return true;
  if (error instanceof ServerRefusalError) return true;
  // SQLite says so too where a file is damaged.
  if (error instanceof StoreUnavailableError) return store === 'couchbase';
  return isOutage(error) && kafka !== null;
}

async function openEntered(config: Config, telemetry: AppTelemetry, options: OpenOptions): Promise<App> {
  const { clock = systemClock, random = Math.random, fetch: fetchWith = fetch } = options;
  const { dataDir } = config;
  const reach = {
    clock,
    random,
    log: telemetry.log,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  };
  const closers: (() => Promise<void>)[] = [];
  const closing = async <T extends { close(): Promise<void> }>(opened: T | Promise<T>): Promise<T> => {
    const resource = await opened;
    closers.unshift(() => resource.close());
    return resource;
  };
  const closeAll = async (): Promise<void> => {
    for (const close of closers) await close();
  };
  try {
    await closing(enterFolder(dataDir, { clock, log: telemetry.log }));
    const keys = openKeys(config);
    const opened = await closing(openLog(config, reach));
    const { codec, movable, id: logId } = opened;
    if (options.finishesMove !== true) refuseLeft(movable);
    const { metadata, generations, vectors, isShared } = await closing(openStores(config, reach));
    const binding = { metadata, isShared, logId, movable };
    const { foldAnew } = await bindStore(binding, options.claims === true);
    if (movable === null && (await readMove(metadata)) !== null) telemetry.log.warn(UNENDED);
    const log = meterLog(opened.log, telemetry.metrics, config.topicPrefix, opened.system);
    const stores = await closing(CurrentStore.open({ metadata, generations }));
    const cache = await closing(openEmbeddingCache(dataDir, vectors, options.keepsVectors));
    const presence = new Presence(metadata, clock);
    const { instance } = presence;
    const embeddingFigures = await closing(new EmbeddingLedger({ metadata, clock, telemetry, instance }));
    const countingFor = (settings: EmbedderSettings): Telemetry => embeddingFigures.counting(priceOf(settings));
    const embedderDeps = (settings: EmbedderSettings): EmbedderDeps => ({
      clock,
      random,
      telemetry: countingFor(settings),
    });
    const embedders = await closing(new EmbedderHolder(config.embedder, stores, embedderDeps));
    const { store } = stores;
    const foldSettings = {
      ...DEFAULT_FOLD_SETTINGS,
      guardItems: config.guardItems,
      guardShare: config.guardShare,
      guardNeighbours: config.guardNeighbours,
      recheckLimit: config.recheckLimit,
    };
    const parts = {
      config,
      telemetry,
      clock,
      random,
      fetch: fetchWith,
      log,
      codec,
      logId,
      movable,
      metadata,
      store,
      stores,
      generations,
      foldSettings,
      cache,
      keys,
      presence,
    };
    const producers = createProducers(parts, fetchWith);
    let api: RunningApi | null = null;
    const startApi = async (): Promise<RunningApi> => {
      if (options.startApi === undefined) throw new Error('the API cannot be started by this command');
      api = await options.startApi(app);
      return api;
    };
    const roleParts = {
      ...parts,
      countingFor: (model: string) => countingFor({ ...config.embedder, model }),
      embedder: () => embedders.pinned(),
      producers,
    };
    const starters = createRoleStarters(roleParts, startApi, () => app);
    const roles = new RoleHost({
      presence,
      clock,
      logger: telemetry.log,
      starters,
      isStale: () => stores.isStale(),
      refresh: () => stores.refresh(),
      whyLeft: async () => (isSwapDue(readMarker(dataDir)) ? RESTORED : await whyLeft(binding)),
    });
    const app: App = {
      ...parts,
      roles,
      embedder: () => embedders.pinned(),
      newEmbedder: (model) => embedders.other(model),
      embeddingFigures: () => embeddingFigures.read(),
      live: producers.live,
      importers: producers.importers,
      tiktokThumbnail: producers.tiktokThumbnail,
      fetchImage: options.fetchImage ?? createImageFetcher(),
      search: createSearchFor(parts, () => embedders.pinned()),
      apiUrl: () => api?.url ?? null,
      async eraseBytes() {
        await log.compact();
        await store.eraseFreed();
        await cache.eraseFreed();
      },
      async close() {
        await stopInTime(roles, telemetry);
        await closeAll();
      },
    };
    if (!foldAnew && !(await isUsed(log))) await stores.markNew();
    if (foldAnew || stores.lost) await recover(app);
    await removeLeftBehind(app).catch((error: unknown) =>
      telemetry.log.warn('what was left behind could not be removed; the next start does it', {
        error: messageOf(error),
      }),
    );
    await endRestore(app);
    return app;
  } catch (error) {
    await closeAll().catch(() => undefined);
    throw error;
  }
}

function openKeys({ encryptionKey, oldEncryptionKey, dataDir }: Config): KeyRing {
  if (encryptionKey === null) return new KeyRing(() => readKeyFile(dataDir));
  return new KeyRing(oldEncryptionKey === null ? [encryptionKey] : [encryptionKey, oldEncryptionKey]);
}

const UNENDED =
  'the move of the log to Kafka was cut off at its very end: run `hoardarr migrate` once more, which removes the collection of before, since purges do not reach it';

interface Binding {
  readonly metadata: MetadataStore;
  readonly isShared: boolean;
  readonly logId: string;
  readonly movable: MovableLog | null;
}

/** A store in the data folder goes with its log anyway. */
async function bindStore({ metadata, isShared, logId, movable }: Binding, take: boolean): Promise<Claimed> {
  if (!isShared) return { foldAnew: false };
  return await claimStore(metadata, { logId, take, orTo: movable?.movedTo() ?? null });
}

async function whyLeft({ metadata, isShared, logId, movable }: Binding): Promise<string | null> {
  if (movable !== null && movable.movedTo() !== null) return LEFT;
  return isShared ? await whyNotClaimed(metadata, logId) : null;
}

function refuseLeft(log: MovableLog | null): void {
  if (log !== null && log.movedTo() !== null)
    throw new InputError(
      'the move of the log to Kafka was cut off just before its end: run `hoardarr migrate` once more',
    );
}

async function isUsed(log: EventLog): Promise<boolean> {
  return (await log.ends('ingest')).some(({ end }) => end > 0);
}

/** Said only now that the data are open: until then those of before were kept. */
async function endRestore({ config: { dataDir }, metadata, telemetry }: App): Promise<void> {
  const marker = readMarker(dataDir);
  if (marker === null || isSwapDue(marker)) return;
  const restore = toRestore(marker);
  await writeRestore(metadata, restore);
  leaveRestore(dataDir, marker);
  telemetry.log.info('a restore has ended', { from: restore.from, state: restore.state, items: restore.items });
}

async function recover(app: App): Promise<void> {
  app.telemetry.log.warn('the store is missing, or of another log: it is made again from the log');
  await recoverStore(app);
}

/** What does not end in time is cut off, as by a crash, which every stage survives. */
async function stopInTime(roles: RoleHost, telemetry: AppTelemetry): Promise<void> {
  const { running } = roles;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), CLOSE_LIMIT_MS);
  });
  const ended = await Promise.race([roles.stop(), late]);
  clearTimeout(timer);
  if (ended === 'late')
    telemetry.log.warn('some roles did not end in time; what they did goes on at the next start', {
      roles: running satisfies readonly Role[],
    });
}
