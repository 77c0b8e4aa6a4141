/**
 * The event log: topics of ordered partitions that are read by consumer groups.
 *
 * Everything that a stage tells another goes through it. Adapters: transport/embedded (SQLite), transport/kafka.
 * Every adapter passes testing/contracts/event-log.ts.
 */

export type TopicName = 'ingest' | 'enriched' | 'commands' | 'outcomes' | 'dead-letter';

const DAY_MS = 86_400_000;
/** How long each topic keeps a record, ms since the append; null: for ever, but for what a tombstone erases. */
export const RETENTION_MS = {
  ingest: null,
  enriched: null,
  commands: 7 * DAY_MS,
  outcomes: 30 * DAY_MS,
  'dead-letter': 30 * DAY_MS,
} as const satisfies Readonly<Record<TopicName, number | null>>;
/** How long a tombstone stays after it was applied, ms. */
export const TOMBSTONE_RETENTION_MS = 30 * DAY_MS;

export const TOPIC_NAMES: readonly TopicName[] = ['ingest', 'enriched', 'commands', 'outcomes', 'dead-letter'];

/** A record to append. A null value is a tombstone: it erases every earlier record of the topic with this exact key. */
export interface AppendRecord {
  readonly key: string;
  readonly value: Uint8Array | null;
  readonly headers?: Readonly<Record<string, string>>;
  /** ms since the epoch; the adapter's clock where it is absent */
  readonly timestamp?: number;
}

/** A record as the log keeps it. */
export interface LogRecord {
  readonly key: string;
  readonly value: Uint8Array | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly timestamp: number;
  /** from 0, ascending within the partition; gaps are where records were erased */
  readonly offset: number;
}

export interface Batch {
  readonly topic: TopicName;
  readonly partition: number;
  /** in order of offset, at least one */
  readonly records: readonly LogRecord[];
  /** aborted when the partition was taken away or the subscription closes: stop soon, and commit nothing more */
  readonly signal: AbortSignal;
  /**
   * Everything below `nextOffset` has its effect durably behind it. May be called later than the handler's end, in
   * ascending order. Rejects with FencedError when this consumer no longer owns the partition: then drop the work.
   */
  commit(nextOffset: number): Promise<void>;
}

/**
 * Called with one batch a partition at a time, in order; different partitions may overlap. When it resolves, the next
 * batch of the partition is given, whether or not this one was committed. When it rejects, the partition is read again
 * from the last committed offset, after a backoff; the error is logged.
 */
export type BatchHandler = (batch: Batch) => Promise<void>;

export interface SubscribeOptions {
  readonly group: string;
  readonly topics: readonly TopicName[];
  readonly handler: BatchHandler;
  readonly maxBatchRecords?: number;
  readonly maxBatchBytes?: number;
  /** Called before the first batch of a partition that this consumer was given; says where to read from, else the committed offset. */
  readonly onAssigned?: (topic: TopicName, partition: number) => Promise<number | undefined>;
  /** Called after the last batch of a partition that was taken away. */
  readonly onRevoked?: (topic: TopicName, partition: number) => Promise<void>;
}

export interface Subscription {
  /** Partitions that this consumer has now. */
  assignments(): readonly { readonly topic: TopicName; readonly partition: number }[];
  /** Stops giving batches, waits for the running handlers, leaves the group. Idempotent. */
  close(): Promise<void>;
}

export interface PartitionEnd {
  readonly partition: number;
  /**
   * Nothing below it is kept, and it is below `end` where anything is. It is the offset of the oldest record, unless erasure
   * left a gap at the beginning that the adapter does not close (Kafka).
   */
  readonly start: number;
  /** offset that the next record will get */
  readonly end: number;
}

export interface GroupLag {
  readonly group: string;
  readonly topic: TopicName;
  readonly partition: number;
  readonly committed: number;
  readonly end: number;
}

export interface EventLog {
  /** The same for every topic, fixed when the log was made. */
  readonly partitionCount: number;
  /** Chosen from the account `provider/user` alone, by murmur2 as Java's default partitioner does. */
  partitionOf(account: string): number;
  /**
   * Appends in order, durably, and resolves to the offsets. All or nothing, as far as one batch of the adapter goes (Kafka: 1
   * MiB); of a larger call that rejects, a first part may stay, which is a duplicate once the caller has tried again. Rejects with LogUnavailableError (try again with
   * new key suffixes: it may have been written) or RecordTooLargeError (nothing was written).
   */
  append(topic: TopicName, partition: number, records: readonly AppendRecord[]): Promise<readonly number[]>;
  subscribe(options: SubscribeOptions): Promise<Subscription>;
  /** Reads without a group: records with offset >= from, in order; an empty array at the end. */
  read(
    topic: TopicName,
    partition: number,
    from: number,
    limits?: { readonly records?: number; readonly bytes?: number },
  ): Promise<readonly LogRecord[]>;
  ends(topic: TopicName): Promise<readonly PartitionEnd[]>;
  lag(): Promise<readonly GroupLag[]>;
  /** Removes what is past its retention, and what tombstones erased, also from the bytes on disk where the adapter can. */
  compact(): Promise<void>;
  close(): Promise<void>;
}
