import { setTimeout as delay } from 'node:timers/promises';
import { FencedError, messageOf } from '../../core/errors.ts';
import type { Batch, SubscribeOptions } from '../../core/ports/event-log.ts';
import type { Logger } from '../../core/ports/telemetry.ts';
import type { Ownership } from './group-store.ts';
import type { Page } from './partition-table.ts';

const DEFAULT_BATCH_RECORDS = 500;
const DEFAULT_BATCH_BYTES = 4 * 1_048_576;
const FIRST_BACKOFF_MS = 100;
const LAST_BACKOFF_MS = 10_000;

interface FeedDeps {
  readonly ownership: Ownership;
  readonly options: SubscribeOptions;
  readonly log: Logger | undefined;
  /** see PartitionTable.page; throws LogUnavailableError */
  readonly page: (from: number, maxRecords: number, maxBytes: number) => Page;
  /** calls back after every append, until the returned function is called */
  readonly onAppended: (wake: () => void) => () => void;
  /** false when the partition has another owner */
  readonly commit: (nextOffset: number) => Promise<boolean>;
  readonly onFenced: () => void;
}

/** Gives the batches of one owned partition to its handler, one after the other, until it is stopped. */
export class PartitionFeed {
  readonly ownership: Ownership;
  readonly #deps: FeedDeps;
  readonly #abort = new AbortController();
  readonly #done: Promise<void>;
  readonly #unsubscribe: () => void;
  #wake: () => void = () => {};
  #commits: Promise<void> = Promise.resolve();
  /** committed by this owner, or null when it has committed nothing yet */
  #committed: number | null = null;
  /** where this owner began; unknown until onAssigned has said it */
  #began: number | null = null;
  #released = false;

  constructor(deps: FeedDeps) {
    this.#deps = deps;
    this.ownership = deps.ownership;
    this.#unsubscribe = deps.onAppended(() => this.#wake());
    this.#done = this.#run();
  }

  get isStopping(): boolean {
    return this.#abort.signal.aborted;
  }

  /** Aborts the batch that is being handled, waits for its handler, and says so with onRevoked. */
  async stop(reason: string): Promise<void> {
    this.#abort.abort(new FencedError(reason));
    this.#wake();
    await this.#done;
  }

  /** After this, commits are refused: somebody else may own the partition. */
  release(): void {
    this.#released = true;
  }

  async #run(): Promise<void> {
    const { topic, partition } = this.ownership;
    let failures = 0;
    while (!this.isStopping) {
      try {
        this.#began ??= (await this.#deps.options.onAssigned?.(topic, partition)) ?? this.ownership.committed;
        await this.#deliver(this.#committed ?? this.#began, () => void (failures = 0));
      } catch (error) {
        if (this.isStopping) break;
        failures += 1;
        const waitMs = Math.min(LAST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (failures - 1));
        this.#warn('a batch was not handled and will be read again', { error: messageOf(error), waitMs });
        await delay(waitMs, undefined, { signal: this.#abort.signal }).catch(() => {});
      }
    }
    this.#unsubscribe();
    try {
      await this.#deps.options.onRevoked?.(topic, partition);
    } catch (error) {
      this.#warn('onRevoked failed', { error: messageOf(error) });
    }
  }

  /** Gives batches from `from` on until stopped; throws what the handler throws. */
  async #deliver(from: number, onSuccess: () => void): Promise<void> {
    const {
      handler,
      maxBatchRecords = DEFAULT_BATCH_RECORDS,
      maxBatchBytes = DEFAULT_BATCH_BYTES,
    } = this.#deps.options;
    let position = from;
    while (!this.isStopping) {
      const page = this.#deps.page(position, maxBatchRecords, maxBatchBytes);
      if (page.records.length > 0) {
        await handler(this.#batch(page));
        onSuccess();
      }
      position = page.next;
      // Between batches other partitions get their turn, and nothing else waits longer than for one batch.
      if (page.records.length > 0 || !page.atEnd) await new Promise((resolve) => setImmediate(resolve));
      else await this.#appended();
    }
  }

  #batch(page: Page): Batch {
    const { topic, partition } = this.ownership;
    const commit = (nextOffset: number): Promise<void> => this.#commit(nextOffset);
    return { topic, partition, records: page.records, signal: this.#abort.signal, commit };
  }

  /** One after the other, so that a commit that had to wait for a lock does not take back a later one. */
  #commit(nextOffset: number): Promise<void> {
    const commit = this.#commits.then(() => this.#commitNow(nextOffset));
    this.#commits = commit.catch(() => {});
    return commit;
  }

  async #commitNow(nextOffset: number): Promise<void> {
    if (!Number.isSafeInteger(nextOffset) || nextOffset < 0) throw new RangeError(`no offset: ${nextOffset}`);
    if (this.#released) throw this.#fenced();
    if (this.#committed !== null && nextOffset <= this.#committed) return;
    const isOwner = await this.#deps.commit(nextOffset);
    if (!isOwner) {
      this.#deps.onFenced();
      throw this.#fenced();
    }
    this.#committed = nextOffset;
  }

  #fenced(): FencedError {
    const { topic, partition } = this.ownership;
    return new FencedError(`${topic}/${partition} is no longer owned by this consumer of ${this.#deps.options.group}`);
  }

  /** Resolves when a record may have been appended. Nothing is awaited between the empty page and this, so none is missed. */
  #appended(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      if (this.isStopping) resolve();
    });
  }

  #warn(message: string, fields: Readonly<Record<string, unknown>>): void {
    const { topic, partition } = this.ownership;
    this.#deps.log?.warn(message, { group: this.#deps.options.group, topic, partition, ...fields });
  }
}
