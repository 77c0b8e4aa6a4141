import { LogUnavailableError, RecordTooLargeError } from '../../core/errors.ts';
import { partitionOfKey } from '../../core/murmur2.ts';
import type { Clock } from '../../core/ports/clock.ts';
import {
  type AppendRecord,
  type EventLog,
  type GroupLag,
  type LogRecord,
  type PartitionEnd,
  RETENTION_MS,
  type SubscribeOptions,
  type Subscription,
  TOMBSTONE_RETENTION_MS,
  TOPIC_NAMES,
  type TopicName,
} from '../../core/ports/event-log.ts';
import { type ConsumedLog, MemoryConsumer } from './memory-consumer.ts';

/** What the next appends to a topic do, in this order. */
export type AppendFault =
  /** goes well */
  | 'none'
  /** rejects, and nothing was written */
  | 'refuse'
  /** is written, and rejects all the same */
  | 'lose-answer'
  /** is written twice, as a retry below the log would */
  | 'duplicate';

export interface MemoryLogOptions {
  readonly clock: Clock;
  /** default 4 */
  readonly partitionCount?: number;
  /** before a batch is read again whose handler rejected; default 100 */
  readonly redeliveryMs?: number;
}

const MAX_RECORD_BYTES = 1024 * 1024;
const MAX_DEAD_LETTER_BYTES = 2 * MAX_RECORD_BYTES;
const READ_RECORDS = 1_000;
const GARBLED = Uint8Array.of(0, 0, 0);

interface Partition {
  records: LogRecord[];
  end: number;
}

/**
 * An event log in memory, for tests: deterministic, without timers of its own, with faults on demand. Consumers of a group
 * share the partitions, each join and leave moves them (eagerly, as kafkajs does), and what was not committed is read again.
 */
export class MemoryEventLog implements EventLog, ConsumedLog {
  readonly partitionCount: number;
  readonly clock: Clock;
  readonly redeliveryMs: number;
  readonly #topics = new Map<TopicName, Partition[]>();
  /** Consumers without which their groups go on: when each is awake, and has learnt of it. */
  readonly #away = new Map<MemoryConsumer, Promise<void>>();
  /** no append is taken while this is set, as where the disk is full */
  isFull = false;
  readonly #committed = new Map<string, Omit<GroupLag, 'end'>>();
  readonly #faults = new Map<TopicName, AppendFault[]>();
  readonly #consumers = new Set<MemoryConsumer>();
  #isClosed = false;
  #rebalancing: Promise<void> = Promise.resolve();
  /** how often `append` was called, by topic, faults included */
  readonly appends = new Map<TopicName, number>();
  /** Called with every record that was written, whatever the answer to its append. */
  onWrite: (topic: TopicName, partition: number, record: LogRecord) => void = () => undefined;
  /** Records whose value is kept as a few bytes that nobody can read. */
  garble: (topic: TopicName, key: string) => boolean = () => false;

  constructor({ clock, partitionCount = 4, redeliveryMs = 100 }: MemoryLogOptions) {
    this.clock = clock;
    this.partitionCount = partitionCount;
    this.redeliveryMs = redeliveryMs;
    for (const topic of TOPIC_NAMES) {
      const partitions = Array.from({ length: partitionCount }, (): Partition => ({ records: [], end: 0 }));
      this.#topics.set(topic, partitions);
    }
  }

  /** Lets the next appends to the topic go wrong, one fault each. */
  failAppends(topic: TopicName, ...faults: readonly AppendFault[]): void {
    this.#faults.set(topic, [...(this.#faults.get(topic) ?? []), ...faults]);
  }

  /** Appends go well again. */
  mend(): void {
    this.#faults.clear();
  }

  partitionOf(account: string): number {
    return partitionOfKey(account, this.partitionCount);
  }

  async append(topic: TopicName, partition: number, records: readonly AppendRecord[]): Promise<readonly number[]> {
    this.appends.set(topic, (this.appends.get(topic) ?? 0) + 1);
    const limit = topic === 'dead-letter' ? MAX_DEAD_LETTER_BYTES : MAX_RECORD_BYTES;
    this.#requireOpen();
    if (this.isFull) throw new LogUnavailableError('the disk is full');
    for (const { key, value } of records) {
      if (key.length + (value?.length ?? 0) > limit)
        throw new RecordTooLargeError(`${key} is larger than ${limit} bytes`);
    }
    const fault = this.#faults.get(topic)?.shift();
    if (fault === 'refuse') throw new LogUnavailableError('refused by the test');
    const offsets = this.#write(topic, partition, records);
    if (fault === 'duplicate') this.#write(topic, partition, records);
    for (const consumer of this.#consumers) consumer.wake(topic, partition);
    if (fault === 'lose-answer') throw new LogUnavailableError('the answer was lost by the test');
    return offsets;
  }

  async subscribe(options: SubscribeOptions): Promise<Subscription> {
    const consumer = new MemoryConsumer(this, options, async () => {
      if (!this.#consumers.delete(consumer)) return;
      await this.#rebalance(options.group);
    });
    for (const topic of options.topics) {
      for (let partition = 0; partition < this.partitionCount; partition += 1) {
        this.commit(options.group, topic, partition, this.committed(options.group, topic, partition));
      }
    }
    this.#consumers.add(consumer);
    await this.#rebalance(options.group);
    return consumer;
  }

  async read(
    topic: TopicName,
    partition: number,
    from: number,
    limits: { readonly records?: number; readonly bytes?: number } = {},
  ): Promise<readonly LogRecord[]> {
    this.#requireOpen();
    const { records } = this.#partition(topic, partition);
    const first = placeOf(records, from);
    const found: LogRecord[] = [];
    let bytes = 0;
    for (const record of records.slice(first, first + (limits.records ?? READ_RECORDS))) {
      bytes += record.value?.length ?? 0;
      // At least one, however large it is.
      if (found.length > 0 && bytes > (limits.bytes ?? Number.POSITIVE_INFINITY)) break;
      found.push(record);
    }
    return found;
  }

  async ends(topic: TopicName): Promise<readonly PartitionEnd[]> {
    return Array.from({ length: this.partitionCount }, (_, partition) => {
      const { records, end } = this.#partition(topic, partition);
      return { partition, start: records[0]?.offset ?? end, end };
    });
  }

  async lag(): Promise<readonly GroupLag[]> {
    return Array.from(this.#committed.values(), ({ group, topic, partition, committed }) => {
      return { group, topic, partition, committed, end: this.#partition(topic, partition).end };
    });
  }

  /**
   * Erases what tombstones and retention say.
   *
   * @param reach of a partition's end, the offset below which records are looked at: a broker leaves the segment alone that it
   * writes to. Default: the end
   */
  async compact(reach: (end: number) => number = (end) => end): Promise<void> {
    const now = this.clock.now();
    for (const [topic, partitions] of this.#topics)
      for (const partition of partitions) erase(partition, reach(partition.end), now, RETENTION_MS[topic]);
  }

  /** Closes it for everybody, as there is but one client of it. */
  async close(): Promise<void> {
    this.#rebalancing = this.#rebalancing.then(async () => {
      const consumers = [...this.#consumers];
      this.#consumers.clear();
      await Promise.all(consumers.map((consumer) => consumer.revokeAll()));
      this.#isClosed = true;
    });
    await this.#rebalancing;
  }

  /**
   * Lets the group go on without a consumer that does not answer. What that one works on goes on when it wakes up, and it learns
   * of its loss by its first commit or heartbeat: `back` says that it has woken up; it comes back when nothing of it works any more.
   */
  evict(subscription: Subscription, back: Promise<void>): void {
    const consumer = [...this.#consumers, ...this.#away.keys()].find((each) => each === subscription);
    if (consumer === undefined) return;
    // One that woke up and stands still again, or is dead, before it came back: only the last time counts.
    if (this.#consumers.delete(consumer)) {
      consumer.evict();
      void this.#rebalance(consumer.options.group);
    }
    this.#away.set(consumer, back);
    void back.then(async () => {
      await consumer.noticeEviction();
      if (this.#away.get(consumer) !== back) return;
      this.#away.delete(consumer);
      if (this.#isClosed || consumer.isClosed) return;
      consumer.comeBack();
      this.#consumers.add(consumer);
      await this.#rebalance(consumer.options.group);
    });
  }

  /** A group reads again what it had committed, from `offset` on, as after its offsets were set back. */
  rewind(group: string, topic: TopicName, partition: number, offset: number): Promise<void> {
    this.#rebalancing = this.#rebalancing.then(async () => {
      const members = [...this.#consumers].filter((consumer) => consumer.options.group === group);
      await Promise.all(members.map((member) => member.revokeAll()));
      this.commit(group, topic, partition, offset);
    });
    return this.#rebalance(group);
  }

  /** Everything the topic holds, by partition and offset. */
  all(topic: TopicName): readonly LogRecord[] {
    return (this.#topics.get(topic) ?? []).flatMap(({ records }) => records);
  }

  committed(group: string, topic: TopicName, partition: number): number {
    return this.#committed.get(`${group}/${topic}/${partition}`)?.committed ?? 0;
  }

  commit(group: string, topic: TopicName, partition: number, nextOffset: number): void {
    this.#committed.set(`${group}/${topic}/${partition}`, { group, topic, partition, committed: nextOffset });
  }

  /** Gives every partition of the group to another consumer, if there is one; all of them are revoked first. */
  #rebalance(group: string): Promise<void> {
    this.#rebalancing = this.#rebalancing.then(() => this.#deal(group));
    return this.#rebalancing;
  }

  async #deal(group: string): Promise<void> {
    const members = [...this.#consumers].filter((consumer) => consumer.options.group === group);
    await Promise.all(members.map((member) => member.revokeAll()));
    const shares = members.map((): { topic: TopicName; partition: number }[] => []);
    for (let partition = 0; partition < this.partitionCount; partition += 1) {
      const turn = partition % Math.max(1, members.length);
      for (const topic of members[turn]?.options.topics ?? []) shares[turn]?.push({ topic, partition });
    }
    await Promise.all(members.map((member, turn) => member.assign(shares[turn] ?? [])));
  }

  #write(topic: TopicName, partition: number, records: readonly AppendRecord[]): number[] {
    const target = this.#partition(topic, partition);
    return records.map(({ key, value, headers = {}, timestamp = this.clock.now() }) => {
      const offset = target.end;
      target.end += 1;
      // Copied, because a codec may reuse its buffers.
      const record = { key, value: value && Uint8Array.from(value), headers: { ...headers }, timestamp, offset };
      target.records.push(this.garble(topic, key) ? { ...record, value: GARBLED } : record);
      this.onWrite(topic, partition, record);
      return offset;
    });
  }

  #requireOpen(): void {
    if (this.#isClosed) throw new LogUnavailableError('the log is closed');
  }

  #partition(topic: TopicName, partition: number): Partition {
    const found = this.#topics.get(topic)?.[partition];
    if (found === undefined) throw new RangeError(`${topic} has no partition ${partition}`);
    return found;
  }
}

/** Place of the first record with at least this offset. */
function placeOf(records: readonly LogRecord[], offset: number): number {
  let [low, high] = [0, records.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((records[middle]?.offset ?? 0) < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Removes what a later tombstone of the same key erased. */
function erase(partition: Partition, reach: number, now: number, keptMs: number | null): void {
  const erasedBelow = new Map<string, number>();
  for (const { key, value, offset } of partition.records)
    if (value === null && offset < reach) erasedBelow.set(key, offset);
  const isOver = ({ value, timestamp }: LogRecord): boolean =>
    timestamp < now - (keptMs ?? Number.POSITIVE_INFINITY) ||
    (value === null && timestamp < now - TOMBSTONE_RETENTION_MS);
  partition.records = partition.records.filter(
    (record) => record.offset >= reach || (record.offset >= (erasedBelow.get(record.key) ?? 0) && !isOver(record)),
  );
}
