import { FencedError, LogUnavailableError, messageOf } from '../../core/errors.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Batch, LogRecord, SubscribeOptions, TopicName } from '../../core/ports/event-log.ts';
import type { Logger } from '../../core/ports/telemetry.ts';
import { type FetchedPartition, recordsOf } from './fetch-response.ts';
import type { Hungry } from './fetcher.ts';

const DEFAULT_BATCH_RECORDS = 500;
const DEFAULT_BATCH_BYTES = 4 * 1_048_576;
const FIRST_BACKOFF_MS = 100;
const LAST_BACKOFF_MS = 10_000;
/** A feed asks for more until it holds this much: the next batch is there when the handler ends. */
const ENOUGH_BYTES = 524_288;
const OFFSET_OUT_OF_RANGE = 1;

interface FeedDeps {
  readonly topicName: TopicName;
  /** with its prefix */
  readonly topic: string;
  readonly partition: number;
  /** of the group; where nothing is, 0 */
  readonly committed: number;
  readonly options: SubscribeOptions;
  readonly clock: Clock;
  readonly log: Logger;
  /** Somebody wants more. */
  readonly onHungry: () => void;
  /** Rejects with FencedError where the partition has another owner. */
  readonly commit: (nextOffset: number) => Promise<void>;
  /** offset of the oldest record kept */
  readonly startOf: () => Promise<number>;
}

/** Gives the batches of one owned partition to its handler, one after the other, until it is stopped. */
export class PartitionFeed implements Hungry {
  readonly topic: string;
  readonly partition: number;
  readonly #deps: FeedDeps;
  readonly #abort = new AbortController();
  readonly #done: Promise<void>;
  #buffer: LogRecord[] = [];
  #bufferBytes = 0;
  /** what to fetch next; null until onAssigned has said where to begin */
  #next: number | null = null;
  #wake: () => void = () => {};
  #commits: Promise<void> = Promise.resolve();
  #committed: number | null = null;
  #released = false;

  constructor(deps: FeedDeps) {
    this.#deps = deps;
    this.topic = deps.topic;
    this.partition = deps.partition;
    this.#done = this.#run();
  }

  get topicName(): TopicName {
    return this.#deps.topicName;
  }

  get isStopping(): boolean {
    return this.#abort.signal.aborted;
  }

  wanted(): number | null {
    return this.isStopping || this.#bufferBytes >= ENOUGH_BYTES ? null : this.#next;
  }

  async accept(from: number, { errorCode, bytes }: FetchedPartition): Promise<void> {
    if (this.isStopping || from !== this.#next) return; // it has been told to read from elsewhere since
    if (errorCode === OFFSET_OUT_OF_RANGE) return await this.#leap(from);
    if (errorCode !== 0) {
      throw new LogUnavailableError(`a fetch of ${this.topic}/${this.partition} was refused with error ${errorCode}`);
    }
    const { records, next } = await recordsOf(bytes, from);
    if (from !== this.#next) return;
    this.#next = next;
    for (const record of records) {
      this.#buffer.push(record);
      this.#bufferBytes += bytesOf(record);
    }
    if (records.length > 0) this.#wake();
  }

  /** Aborts the batch that is being handled, and resolves when its handler has ended. */
  async stop(reason: string): Promise<void> {
    this.#abort.abort(new FencedError(reason));
    this.#wake();
    await this.#done;
  }

  /** After this, commits are refused: somebody else may own the partition. */
  release(): void {
    this.#released = true;
  }

  /** What lies below the oldest record was removed by time; beyond the end is nothing, and that is no place to read from. */
  async #leap(from: number): Promise<void> {
    const start = await this.#deps.startOf();
    if (from < start) {
      this.#warn('records were removed before they were read', { from, start });
      this.#next = start;
    } else {
      this.#warn('the log ends before what was read of it; waiting for it to reach there again', { from });
      this.#next = null;
      void this.#goOnLater(from);
    }
  }

  /** Not awaited by whoever brought the answer: the other partitions of the broker go on. */
  async #goOnLater(from: number): Promise<void> {
    await this.#deps.clock.sleep(LAST_BACKOFF_MS, this.#abort.signal).catch(() => {});
    if (this.#next !== null) return; // it has been told to read from elsewhere since
    this.#next = from;
    this.#deps.onHungry();
  }

  async #run(): Promise<void> {
    const { topicName, partition, options, committed, clock } = this.#deps;
    let failures = 0;
    let began: number | null = null;
    while (!this.isStopping) {
      try {
        began ??= (await options.onAssigned?.(topicName, partition)) ?? committed;
        await this.#deliver(this.#committed ?? began, () => void (failures = 0));
      } catch (error) {
        if (this.isStopping) break;
        failures += 1;
        const waitMs = Math.min(LAST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (failures - 1));
        this.#warn('a batch was not handled and will be read again', { error: messageOf(error), waitMs });
        await clock.sleep(waitMs, this.#abort.signal).catch(() => {});
      }
    }
    try {
      await options.onRevoked?.(topicName, partition);
    } catch (error) {
      this.#warn('onRevoked failed', { error: messageOf(error) });
    }
  }

  /** Gives batches from `from` on until stopped; throws what the handler throws. */
  async #deliver(from: number, onSuccess: () => void): Promise<void> {
    this.#buffer = [];
    this.#bufferBytes = 0;
    this.#next = from;
    this.#deps.onHungry();
    while (!this.isStopping) {
      const records = this.#take();
      if (records.length === 0) {
        await this.#filled();
        continue;
      }
      this.#deps.onHungry();
      await this.#deps.options.handler(this.#batch(records));
      onSuccess();
      // Between batches other partitions get their turn.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  #take(): readonly LogRecord[] {
    const { maxBatchRecords = DEFAULT_BATCH_RECORDS, maxBatchBytes = DEFAULT_BATCH_BYTES } = this.#deps.options;
    let bytes = 0;
    let count = 0;
    for (const record of this.#buffer) {
      // At least one, however large it is.
      if (count === maxBatchRecords || (count > 0 && bytes + bytesOf(record) > maxBatchBytes)) break;
      bytes += bytesOf(record);
      count += 1;
    }
    this.#bufferBytes -= bytes;
    return this.#buffer.splice(0, count);
  }

  #batch(records: readonly LogRecord[]): Batch {
    const { topicName, partition } = this.#deps;
    const commit = (nextOffset: number): Promise<void> => this.#commit(nextOffset);
    return { topic: topicName, partition, records, signal: this.#abort.signal, commit };
  }

  /** One after the other, so that an earlier commit does not take back a later one. */
  #commit(nextOffset: number): Promise<void> {
    const commit = this.#commits.then(async () => {
      if (!Number.isSafeInteger(nextOffset) || nextOffset < 0) throw new RangeError(`no offset: ${nextOffset}`);
      if (this.#released) throw this.#fenced();
      if (this.#committed !== null && nextOffset <= this.#committed) return;
      await this.#deps.commit(nextOffset);
      this.#committed = nextOffset;
    });
    this.#commits = commit.catch(() => {});
    return commit;
  }

  #fenced(): FencedError {
    const { topic, partition, options } = this.#deps;
    return new FencedError(`${topic}/${partition} is no longer owned by this consumer of ${options.group}`);
  }

  /** Resolves when there may be something to take. Nothing is awaited between an empty buffer and this. */
  #filled(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      if (this.isStopping) resolve();
    });
  }

  #warn(message: string, fields: Readonly<Record<string, unknown>>): void {
    const { topic, partition, options } = this.#deps;
    this.#deps.log.warn(message, { group: options.group, topic, partition, ...fields });
  }
}

function bytesOf({ key, value }: LogRecord): number {
  return key.length + (value?.length ?? 0);
}
