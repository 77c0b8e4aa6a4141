import Decoder from 'kafkajs/src/protocol/decoder.js';
import decodeBatch from 'kafkajs/src/protocol/recordBatch/v0/decoder.js';
import type { LogRecord } from '../../core/ports/event-log.ts';

/** A partition in the answer to a fetch. */
export interface FetchedPartition {
  readonly topic: string;
  readonly partition: number;
  /** of the protocol; 0: none */
  readonly errorCode: number;
  /** offset that the next record will get, as far as every replica has it */
  readonly highWatermark: number;
  /** batches of records, one after the other; the last may be cut off */
  readonly bytes: Buffer;
}

/** Records of a partition, and from where on to fetch next. */
export interface FetchedRecords {
  readonly records: readonly LogRecord[];
  readonly next: number;
}

/** Where the original timestamp is kept in topics whose records go by time: Kafka would go by the record's. */
export const TIMESTAMP_HEADER = 'hoardarr-timestamp';

const BATCH_PREFIX_BYTES = 12;
const BATCH_HEADER_BYTES = 61;
const ATTRIBUTES_AT = 21;
const LAST_OFFSET_DELTA_AT = 23;
const CONTROL = 0x20;

/** Reads the answer to a fetch (version 11). Source: Kafka's FetchResponse.json. */
export function parseFetchResponse(bytes: Buffer): {
  readonly errorCode: number;
  readonly partitions: FetchedPartition[];
} {
  const reader = new Reader(bytes);
  reader.int32(); // throttle time
  const errorCode = reader.int16();
  reader.int32(); // session
  const partitions: FetchedPartition[] = [];
  for (let topics = reader.int32(); topics > 0; topics -= 1) {
    const topic = reader.string();
    for (let count = reader.int32(); count > 0; count -= 1) partitions.push(partitionOf(topic, reader));
  }
  return { errorCode, partitions };
}

function partitionOf(topic: string, reader: Reader): FetchedPartition {
  const partition = reader.int32();
  const errorCode = reader.int16();
  const highWatermark = reader.int64();
  reader.int64(); // last stable offset
  reader.int64(); // start of the log
  for (let aborted = reader.int32(); aborted > 0; aborted -= 1) reader.skip(16);
  reader.int32(); // preferred replica
  return { topic, partition, errorCode, highWatermark, bytes: reader.bytes() };
}

/**
 * The records from `from` on. `next` goes past every whole batch, also past one that compaction has emptied: kafkajs itself
 * goes by the last record that it was given, and so reads the same batch for ever where an idempotent producer had written
 * it, because the broker keeps such a batch without records (kafkajs #1072).
 */
export async function recordsOf(bytes: Buffer, from: number): Promise<FetchedRecords> {
  const records: LogRecord[] = [];
  let next = from;
  for (let at = 0; at + BATCH_HEADER_BYTES <= bytes.length; ) {
    const size = BATCH_PREFIX_BYTES + bytes.readInt32BE(at + 8);
    if (at + size > bytes.length) break;
    const batch = bytes.subarray(at, at + size);
    if ((batch.readInt16BE(ATTRIBUTES_AT) & CONTROL) === 0) {
      for (const record of (await decodeBatch(new Decoder(batch))).records) {
        const offset = Number(record.offset);
        // A batch begins before the offset that was asked for, where that lies within it.
        if (offset >= from) records.push(toLogRecord(record, offset));
      }
    }
    next = Math.max(next, Number(batch.readBigInt64BE(0)) + batch.readInt32BE(LAST_OFFSET_DELTA_AT) + 1);
    at += size;
  }
  return { records, next };
}

type Decoded = Awaited<ReturnType<typeof decodeBatch>>['records'][number];

function toLogRecord({ key, value, headers, timestamp }: Decoded, offset: number): LogRecord {
  const { [TIMESTAMP_HEADER]: original, ...rest } = headers;
  const texts = Object.entries(rest).map(([name, one]) => [name, textOf(one)]);
  return {
    key: key?.toString('utf8') ?? '',
    value,
    headers: Object.fromEntries(texts) as Record<string, string>,
    timestamp: Number(original === undefined ? timestamp : textOf(original)),
    offset,
  };
}

/** Of several headers of one name, which only others write, the last. */
function textOf(value: Buffer | readonly Buffer[] | null): string {
  const one = Buffer.isBuffer(value) || value === null ? value : value.at(-1);
  return one?.toString('utf8') ?? '';
}

/** Goes through an answer from its beginning. */
class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  int16(): number {
    return this.#bytes.readInt16BE(this.skip(2));
  }

  int32(): number {
    return this.#bytes.readInt32BE(this.skip(4));
  }

  int64(): number {
    return Number(this.#bytes.readBigInt64BE(this.skip(8)));
  }

  string(): string {
    const length = this.int16();
    const start = this.skip(length);
    return this.#bytes.toString('utf8', start, start + length);
  }

  bytes(): Buffer {
    const length = Math.max(0, this.int32());
    const start = this.skip(length);
    return this.#bytes.subarray(start, start + length);
  }

  /** Where what was skipped began. */
  skip(length: number): number {
    const start = this.#at;
    this.#at += length;
    return start;
  }
}
