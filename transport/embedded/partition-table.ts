import type { AppendRecord, LogRecord, TopicName } from '../../core/ports/event-log.ts';
import type { LogDatabase } from './log-database.ts';
import { tableName } from './schema.ts';

interface Row {
  readonly offset: number;
  readonly appended: number | null;
  readonly timestamp: number | null;
  readonly key: string | null;
  readonly headers: string | null;
  readonly value: Buffer | null;
}

export interface Page {
  readonly records: readonly LogRecord[];
  /** where to read on: past the last record, or past the erased ones that were looked at */
  readonly next: number;
  /** nothing came after: `next` is the end */
  readonly atEnd: boolean;
}

/** Rows looked at in one step, erased ones included, so that a step stays short. */
const ROWS_AT_ONCE = 64;
const MAX_SCANNED_ROWS = 4_000;
const NO_HEADERS: Readonly<Record<string, string>> = Object.freeze({});

/** One partition of a topic: appends at its end, and reads from an offset. */
export class PartitionTable {
  readonly topic: TopicName;
  readonly partition: number;
  readonly name: string;
  readonly #db: LogDatabase;

  constructor(db: LogDatabase, topic: TopicName, partition: number) {
    this.#db = db;
    this.topic = topic;
    this.partition = partition;
    this.name = tableName(topic, partition);
  }

  /** The offset that the next record gets. Rows at the end are emptied but never deleted, so none is given twice. */
  end(): number {
    const last = this.#db
      .prepare<[], { last: number | null }>(`SELECT max(offset) AS last FROM ${this.name}`)
      .get()?.last;
    return last === null || last === undefined ? 0 : last + 1;
  }

  /** The offset of the oldest record kept at or after `from`, or `end` when there is none. */
  start(from: number): number {
    const sql = `SELECT offset FROM ${this.name} WHERE offset >= ? AND key IS NOT NULL ORDER BY offset LIMIT 1`;
    return this.#db.prepare<[number], { offset: number }>(sql).get(from)?.offset ?? this.end();
  }

  /** Inserts the records in order, within the caller's transaction, and returns their offsets. */
  insert(records: readonly AppendRecord[], nowMs: number): number[] {
    const insert = this.#db.prepare<[number, number, number | null, string, string | null, Uint8Array | null]>(
      `INSERT INTO ${this.name} (offset, appended, timestamp, key, headers, value) VALUES (?, ?, ?, ?, ?, ?)`,
    );
    let offset = this.end();
    return records.map(({ key, value, headers, timestamp }) => {
      const own = timestamp === undefined || timestamp === nowMs ? null : timestamp;
      insert.run(offset, nowMs, own, key, headersText(headers), value);
      offset += 1;
      return offset - 1;
    });
  }

  /** Records from `from` on, at least one unless only erased ones were looked at; limited in number and bytes. */
  page(from: number, maxRecords: number, maxBytes: number): Page {
    const select = this.#db.prepare<[number, number], Row>(
      `SELECT offset, appended, timestamp, key, headers, value FROM ${this.name} WHERE offset >= ? ORDER BY offset LIMIT ?`,
    );
    const records: LogRecord[] = [];
    let next = from;
    let bytes = 0;
    for (let scanned = 0; scanned < MAX_SCANNED_ROWS; ) {
      // A few at a time, since a limit in bytes may end it; not by an iterator, see sqlite/keep.ts.
      const rows = select.all(next, ROWS_AT_ONCE);
      for (const row of rows) {
        if (row.key !== null) {
          bytes += row.key.length + (row.headers?.length ?? 0) + (row.value?.length ?? 0);
          if (records.length > 0 && bytes > maxBytes) return { records, next, atEnd: false };
          records.push(recordOf(row, row.key));
        }
        next = row.offset + 1;
        if (records.length >= maxRecords) return { records, next, atEnd: false };
      }
      scanned += rows.length;
      if (rows.length < ROWS_AT_ONCE) return { records, next, atEnd: true };
    }
    return { records, next, atEnd: false };
  }
}

/** Headers as they are stored: null when there are none. */
export function headersText(headers: Readonly<Record<string, string>> | undefined): string | null {
  if (headers === undefined) return null;
  const text = JSON.stringify(headers);
  return text === '{}' ? null : text;
}

function recordOf(row: Row, key: string): LogRecord {
  return {
    key,
    value: row.value,
    headers: row.headers === null ? NO_HEADERS : (JSON.parse(row.headers) as Record<string, string>),
    timestamp: row.timestamp ?? row.appended ?? 0,
    offset: row.offset,
  };
}
