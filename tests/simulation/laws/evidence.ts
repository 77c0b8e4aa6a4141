import { parseRecordKey, SLOT } from '../../../core/keys.ts';
import type { LogRecord, TopicName } from '../../../core/ports/event-log.ts';
import type { Decoded } from '../../../core/ports/schema-codec.ts';
import type { PartitionLog } from '../../../testing/log-checker/check-order.ts';

/** A record as it was once written, also where it was erased since. */
export interface Written {
  readonly topic: TopicName;
  readonly partition: number;
  readonly record: LogRecord;
}

export function holds(value: Uint8Array, words: string): boolean {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).includes(words);
}

/** Everything that was ever written to the log: what the laws are proved from, without asking the program. */
export class Evidence {
  readonly written: Written[] = [];
  /** snapshots whose first End said so; one that is aborted after its End was written, and nobody answered, has two */
  readonly #aborted = new Map<string, boolean>();
  readonly #decode: (value: Uint8Array) => Decoded;
  /** Every law reads every record. */
  readonly #decoded = new WeakMap<Uint8Array, Decoded>();

  constructor(decode: (value: Uint8Array) => Decoded) {
    this.#decode = decode;
  }

  add(topic: TopicName, partition: number, record: LogRecord): void {
    this.written.push({ topic, partition, record });
    if (topic !== 'ingest' || record.value === null || parseRecordKey(record.key)?.slot !== SLOT.end) return;
    const decoded = this.decode(record.value);
    if (decoded.type !== 'SnapshotEnd' || this.#aborted.has(decoded.value.snapshotId)) return;
    this.#aborted.set(decoded.value.snapshotId, decoded.value.status === 'aborted');
  }

  /** Of what was written, all that concerns an account. */
  ofAccount(account: string): Evidence {
    const own = new Evidence((value) => this.decode(value));
    for (const { topic, partition, record } of this.written)
      if (parseRecordKey(record.key)?.account === account) own.add(topic, partition, record);
    return own;
  }

  decode(value: Uint8Array): Decoded {
    const known = this.#decoded.get(value) ?? this.#decode(value);
    this.#decoded.set(value, known);
    return known;
  }

  of(topic: TopicName): readonly LogRecord[] {
    return this.written.flatMap((each) => (each.topic === topic ? [each.record] : []));
  }

  /** Records of a topic that no tombstone has erased since, as compaction would leave them. */
  left(topic: TopicName): readonly LogRecord[] {
    const records = this.of(topic);
    const erased = new Map(records.flatMap(({ key, value }, index) => (value === null ? [[key, index]] : [])));
    return records.filter(({ key, value }, index) => value !== null && index > (erased.get(key) ?? -1));
  }

  /** Of the records of these topics, from the nth that was written on. */
  eventIds(topics: readonly TopicName[], from = 0): readonly string[] {
    return this.written.slice(from).flatMap(({ topic, record: { value } }) => {
      if (value === null || !topics.includes(topic)) return [];
      const decoded = this.decode(value);
      return 'eventId' in decoded.value ? [decoded.value.eventId] : [];
    });
  }

  /** Of the first so many records: the number of the account's latest run. */
  highestFence(account: string, count: number): number {
    let highest = 0;
    for (const { topic, record } of this.written.slice(0, count)) {
      const key = topic === 'ingest' ? parseRecordKey(record.key) : null;
      if (key?.account !== account || key.slot !== SLOT.run || record.value === null) continue;
      const { type, value } = this.decode(record.value);
      if (type === 'SyncStarted') highest = Math.max(highest, value.fence);
    }
    return highest;
  }

  syncIds(): readonly string[] {
    return this.of('ingest').flatMap(({ value }) => {
      const decoded = value === null ? null : this.decode(value);
      return decoded?.type === 'SyncStarted' ? [decoded.value.syncId] : [];
    });
  }

  /** Indices of what was written: where snapshots ended. */
  snapshotEnds(): readonly number[] {
    return this.written.flatMap(({ record: { key } }, index) =>
      parseRecordKey(key)?.slot === SLOT.end ? [index] : [],
    );
  }

  /**
   * When it really was that a process said so, by the record that it wrote of that moment, ms: by one of `skews` its clock may have
   * been off, and the record may have been written later. What it told, where no record is of that moment.
   */
  trueTime(told: number, skews: Iterable<number>): number {
    for (const { topic, record } of this.written) {
      if (topic !== 'ingest' || record.value === null) continue;
      const { value } = this.decode(record.value);
      if (!('at' in value) || value.at !== told) continue;
      const possible = [...skews].map((skew) => told - skew).filter((at) => at <= record.timestamp);
      return possible.length === 0 ? told : Math.max(...possible);
    }
    return told;
  }

  isAborted(snapshotId: string): boolean {
    return this.#aborted.get(snapshotId) === true;
  }

  partitions(): readonly PartitionLog[] {
    const numbers = new Set(this.written.map(({ partition }) => partition));
    const ofTopic = (topic: TopicName, partition: number): readonly LogRecord[] =>
      this.written.flatMap((each) => (each.topic === topic && each.partition === partition ? [each.record] : []));
    return [...numbers].map((partition) => ({
      partition,
      ingest: ofTopic('ingest', partition),
      enriched: ofTopic('enriched', partition),
    }));
  }
}
