import { jitteredBackoffMs } from '../../core/backoff.ts';
import { LogUnavailableError, messageOf, RecordTooLargeError } from '../../core/errors.ts';
import type { Clock, Random } from '../../core/ports/clock.ts';
import type { AppendRecord, TopicName } from '../../core/ports/event-log.ts';
import { fastGzip } from './compression.ts';
import { TIMESTAMP_HEADER } from './fetch-response.ts';
import { isMoved, protocolTypeOf } from './kafka-errors.ts';
import type { KafkaLink } from './kafka-link.ts';
import { isKeptForATime, MAX_RECORD_BYTES } from './topics.ts';

/** A batch goes up to this size, unless one record alone is larger. */
const MAX_BATCH_BYTES = 1_048_576;
const MAX_BATCH_RECORDS = 10_000;
/** How often a leader is looked for that nobody has found yet; nothing was written then. */
const MOVED_ATTEMPTS = 6;
const ACKS_ALL = -1;
const COMPRESSION = fastGzip();
/** ms that the replicas have, before the leader gives up */
const REPLICAS_WITHIN_MS = 15_000;

interface Message {
  readonly key: Buffer;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly timestamp: number;
  readonly bytes: number;
}

interface Call {
  readonly messages: readonly Message[];
  readonly resolve: (offsets: readonly number[]) => void;
  readonly reject: (error: unknown) => void;
}

interface AppenderDeps {
  readonly link: KafkaLink;
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * Appends to one partition: one request at a time, and calls that come in meanwhile share the next, so that order is kept
 * without an idempotent producer (which compaction would trip over: docs/decisions/0018). Nothing is sent twice under the
 * same key: where an answer fails to come, the caller tries again with a new one.
 *
 * A call above 1 MiB takes several requests. Where a later one fails, the call fails, and what was written before stays.
 */
export class PartitionAppender {
  readonly #deps: AppenderDeps;
  readonly #topic: TopicName;
  readonly #name: string;
  readonly #partition: number;
  #waiting: Call[] = [];
  #draining: Promise<void> | null = null;
  #closed = false;

  constructor(deps: AppenderDeps, topic: TopicName, name: string, partition: number) {
    this.#deps = deps;
    this.#topic = topic;
    this.#name = name;
    this.#partition = partition;
  }

  /** See EventLog.append. */
  async append(records: readonly AppendRecord[]): Promise<readonly number[]> {
    if (this.#closed) throw new LogUnavailableError('the event log is closed');
    const messages = records.map((record) => this.#message(record));
    if (messages.length === 0) return [];
    return await new Promise((resolve, reject) => {
      this.#waiting.push({ messages, resolve, reject });
      this.#draining ??= this.#drain();
    });
  }

  /** Sends what was accepted, and refuses anything more. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#draining;
  }

  #message({ key, value, headers = {}, timestamp }: AppendRecord): Message {
    const now = this.#deps.clock.now();
    const original = timestamp !== undefined && isKeptForATime(this.#topic);
    const all = original ? { ...headers, [TIMESTAMP_HEADER]: String(timestamp) } : headers;
    const keyBytes = Buffer.from(key, 'utf8');
    let bytes = keyBytes.length + (value?.length ?? 0);
    for (const [name, text] of Object.entries(all)) bytes += Buffer.byteLength(name) + Buffer.byteLength(text);
    const limit = MAX_RECORD_BYTES[this.#topic];
    if (bytes > limit) {
      throw new RecordTooLargeError(
        `a record of ${bytes} bytes is too large for ${this.#topic}, which takes ${limit}: ${key.slice(0, 200)}`,
      );
    }
    // kafkajs writes Buffers only, and of other arrays something else.
    const valueBytes = value && Buffer.from(value.buffer, value.byteOffset, value.length);
    return { key: keyBytes, value: valueBytes, headers: all, timestamp: original ? now : (timestamp ?? now), bytes };
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      await new Promise((resolve) => setImmediate(resolve)); // lets others run, and more calls come in
      const calls = this.#nextCalls();
      try {
        const offsets = await this.#send(calls.flatMap((call) => call.messages));
        let taken = 0;
        for (const { messages, resolve } of calls) {
          resolve(offsets.slice(taken, taken + messages.length));
          taken += messages.length;
        }
      } catch (error) {
        for (const { reject } of calls) reject(error);
      }
    }
    this.#draining = null;
  }

  /** Whole calls, so that one that fails takes no other with it beyond its batch. */
  #nextCalls(): readonly Call[] {
    let [bytes, records, count] = [0, 0, 0];
    for (const { messages } of this.#waiting) {
      records += messages.length;
      for (const message of messages) bytes += message.bytes;
      if (count > 0 && (bytes > MAX_BATCH_BYTES || records > MAX_BATCH_RECORDS)) break;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }

  async #send(messages: readonly Message[]): Promise<readonly number[]> {
    const offsets: number[] = [];
    for (const batch of splitBatches(messages)) {
      const base = await this.#produce(batch);
      for (let index = 0; index < batch.length; index += 1) offsets.push(base + index);
    }
    return offsets;
  }

  /** The offset of the first record. */
  async #produce(batch: readonly Message[]): Promise<number> {
    const { link, clock, random } = this.#deps;
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await this.#request(batch);
      } catch (error) {
        if (protocolTypeOf(error) === 'MESSAGE_TOO_LARGE') {
          throw new RecordTooLargeError(`Kafka refuses a batch for ${this.#name}: ${messageOf(error)}`);
        }
        const isLast = attempt === MOVED_ATTEMPTS - 1;
        // Also of a broker that is gone: the next append asks another one.
        if (!isMoved(error) || isLast) {
          await link.reset();
          throw new LogUnavailableError(`${this.#name}/${this.#partition} cannot be appended to: ${messageOf(error)}`);
        }
        await clock.sleep(jitteredBackoffMs(attempt, random(), 100, 2_000));
        await link.refresh().catch(() => undefined);
      }
    }
  }

  async #request(batch: readonly Message[]): Promise<number> {
    const broker = await this.#deps.link.leaderOf(this.#name, this.#partition);
    const { topics } = await broker.produce({
      acks: ACKS_ALL,
      timeout: REPLICAS_WITHIN_MS,
      compression: COMPRESSION,
      topicData: [{ topic: this.#name, partitions: [{ partition: this.#partition, messages: batch }] }],
    });
    return Number(topics[0]?.partitions[0]?.baseOffset);
  }
}

function splitBatches(messages: readonly Message[]): readonly (readonly Message[])[] {
  const batches: Message[][] = [];
  let batch: Message[] = [];
  let bytes = 0;
  for (const message of messages) {
    if (batch.length === MAX_BATCH_RECORDS || (batch.length > 0 && bytes + message.bytes > MAX_BATCH_BYTES)) {
      batches.push(batch);
      [batch, bytes] = [[], 0];
    }
    batch.push(message);
    bytes += message.bytes;
  }
  batches.push(batch);
  return batches;
}
