import { DEAD_LETTER_HEADER } from '../core/dead-letter.ts';
import { PoisonError } from '../core/errors.ts';
import { DEFAULT_FOLD_SETTINGS, type FoldSettings } from '../core/fold/effects.ts';
import { accountName, HEADER, parseScope } from '../core/keys.ts';
import type { RunRow } from '../core/ledger.ts';
import type { EventLog, LogRecord } from '../core/ports/event-log.ts';
import type { ItemStore, RefusedItem } from '../core/ports/item-store.ts';
import type { Decoded, SchemaCodec } from '../core/ports/schema-codec.ts';
import type { RawItem } from '../schemas/generated/records.ts';
import { BatchApplier } from './apply-batch.ts';
import type { BatchRecord } from './batch-record.ts';
import { checkItemIds } from './check-item-ids.ts';
import { toFoldInput } from './fold-input.ts';
import { Owed } from './owed.ts';
import { UnitOfWork } from './unit-of-work.ts';
import type { VectorSource } from './vector-source.ts';

const BATCH_RECORDS = 1_000;
const SEARCH_MARGIN = 10_000;

export interface RebuildDeps {
  readonly log: EventLog;
  readonly codec: SchemaCodec;
  /** The generation that is being made; a rebuild that was cut off goes on where it stopped. */
  readonly fresh: ItemStore;
  readonly vectors: VectorSource;
  readonly pause: () => Promise<void>;
  readonly settings?: FoldSettings;
  readonly onProgress?: (replayed: number) => void;
}

/**
 * Folds `ingest` into a fresh generation (law 8): applies decisions and never makes any, emits no command, outcome or
 * notification, and takes vectors from where they are. Can be called again to catch up with what came meanwhile.
 */
export class Rebuild {
  readonly #deps: RebuildDeps;
  readonly #poisoned = new Map<number, Set<number>>();
  readonly #refused: RefusedItem[] = [];
  #replayed = 0;

  constructor(deps: RebuildDeps) {
    this.#deps = deps;
  }

  /** Records replayed so far. */
  get replayed(): number {
    return this.#replayed;
  }

  /** What the fresh generation did not take; the same may be there more than once. */
  get refused(): readonly RefusedItem[] {
    return this.#refused;
  }

  /** Folds one partition up to and including `position`. */
  async fold(partition: number, position: number): Promise<void> {
    const { log, fresh, codec, pause, settings, onProgress } = this.#deps;
    await this.#readDeadLetters(partition);
    const applier = new BatchApplier(
      {
        store: fresh,
        owed: new Owed(codec),
        settings: settings ?? DEFAULT_FOLD_SETTINGS,
        rebuilding: true,
        pause,
        deadLetter: async () => undefined,
        onRefused: (refused) => void this.#refused.push(...refused),
      },
      partition,
      await fresh.progress(partition),
    );
    while (applier.progress.position < position) {
      const records = await log.read('ingest', partition, applier.progress.position + 1, { records: BATCH_RECORDS });
      const due = records.filter((record) => record.offset <= position);
      if (due.length === 0) break;
      await applier.apply(await this.#toBatch(partition, due));
      this.#replayed += due.length;
      onProgress?.(this.#replayed);
      await pause();
    }
  }

  async #toBatch(partition: number, records: readonly LogRecord[]): Promise<readonly BatchRecord[]> {
    const decoded = records.map((record) => this.#decode(partition, record));
    const items = decoded.flatMap((entry, i) =>
      entry?.type === 'RawItem' ? [{ item: entry.value, key: records[i]?.key ?? '' }] : [],
    );
    const vectors = await this.#deps.vectors.vectorsOf(items);
    return records.map((record, i) => {
      const entry = decoded[i];
      const at = { offset: record.offset, position: record.offset };
      if (record.value === null) return { kind: 'empty', ...at };
      if (entry === null || entry === undefined) return { kind: 'marker', key: record.key, ...at };
      const enriched = entry.type === 'RawItem' ? enrich(entry.value, vectors) : entry;
      return { kind: 'input', input: toFoldInput(record, enriched, record.offset) };
    });
  }

  /** Null for a tombstone, and for what the live stages put into the dead letters. */
  #decode(partition: number, record: LogRecord): Decoded | null {
    if (record.value === null || this.#poisoned.get(partition)?.has(record.offset) === true) return null;
    try {
      const decoded = this.#deps.codec.decode(record.value);
      checkItemIds(decoded);
      return decoded;
    } catch (error) {
      if (error instanceof PoisonError) return null;
      throw error;
    }
  }

  async #readDeadLetters(partition: number): Promise<void> {
    const positions = new Set<number>();
    for (let from = 0; ; ) {
      const records = await this.#deps.log.read('dead-letter', partition, from, { records: BATCH_RECORDS });
      for (const record of records) {
        // It was taken as a whole, and so is it here.
        if (record.headers[HEADER.butForItem] !== undefined) continue;
        const header =
          record.headers[DEAD_LETTER_HEADER.topic] === 'ingest'
            ? record.headers[DEAD_LETTER_HEADER.offset]
            : record.headers[HEADER.position];
        if (header !== undefined) positions.add(Number(header));
      }
      const last = records.at(-1);
      if (last === undefined) break;
      from = last.offset + 1;
    }
    this.#poisoned.set(partition, positions);
  }
}

function enrich(item: RawItem, vectors: Awaited<ReturnType<VectorSource['vectorsOf']>>): Decoded {
  const found = vectors.get(item);
  return {
    type: 'EnrichedItem',
    value: {
      item,
      textHash: found?.textHash ?? null,
      vector: found?.vector?.bytes ?? null,
      model: found?.vector?.model ?? null,
      dimensions: found?.vector?.dimensions ?? null,
      textTruncated: false,
    },
  };
}

/**
 * Offset in `enriched` from where a sink that has applied `position` goes on: not later than the first record that it lacks.
 * Positions ascend there but for late vectors and for what a processor emitted twice, hence the margin.
 */
export async function resumeOffset(log: EventLog, partition: number, position: number): Promise<number> {
  const end = (await log.ends('enriched')).find((entry) => entry.partition === partition);
  if (end === undefined) return 0;
  let low = end.start;
  let high = end.end;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const record = await nextWithPosition(log, partition, middle, high);
    if (record === null || Number(record.headers[HEADER.position]) > position) high = middle;
    else low = record.offset + 1;
  }
  return Math.max(end.start, low - SEARCH_MARGIN);
}

/** The first record of `enriched` from `from` that has a position, as late vectors have none; null when none comes before `to`. */
async function nextWithPosition(log: EventLog, partition: number, from: number, to: number): Promise<LogRecord | null> {
  for (let next = from; next < to; ) {
    const records = await log.read('enriched', partition, next, { records: next === from ? 1 : BATCH_RECORDS });
    const last = records.at(-1);
    if (last === undefined) return null;
    const found = records.find(({ headers }) => headers[HEADER.position] !== undefined);
    if (found !== undefined) return found.offset < to ? found : null;
    next = last.offset + 1;
  }
  return null;
}

/**
 * A fresh generation knows the decisions that came back, but not what the old one still waits for, since a rebuild proposes
 * nothing. Carries that over, so that whoever waits for a run goes on waiting for the same. Both stores stand at the same
 * position; debts of the old one were sent.
 */
export async function carryWaiting(log: EventLog, old: ItemStore, fresh: ItemStore): Promise<void> {
  const byPartition = new Map<number, RunRow[]>();
  for (const syncId of await recentRuns(old)) {
    const [was, now] = [await old.run(syncId), await fresh.run(syncId)];
    if (was === null || now === null) continue;
    const { waitingDecisions, waitingCommands, settledAt, converged } = was;
    const partition = log.partitionOf(was.account);
    const runs = byPartition.get(partition) ?? [];
    runs.push({ ...now, waitingDecisions, waitingCommands, settledAt, converged });
    byPartition.set(partition, runs);
  }
  for (const [partition, runs] of byPartition) {
    const unit = new UnitOfWork(fresh);
    for (const run of runs) unit.addRun(run);
    const progress = await fresh.progress(partition);
    await fresh.commit(unit.changeSet(partition, progress, progress));
  }
}

/** The last runs of every account, what caused them, and what they caused. */
async function recentRuns(store: ItemStore): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  const open: (string | null)[] = [];
  for (const scope of await store.scopes()) {
    open.push(scope.applied?.syncId ?? null);
    open.push((await store.account(accountName(parseScope(scope.scope))))?.syncId ?? null);
  }
  for (const syncId of open) {
    if (syncId === null || found.has(syncId)) continue;
    found.add(syncId);
    open.push((await store.run(syncId))?.causedBy ?? null);
    for (const run of await store.runsCausedBy(syncId)) open.push(run.syncId);
  }
  return found;
}
