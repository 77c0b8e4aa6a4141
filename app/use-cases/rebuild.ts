import type { Embedder } from '../../core/ports/embedder.ts';
import type { ItemStore, RefusedItem } from '../../core/ports/item-store.ts';
import { carryWaiting, Rebuild } from '../../sinks/rebuild.ts';
import { VectorSource } from '../../sinks/vector-source.ts';
import type { App } from '../app.ts';
import type { PinnedEmbedder } from '../current-store.ts';
import { forgetTextsOnlyOf, resumeAt, sendDebts, vectorCache } from '../fresh-generation.ts';
import { PauseLock } from '../pause-lock.ts';
import { BEAT_MS, KEEP_OLD_MS } from '../presence.ts';
import { forgetOther, isFoldDue, noteFolded } from '../store-claim.ts';
import { drain, waitFor } from './settle.ts';

export interface RebuildRequest {
  /** embed everything anew with this model */
  readonly model?: string | null;
  readonly progress?: (replayed: number) => void;
  /** ends it between two batches, as if it had never begun */
  readonly signal?: AbortSignal;
}

export interface RebuildReport {
  readonly replayed: number;
  readonly embeddingCalls: number;
  readonly digestBefore: string | null;
  readonly digestAfter: string;
  /** null with another model, whose vectors are others */
  readonly match: boolean | null;
  readonly durationMs: number;
  readonly generation: number;
  readonly warnings: readonly string[];
}

/** Rounds in which the fresh generation catches up while everything else goes on. */
const CATCH_UP_ROUNDS = 5;
const SETTLE_MS = 60_000;

/**
 * Law 8: folds `ingest` into a fresh generation while everything goes on, lets the sinks stand still for the rest of it,
 * compares, and switches. InputError while another rebuild runs.
 */
export async function rebuildStore(app: App, request: RebuildRequest = {}): Promise<RebuildReport> {
  const since = app.clock.elapsed();
  const lock = await PauseLock.take(app);
  try {
    const report = await foldGeneration(app, lock, request);
    const warnings = [...report.warnings, ...toSet(app, request.model ?? null)];
    return { ...report, warnings, durationMs: app.clock.elapsed() - since };
  } finally {
    await lock.release();
  }
}

/**
 * Makes a store that is missing, or that was taken from another log, again from the log, before anything else works with it; or
 * waits for who does that already.
 */
export async function recoverStore(app: App): Promise<void> {
  let lock = await PauseLock.tryTake(app);
  while (lock === null) {
    await app.clock.sleep(BEAT_MS);
    // What was switched to meanwhile may be what the other log says, by a rebuild that began before the store was taken.
    if ((await app.stores.refresh()) && !(await isFoldDue(app.metadata))) return;
    lock = await PauseLock.tryTake(app);
  }
  try {
    await app.stores.refresh();
    // Asked only now: who had the lock before may have folded it, and what this one owes since must not be dropped.
    const isForeign = await isFoldDue(app.metadata);
    if (isForeign) {
      await forgetOther(app.metadata);
      await app.stores.markLost();
    }
    if (app.stores.lost) await foldGeneration(app, lock, {}, isForeign);
    if (isForeign) await noteFolded(app.metadata, app.logId);
  } finally {
    await lock.release();
  }
}

type Folded = Omit<RebuildReport, 'durationMs'>;

/** @param isForeign what is there is of another log, and so are vectors that nothing else needs */
async function foldGeneration(app: App, lock: PauseLock, request: RebuildRequest, isForeign = false): Promise<Folded> {
  const { generations } = app;
  const old = app.stores.generation;
  for (const generation of await generations.list()) if (generation !== old) await generations.remove(generation);
  const generation = old + 1;
  const model = request.model ?? null;
  const embedder = model === null ? await app.embedder() : await app.newEmbedder(model);
  const fresh = await generations.open(generation);
  try {
    const vectors = new VectorSource({
      log: app.log,
      codec: app.codec,
      cache: vectorCache(app.cache),
      embedder,
      newModel: model !== null,
    });
    const rebuild = new Rebuild({
      log: app.log,
      codec: app.codec,
      fresh,
      vectors,
      pause: () => app.clock.sleep(0, request.signal),
      settings: app.foldSettings,
      ...(request.progress === undefined ? {} : { onProgress: request.progress }),
    });
    await catchUp(app, rebuild);
    if (model !== null) await settleVectors(app, lock);
    // Vectors of another model, or of another log, must not come any more.
    const withEmbed = model !== null || isForeign;
    await lock.standStill(['scheduler', 'sink', ...(withEmbed ? (['embed'] as const) : [])]);
    // One that is lost owes nothing, and one of another log owes it to that one.
    if (!app.stores.lost) await sendDebts(app);
    await foldAll(app, rebuild);
    await resumeAt(app, app.log, fresh);
    if (!app.stores.lost) await carryWaiting(app.log, app.store, fresh);
    await fresh.eraseFreed();
    if (isForeign) await forgetTextsOnlyOf(app.store, fresh, app.cache);
    await refuseLoss(app, fresh, rebuild.refused);
    const compared = await compare(app, fresh, model !== null);
    await fresh.close();
    await lock.assertHeld();
    await app.stores.switchTo(generation, pinOf(embedder, await app.stores.embedder(), model !== null));
    await app.stores.refresh();
    await lock.resume();
    await app.clock.sleep(KEEP_OLD_MS);
    await generations.remove(old);
    return { ...compared, replayed: rebuild.replayed, embeddingCalls: vectors.embeddingCalls, generation };
  } catch (error) {
    await fresh.close().catch(() => undefined);
    // Who took over makes a generation of the same number.
    const isOurs = app.stores.generation === old && (await lock.isHeld().catch(() => false));
    if (isOurs) await generations.remove(generation).catch(() => undefined);
    throw error;
  } finally {
    if (model !== null) await embedder.close();
  }
}

/** What the fresh generation refused must not go with the old one, which has it. A store that is lost has nothing. */
async function refuseLoss(app: App, fresh: ItemStore, refused: readonly RefusedItem[]): Promise<void> {
  for (const { scope, itemId, error } of refused) {
    if (app.stores.lost) {
      app.telemetry.log.error('an item could not be stored again', { scope, itemId, error });
      continue;
    }
    const [before, after] = [await app.store.item(scope, itemId), await fresh.item(scope, itemId)];
    if (before?.content && !after?.content)
      throw new Error(`nothing was changed: the new generation refuses ${scope}/${itemId}: ${error}`);
  }
}

async function compare(
  app: App,
  fresh: ItemStore,
  newModel: boolean,
): Promise<Pick<Folded, 'digestBefore' | 'digestAfter' | 'match' | 'warnings'>> {
  const digestBefore = app.stores.lost ? null : await app.store.digest();
  const digestAfter = await fresh.digest();
  const match = newModel || digestBefore === null ? null : digestBefore === digestAfter;
  const isIndexOfOther = newModel && typeof app.config.couchbase?.searchUrl === 'string';
  const warnings = [
    ...(match === false ? ['the old generation differed from what the log says; the log counts'] : []),
    ...(isIndexOfOther ? ['the search index is made for the model of before: run `hoardarr store indexes`'] : []),
  ];
  return { digestBefore, digestAfter, match, warnings };
}

/** Decision 0032: what is configured counts, and where that is another model, it is refused from now on. */
function toSet(app: App, model: string | null): readonly string[] {
  const { model: configured } = app.config.embedder;
  if (model === null || configured === undefined || configured === model) return [];
  return [
    `set OPENAI_EMBEDDING_MODEL=${model} and start again: until then nothing new is embedded, and nothing of it is lost`,
  ];
}

function pinOf(embedder: Embedder, pinned: PinnedEmbedder | null, newModel: boolean): PinnedEmbedder | null {
  if (!newModel) return pinned;
  return { name: embedder.name, model: embedder.model, dimensions: embedder.dimensions };
}

/** Folds what the live store has applied, again and again until little is left. */
async function catchUp(app: App, rebuild: Rebuild): Promise<void> {
  for (let round = 0; round < CATCH_UP_ROUNDS; round++) {
    const before = rebuild.replayed;
    await foldAll(app, rebuild);
    if (rebuild.replayed === before) return;
  }
}

async function foldAll(app: App, rebuild: Rebuild): Promise<void> {
  for (const { partition, end } of await app.log.ends('ingest')) {
    // Where the live store is gone, everything that the log holds counts.
    const position = app.stores.lost ? end - 1 : (await app.store.progress(partition)).position;
    await rebuild.fold(partition, position);
  }
}

/** With another model: everything that carries vectors of the old one is applied before the switch. */
async function settleVectors(app: App, lock: PauseLock): Promise<void> {
  await lock.standStill(['embed']);
  await app.roles.ensure(['sink']);
  await waitFor(
    app,
    'a standstill was asked for, but that the sink has read to the end',
    async () => ((await drain(app, BEAT_MS, ['sink'])) ? true : null),
    { stallMs: SETTLE_MS },
  );
}
