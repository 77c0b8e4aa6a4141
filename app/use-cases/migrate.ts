import { InputError } from '../../core/errors.ts';
import type { ItemStore } from '../../core/ports/item-store.ts';
import type { MovableLog } from '../../core/ports/movable-log.ts';
import { carryWaiting, Rebuild } from '../../sinks/rebuild.ts';
import { VectorSource } from '../../sinks/vector-source.ts';
import type { App } from '../app.ts';
import { resumeAt, sendDebts, vectorCache } from '../fresh-generation.ts';
import { carryCommits } from '../move/carry-commits.ts';
import { checkCopied, noteCopied } from '../move/copy-age.ts';
import { endMove, finishMove, type MoveDocument, readMove, writeMove } from '../move/finish-move.ts';
import { LogMover } from '../move/log-mover.ts';
import { patientLog } from '../move/patient-log.ts';
import { type OpenedLog, openDistributed } from '../open-log.ts';
import { PauseLock } from '../pause-lock.ts';
import { readAccounts } from './accounts.ts';

export interface MigrateRequest {
  readonly progress?: (step: 'copying' | 'replaying', records: number) => void;
  /** Ends waiting for Kafka or the registry where they cannot be reached at the beginning. */
  readonly signal?: AbortSignal;
}

export interface MigrateReport {
  readonly topicPrefix: string;
  /** records copied by this run; an earlier one that was cut off may have copied others */
  readonly copied: number;
  readonly replayed: number;
  readonly embeddingCalls: number;
  readonly digestBefore: string;
  readonly digestAfter: string;
  readonly match: true;
  readonly generation: number;
  /** how long the roles stood still, and how long nobody could write */
  readonly pausedMs: number;
  readonly heldMs: number;
  readonly durationMs: number;
}

type Moved = Omit<MigrateReport, 'durationMs' | 'topicPrefix'>;

/** Rounds in which the copy catches up while everything else goes on, and fewer records than which are little. */
const CATCH_UP_ROUNDS = 10;
const LITTLE = 500;
/** Longer than the last records take; should this process die, the others go on after it. */
const HOLD_MS = 10_000;
const LEAVE_ATTEMPTS = 5;
const ROLES = ['scheduler', 'producer', 'embed', 'sink'] as const;

/**
 * Carries the embedded log of a data folder to Kafka while everything goes on: copies it, folds a fresh generation of the store
 * from the copy, and compares. Only where both sides are the same is the folder switched, once and for all; whatever happens
 * before, the embedded log counts, and the next call goes on where this one was cut off.
 *
 * @throws InputError where the log is on Kafka already, Kafka or the registry is not named, or the topics are not for this log
 */
export async function migrateLog(app: App, request: MigrateRequest = {}): Promise<MigrateReport> {
  const { movable, clock, config } = app;
  const since = clock.elapsed();
  const lock = await PauseLock.take(app);
  try {
    const isLeft = movable === null || movable.movedTo() !== null;
    const moved = isLeft ? await goOn(app) : await moveToKafka(app, movable, lock, request);
    return { topicPrefix: config.topicPrefix, ...moved, durationMs: clock.elapsed() - since };
  } finally {
    await lock.release();
  }
}

async function moveToKafka(app: App, movable: MovableLog, lock: PauseLock, request: MigrateRequest): Promise<Moved> {
  const target = await openTarget(app, movable.partitionCount, request.signal);
  try {
    return await move(app, movable, target, lock, request);
  } finally {
    await target.close();
  }
}

async function openTarget(
  { config, clock, random, telemetry }: App,
  partitions: number,
  signal: AbortSignal | undefined,
): Promise<OpenedLog> {
  const { kafkaServers, schemaRegistry, topicPrefix } = config;
  if (kafkaServers === null || schemaRegistry === null)
    throw new InputError('where is Kafka? Set KAFKA_BROKERS and SCHEMA_REGISTRY_URL (docs/running-on-kafka.md)');
  const { log: logger } = telemetry;
  const topics = { topicPrefix, partitions };
  const reach = { clock, random, log: logger, ...(signal === undefined ? {} : { signal }) };
  const opened = await openDistributed(kafkaServers, schemaRegistry, topics, reach);
  return { ...opened, log: patientLog(opened.log, { clock, random, logger }), close: () => opened.close() };
}

/** An earlier call was cut off between the moment from which the new log counts and its end. */
async function goOn(app: App): Promise<Moved> {
  const move = await readMove(app.metadata);
  if (move === null) throw new InputError('the log of this data folder is on Kafka already');
  await finishMove(app, move, await readAccounts(app));
  await endMove(app, move);
  const digest = await app.store.digest();
  const { generation } = move;
  const nothing = { copied: 0, replayed: 0, embeddingCalls: 0, pausedMs: 0, heldMs: 0 };
  return { ...nothing, generation, digestBefore: digest, digestAfter: digest, match: true };
}

async function move(
  app: App,
  movable: MovableLog,
  target: OpenedLog,
  lock: PauseLock,
  request: MigrateRequest,
): Promise<Moved> {
  const { generations, clock, random, telemetry, stores } = app;
  const { progress } = request;
  const mover = new LogMover({
    source: movable,
    target: target.log,
    sourceCodec: app.codec,
    targetCodec: target.codec,
    clock,
    random,
    logger: telemetry.log,
    onProgress: (copied) => progress?.('copying', copied),
  });
  await mover.resume();
  const { topicPrefix } = app.config;
  const copiedAt = clock.now();
  if (mover.isNew) await noteCopied(app.metadata, topicPrefix, copiedAt);
  await checkCopied(app.metadata, topicPrefix, copiedAt);
  await catchUp(mover);
  await noteCopied(app.metadata, topicPrefix, copiedAt);
  const old = stores.generation;
  for (const generation of await generations.list()) if (generation !== old) await generations.remove(generation);
  const generation = old + 1;
  const fresh = await generations.open(generation);
  const { rebuild, vectors } = await folding(app, target, fresh, progress);
  try {
    await foldApplied(app, mover, rebuild);
    await catchUp(mover);
    const pausedAt = clock.elapsed();
    await lock.standStill(ROLES);
    await sendDebts(app);
    await foldApplied(app, mover, rebuild);
    await resumeAt(app, target.log, fresh);
    await carryWaiting(target.log, app.store, fresh);
    await fresh.eraseFreed();
    const digests = await compare(app, fresh);
    await fresh.close();
    await carryCommits(target.log, await movedCommits(app, mover), clock);
    await lock.assertHeld();
    const { heldMs, document } = await leave(app, movable, mover, target.id, generation);
    const pausedMs = clock.elapsed() - pausedAt;
    await endMove(app, document);
    const { replayed } = rebuild;
    const { embeddingCalls } = vectors;
    return { copied: mover.copied, replayed, embeddingCalls, ...digests, generation, pausedMs, heldMs };
  } catch (error) {
    await fresh.close().catch(() => undefined);
    // Who took over makes a generation of the same number.
    const isOurs = movable.movedTo() === null && (await lock.isHeld().catch(() => false));
    if (isOurs) await generations.remove(generation).catch(() => undefined);
    throw error;
  }
}

async function folding(
  app: App,
  { log, codec }: OpenedLog,
  fresh: ItemStore,
  progress: MigrateRequest['progress'],
): Promise<{ rebuild: Rebuild; vectors: VectorSource }> {
  const cache = vectorCache(app.cache);
  const vectors = new VectorSource({ log, codec, cache, embedder: await app.embedder(), newModel: false });
  const rebuild = new Rebuild({
    log,
    codec,
    fresh,
    vectors,
    pause: () => app.clock.sleep(0),
    settings: app.foldSettings,
    onProgress: (replayed) => progress?.('replaying', replayed),
  });
  return { rebuild, vectors };
}

/** Copies again and again until little is left. */
async function catchUp(mover: LogMover): Promise<void> {
  for (let round = 0; round < CATCH_UP_ROUNDS; round++) {
    const before = mover.copied;
    await mover.copy();
    if (mover.copied - before < LITTLE) return;
  }
}

/** Folds from the copy what the live store has applied. Dead letters, which say what it did not take, are copied after that is known. */
async function foldApplied(app: App, mover: LogMover, rebuild: Rebuild): Promise<void> {
  const applied: number[] = [];
  for (const { partition } of await app.log.ends('ingest'))
    applied[partition] = (await app.store.progress(partition)).position;
  await mover.copy();
  for (const [partition, position] of applied.entries())
    await rebuild.fold(partition, mover.at('ingest', partition, position));
}

async function compare(app: App, fresh: ItemStore): Promise<Pick<Moved, 'digestBefore' | 'digestAfter' | 'match'>> {
  const [digestBefore, digestAfter] = [await app.store.digest(), await fresh.digest()];
  if (digestBefore !== digestAfter)
    throw new InputError(
      `the store differs from what the log says (digest ${digestBefore}, folded from Kafka ${digestAfter}), so nothing was switched: run \`hoardarr rebuild\`, look at what it says, and migrate again`,
      { digestBefore, digestAfter },
    );
  return { digestBefore, digestAfter, match: true };
}

async function movedCommits(app: App, mover: LogMover): Promise<Parameters<typeof carryCommits>[1]> {
  return (await app.log.lag()).map(({ group, topic, partition, committed }) => ({
    group,
    topic,
    partition,
    committed: mover.nextAt(topic, partition, committed),
  }));
}

/** Lets nobody write, copies the last records, and makes the new log the one that counts. `heldMs`: how long that took. */
async function leave(
  app: App,
  movable: MovableLog,
  mover: LogMover,
  to: string,
  generation: number,
): Promise<{ readonly heldMs: number; readonly document: MoveDocument }> {
  const { clock, config, metadata, stores } = app;
  const { topicPrefix } = config;
  await catchUp(mover);
  const heldAt = clock.elapsed();
  try {
    for (let attempt = 0; attempt < LEAVE_ATTEMPTS; attempt++) {
      await movable.hold(HOLD_MS);
      const ends = await mover.copy();
      if (!(await mover.isAlone()))
        throw new InputError('somebody else writes to these topics on Kafka: set HOARDARR_TOPIC_PREFIX to another one');
      const move = { to, topicPrefix, generation, embedder: await stores.embedder(), shifted: mover.isShifted };
      await writeMove(metadata, move);
      if (!(await movable.leave(to, ends))) continue;
      await finishMove(app, move, await readAccounts(app));
      return { heldMs: clock.elapsed() - heldAt, document: move };
    }
    throw new Error('others wrote all the time: try again when less goes on');
  } finally {
    if (movable.movedTo() === null) await movable.resume();
  }
}
