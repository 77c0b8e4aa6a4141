import { deadLetterRecord } from '../core/dead-letter.ts';
import { PoisonError } from '../core/errors.ts';
import { DEFAULT_FOLD_SETTINGS, type FoldSettings } from '../core/fold/effects.ts';
import { HEADER, ingestKeyOf, offsetIn } from '../core/keys.ts';
import type { Clock, Random } from '../core/ports/clock.ts';
import type { Batch, EventLog, LogRecord, Subscription } from '../core/ports/event-log.ts';
import type { ItemStore, PartitionProgress } from '../core/ports/item-store.ts';
import type { SchemaCodec } from '../core/ports/schema-codec.ts';
import type { Telemetry } from '../core/ports/telemetry.ts';
import { BatchApplier } from './apply-batch.ts';
import type { BatchRecord } from './batch-record.ts';
import { checkItemIds } from './check-item-ids.ts';
import { Convergence } from './convergence.ts';
import { toFoldInput } from './fold-input.ts';
import { OutboxSender } from './outbox.ts';
import { Owed } from './owed.ts';
import type { UnitOfWork } from './unit-of-work.ts';

export interface SinkDeps {
  readonly log: EventLog;
  readonly store: ItemStore;
  readonly codec: SchemaCodec;
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
  readonly settings?: FoldSettings;
}

const GROUP = 'sink';
/** What is decoded and committed at once takes some 30 ms: so many items, half as many decisions, or a few large chunks. */
const SLICE_WEIGHT = 200;
const LARGE_RECORD_BYTES = 65_536;
const BYTES_OF_A_WEIGHT = 1_500;

/** Reads `enriched`, folds it into the store, and sends what it owes. Start and stop it once. */
export class Sink {
  readonly #deps: SinkDeps;
  readonly #appliers = new Map<number, BatchApplier>();
  readonly #sender: OutboxSender;
  readonly #convergence: Convergence;
  #subscription: Subscription | null = null;

  constructor(deps: SinkDeps) {
    this.#deps = deps;
    this.#sender = new OutboxSender({
      ...deps,
      logger: deps.telemetry.log,
      owns: (partition) => this.#appliers.has(partition),
    });
    this.#convergence = new Convergence({ ...deps, owed: new Owed(deps.codec), logger: deps.telemetry.log });
  }

  async start(): Promise<void> {
    this.#subscription = await this.#deps.log.subscribe({
      group: GROUP,
      topics: ['enriched'],
      handler: (batch) => this.#handle(batch),
      onAssigned: (_topic, partition) => this.#assign(partition),
      onRevoked: async (_topic, partition) => {
        this.#appliers.delete(partition);
      },
    });
  }

  /** Finishes the batches under way; what is still owed is sent at the next start. */
  async stop(): Promise<void> {
    await this.#subscription?.close();
    await this.#sender.stop();
  }

  /** There may be something to send that another stored: used by maintenance. */
  kick(): void {
    this.#sender.kick();
  }

  async #assign(partition: number): Promise<number> {
    const progress = await this.#deps.store.progress(partition);
    this.#appliers.set(partition, this.#newApplier(partition, progress));
    await this.#convergence.resume(partition, (account) => this.#deps.log.partitionOf(account) === partition);
    this.#sender.kick();
    return Math.max(0, progress.nextOffset);
  }

  #newApplier(partition: number, progress: PartitionProgress): BatchApplier {
    const { store, codec, clock, settings } = this.#deps;
    return new BatchApplier(
      {
        store,
        owed: new Owed(codec),
        settings: settings ?? DEFAULT_FOLD_SETTINGS,
        rebuilding: false,
        pause: () => clock.sleep(0),
        now: () => clock.now(),
        deadLetter: (offset, error, itemId) => this.#deadLetter(partition, offset, error, itemId),
        onCommit: (unit) => {
          this.#count(unit);
          this.#convergence.noteDecisions(partition, unit.effects.history);
        },
        onRuns: (runs) => this.#convergence.note(partition, runs),
      },
      partition,
      progress,
    );
  }

  async #handle(batch: Batch): Promise<void> {
    const applier = this.#appliers.get(batch.partition);
    if (applier === undefined) throw new Error(`partition ${batch.partition} was not assigned to this sink`);
    try {
      let weight = 0;
      let slice: BatchRecord[] = [];
      for (const record of batch.records) {
        const read = this.#read(record);
        slice.push(read);
        weight += weightOf(record, read);
        if (weight < SLICE_WEIGHT) continue;
        await applier.apply(slice);
        await this.#deps.clock.sleep(0);
        slice = [];
        weight = 0;
      }
      await applier.apply(slice);
    } catch (error) {
      // Whatever the applier thought of its progress: the store knows better.
      this.#appliers.set(
        batch.partition,
        this.#newApplier(batch.partition, await this.#deps.store.progress(batch.partition)),
      );
      throw error;
    }
    const settled = await this.#convergence.settle(batch.partition, applier.progress);
    if (settled > 0) this.#deps.telemetry.metrics.count('hoardarr_runs_settled', settled);
    this.#sender.kick();
    if (!batch.signal.aborted) await batch.commit((batch.records.at(-1)?.offset ?? 0) + 1);
  }

  #read(record: LogRecord): BatchRecord {
    const told = offsetIn(record.headers[HEADER.position]);
    const position = told ?? -1;
    if (record.value === null) return { kind: 'empty', offset: record.offset, position };
    if (record.headers[HEADER.poison] !== undefined)
      return { kind: 'marker', offset: record.offset, position, key: ingestKeyOf(record) };
    try {
      const decoded = this.#deps.codec.decode(record.value);
      checkItemIds(decoded);
      if (told === null && record.headers[HEADER.position] !== undefined)
        throw new PoisonError('its position is no offset');
      return { kind: 'input', input: toFoldInput(record, decoded, position) };
    } catch (error) {
      // A registry that does not answer is no fault of the record: the batch is read again.
      if (!(error instanceof PoisonError)) throw error;
      return { kind: 'poison', offset: record.offset, position, key: ingestKeyOf(record), error: error.message };
    }
  }

  async #deadLetter(partition: number, offset: number, error: string, itemId?: string): Promise<void> {
    const [record] = await this.#deps.log.read('enriched', partition, offset, { records: 1 });
    this.#deps.telemetry.metrics.count('hoardarr_dead_letters', 1, { stage: 'sink' });
    this.#deps.telemetry.log.error('a record went to the dead letters', { partition, offset, error });
    if (record === undefined || record.offset !== offset) return;
    const letter = deadLetterRecord(record, { topic: 'enriched', partition, stage: 'sink', error });
    const headers = itemId === undefined ? letter.headers : { ...letter.headers, [HEADER.butForItem]: itemId };
    await this.#deps.log.append('dead-letter', partition, [{ ...letter, headers }]);
  }

  #count(unit: UnitOfWork): void {
    const { metrics } = this.#deps.telemetry;
    for (const draft of unit.changedDrafts()) metrics.count('hoardarr_items_applied', 1, { scope: draft.scope });
    for (const entry of unit.effects.history)
      if (entry.event === 'removed' || entry.event === 'held' || entry.event === 'purged')
        metrics.count(`hoardarr_${entry.event}`, 1, { reason: entry.author === 'sink' ? 'sink' : 'person' });
  }
}

/** Roughly what it costs to apply. A decision changes a row that is not loaded, and several indexes of it. */
function weightOf({ value }: LogRecord, read: BatchRecord): number {
  const size = value?.length ?? 0;
  if (size >= LARGE_RECORD_BYTES) return size / BYTES_OF_A_WEIGHT;
  return read.kind === 'input' && read.input.decoded.type === 'Decision' ? 2 : 1;
}
