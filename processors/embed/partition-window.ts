import { deadLetterRecord } from '../../core/dead-letter.ts';
import { FencedError, InvalidRecordError, messageOf, RecordTooLargeError } from '../../core/errors.ts';
import { HEADER, repeatKey } from '../../core/keys.ts';
import type { AppendRecord, Batch, EventLog, LogRecord, TopicName } from '../../core/ports/event-log.ts';
import { dimensionsOf } from '../../core/vector-bytes.ts';
import type { EmbeddingCache, PendingVector } from './embedding-cache.ts';
import type { EmbeddingQueue } from './embedding-queue.ts';
import type { EnrichedWriter, Enrichment } from './enriched-writer.ts';
import type { EmbedLimits } from './limits.ts';
import { enrichedRecord, type Planner, type Step } from './plan.ts';
import { type SteadyDeps, steadily } from './steadily.ts';
import type { Embedding } from './waiting-texts.ts';

export interface WindowDeps extends SteadyDeps {
  readonly log: EventLog;
  readonly planner: Planner;
  readonly writer: EnrichedWriter;
  readonly queue: EmbeddingQueue;
  readonly cache: EmbeddingCache;
  readonly limits: EmbedLimits;
  /** how many windows hold something now: they share what may be held */
  readonly sharers: () => number;
  readonly model: string;
}

interface Prepared {
  readonly steps: readonly Step[];
  readonly embeddings: ReadonlyMap<string, Embedding>;
}

interface Output {
  readonly enriched: AppendRecord[];
  readonly dead: AppendRecord[];
  readonly pending: PendingVector[];
  /** keys that got a tombstone */
  readonly erased: string[];
}

const NOTHING = new Uint8Array(0);
const NO_ENRICHMENT: Enrichment = { textHash: null, vector: null, model: null, dimensions: null, textTruncated: false };

/**
 * What of a partition was read but not written yet: embedded concurrently, written in order (law 1).
 *
 * It ends when its partition is taken away; a new assignment gets a new window.
 */
export class PartitionWindow {
  readonly #partition: number;
  readonly #deps: WindowDeps;
  #records = 0;
  #bytes = 0;
  #tail: Promise<void> = Promise.resolve();
  /** why this window takes nothing any more */
  #ended: Error | null = null;
  readonly #waiting = new Set<() => void>();

  constructor(partition: number, deps: WindowDeps) {
    this.#partition = partition;
    this.#deps = deps;
  }

  /**
   * Takes a batch in, and resolves when there is room for another, or the batch's signal is aborted.
   *
   * @throws what ended the window (FencedError where the partition was lost): the batch was not taken, and what was taken
   *   and not written has to be read again
   */
  async accept(batch: Batch): Promise<void> {
    if (this.#ended !== null) throw this.#ended;
    if (batch.signal.aborted) return;
    const { limits } = this.#deps;
    const bytes = batch.records.reduce((sum, record) => sum + (record.value?.length ?? 0), 0);
    this.#records += batch.records.length;
    this.#bytes += bytes;
    // A batch that was filled to a limit is followed by another at once, provided that there is room for it.
    const isFilled = batch.records.length >= limits.batchRecords || bytes >= limits.batchBytes / 2;
    const prepared = this.#prepare(batch, isFilled && !this.#isFull());
    prepared.catch(() => {}); // looked at when its turn comes
    this.#tail = this.#tail.then(async () => {
      await this.#finish(batch, prepared);
      this.#records -= batch.records.length;
      this.#bytes -= bytes;
      for (const wake of this.#waiting) wake();
    });
    if (!this.#isFull()) return;
    // Read on only when half of it is free, so that the next requests are full again.
    await this.#waitUntil(() => this.#isHalfEmpty() || batch.signal.aborted, batch.signal);
  }

  /** Resolves when everything that was taken in is written, or dropped. */
  async drained(): Promise<void> {
    await this.#tail;
  }

  /** Nothing was taken in that is not written. */
  get isEmpty(): boolean {
    return this.#records === 0;
  }

  #isFull(): boolean {
    const { records, bytes } = this.#share();
    return this.#records >= records || this.#bytes >= bytes;
  }

  #isHalfEmpty(): boolean {
    const { records, bytes } = this.#share();
    return this.#records <= records / 2 && this.#bytes <= bytes / 2;
  }

  /** What this window may hold: of many busy partitions each a part, but never less than a batch. */
  #share(): { readonly records: number; readonly bytes: number } {
    const { windowRecords, windowBytes, batchRecords, batchBytes } = this.#deps.limits;
    const sharers = Math.max(1, this.#deps.sharers());
    return {
      records: Math.max(Math.min(batchRecords, windowRecords), windowRecords / sharers),
      bytes: Math.max(Math.min(batchBytes, windowBytes), windowBytes / sharers),
    };
  }

  async #waitUntil(condition: () => boolean, signal: AbortSignal): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#waiting.delete(wake);
          signal.removeEventListener('abort', wake);
          resolve();
        };
        this.#waiting.add(wake);
        signal.addEventListener('abort', wake);
      });
    }
  }

  async #prepare(batch: Batch, isFollowed: boolean): Promise<Prepared> {
    const { planner, queue } = this.#deps;
    const plan = async () => batch.records.map((record) => planner.plan(record));
    const steps = await steadily('reading records', plan, this.#deps, batch.signal);
    const wanted = steps.flatMap((step) => (step.kind === 'item' && step.wanted !== null ? [step.wanted] : []));
    const embeddings = queue.resolve(wanted);
    queue.expect(this.#partition, isFollowed);
    return { steps, embeddings: await embeddings };
  }

  /** Never rejects: what cannot be written because the partition is lost is dropped, and read again by its next owner. */
  async #finish(batch: Batch, prepared: Promise<Prepared>): Promise<void> {
    try {
      const { steps, embeddings } = await prepared;
      if (this.#ended !== null || batch.signal.aborted) return;
      await this.#write(batch, this.#output(steps, embeddings));
    } catch (error) {
      // What comes behind must not be committed either, else this would be lost.
      this.#ended ??= error instanceof Error ? error : new Error(messageOf(error));
      if (batch.signal.aborted || error instanceof FencedError) return;
      this.#deps.telemetry.log.error('a batch could not be written, and is read again', { error: messageOf(error) });
    }
  }

  #output(steps: readonly Step[], embeddings: ReadonlyMap<string, Embedding>): Output {
    const output: Output = { enriched: [], dead: [], pending: [], erased: [] };
    for (const step of steps) {
      if (step.kind === 'poison') {
        output.dead.push(this.#deadLetter(step.record, step.error));
        output.enriched.push(markerOf(step.record));
        continue;
      }
      const embedding = step.kind === 'item' && step.wanted !== null ? embeddings.get(step.wanted.textHash) : undefined;
      try {
        output.enriched.push(enrichedRecord(step, this.#deps.writer, this.#enrichment(step, embedding)));
      } catch (error) {
        if (!(error instanceof InvalidRecordError)) throw error;
        output.dead.push(this.#deadLetter(step.record, error.message));
        output.enriched.push(markerOf(step.record));
        continue;
      }
      if (step.record.value === null) {
        const { key } = step.record;
        output.erased.push(key);
        // Only this stage knows of copies that it may have written: `ingest` has none of them.
        output.enriched.push({ ...enrichedRecord(step, this.#deps.writer, NO_ENRICHMENT), key: repeatKey(key) });
      }
      if (embedding?.kind === 'late') output.pending.push(...pendingOf(step, this.#partition));
    }
    return output;
  }

  #enrichment(step: Step, embedding: Embedding | undefined): Enrichment {
    if (step.kind !== 'item' || step.wanted === null) return NO_ENRICHMENT;
    const { textHash } = step.wanted;
    if (embedding?.kind !== 'vector') return { ...NO_ENRICHMENT, textHash };
    const { vector, truncated } = embedding;
    const dimensions = dimensionsOf(vector);
    return { textHash, vector, model: this.#deps.model, dimensions, textTruncated: truncated };
  }

  #deadLetter(record: LogRecord, error: string): AppendRecord {
    return deadLetterRecord(record, { topic: 'ingest', partition: this.#partition, stage: 'embed', error });
  }

  async #write(batch: Batch, { enriched, dead, pending, erased }: Output): Promise<void> {
    const { cache, telemetry } = this.#deps;
    const { signal } = batch;
    if (erased.length > 0) {
      const forget = () => cache.removePending(erased);
      await steadily('forgetting what was erased', forget, this.#deps, signal);
    }
    if (pending.length > 0) {
      const add = () => cache.addPending(pending);
      await steadily('storing what waits for a vector', add, this.#deps, signal);
    }
    const tooLarge = await this.#append('enriched', enriched, signal);
    const tooLargeKeys = new Set(tooLarge.map(({ key }) => key));
    const refused = batch.records
      .filter(({ key }) => tooLargeKeys.has(key))
      .map((record) => this.#deadLetter(record, 'the enriched record is larger than its topic takes'));
    const markers = batch.records.filter(({ key }) => tooLargeKeys.has(key)).map(markerOf);
    await this.#append('enriched', markers, signal);
    // Before the commit, so that none is lost; a dead letter that is written twice is one to its readers.
    await this.#append('dead-letter', [...dead, ...refused], signal);
    await this.#commit(batch);
    telemetry.metrics.count('hoardarr_enriched_records', enriched.length - refused.length);
    const lost = dead.length + refused.length;
    if (lost > 0) telemetry.metrics.count('hoardarr_dead_letters', lost, { stage: 'embed' });
  }

  /** The records that are too large for the topic; the others are written when it resolves. */
  async #append(topic: TopicName, records: readonly AppendRecord[], signal: AbortSignal): Promise<AppendRecord[]> {
    if (records.length === 0) return [];
    const { log } = this.#deps;
    const append = async (attempt: number): Promise<boolean> => {
      try {
        // What failed may have been written all the same, and a copy must not displace the first.
        await log.append(topic, this.#partition, attempt === 0 ? records : records.map(repeated));
        return true;
      } catch (error) {
        if (error instanceof RecordTooLargeError) return false;
        throw error;
      }
    };
    if (await steadily(`writing to ${topic}`, append, this.#deps, signal)) return [];
    if (records.length === 1) return [...records];
    const middle = Math.ceil(records.length / 2);
    const first = await this.#append(topic, records.slice(0, middle), signal);
    return [...first, ...(await this.#append(topic, records.slice(middle), signal))];
  }

  async #commit(batch: Batch): Promise<void> {
    const last = batch.records.at(-1);
    if (last === undefined) return;
    await steadily('committing', () => batch.commit(last.offset + 1), this.#deps, batch.signal);
  }
}

/** The copy for another attempt. A tombstone names what it erases; twice is as good as once. */
function repeated(record: AppendRecord): AppendRecord {
  if (record.value === null) return record;
  const headers = { ...record.headers, [HEADER.ingestKey]: record.key };
  return { ...record, key: repeatKey(record.key), headers };
}

/** Stands in `enriched` for a record that went to the dead letters: a purge has to find its key (law 7). */
function markerOf({ key, timestamp, offset }: LogRecord): AppendRecord {
  return { key, timestamp, value: NOTHING, headers: { [HEADER.position]: String(offset), [HEADER.poison]: '1' } };
}

function pendingOf(step: Step, partition: number): PendingVector[] {
  if (step.kind !== 'item' || step.wanted === null) return [];
  const { provider, user, collection, itemId } = step.item;
  const { key, offset } = step.record;
  return [{ key, partition, position: offset, provider, user, collection, itemId, ...step.wanted }];
}
