import { LogUnavailableError, RecordTooLargeError } from '../../core/errors.ts';
import type { AppendRecord, TopicName } from '../../core/ports/event-log.ts';
import type { LogDatabase } from './log-database.ts';
import { headersText, type PartitionTable } from './partition-table.ts';

/** Key, headers and value together. `dead-letter` takes more, since it adds headers to records that were at their limit. */
const MAX_RECORD_BYTES = 1_048_576;
const MAX_DEAD_LETTER_BYTES = 2 * MAX_RECORD_BYTES;

/** Calls share a transaction up to this size, so that its commit does not block for long. A larger call has its own. */
const MAX_GROUP_RECORDS = 1_000;
const MAX_GROUP_BYTES = 1_048_576;

interface Call {
  readonly table: PartitionTable;
  readonly records: readonly AppendRecord[];
  readonly bytes: number;
  readonly resolve: (offsets: readonly number[]) => void;
  readonly reject: (error: unknown) => void;
}

interface AppenderDeps {
  readonly db: LogDatabase;
  /** called in each transaction; throws where nothing may be appended */
  readonly check: () => void;
  readonly now: () => number;
  /** called after records became durable, before their calls resolve */
  readonly onAppended: (tables: ReadonlySet<PartitionTable>) => void;
}

/** Writes calls that come in together in one transaction: the fsync of its commit is what costs most in small appends. */
export class Appender {
  readonly #deps: AppenderDeps;
  #waiting: Call[] = [];
  #draining: Promise<void> | null = null;
  #closed = false;

  constructor(deps: AppenderDeps) {
    this.#deps = deps;
  }

  /** See EventLog.append. */
  async append(table: PartitionTable, records: readonly AppendRecord[]): Promise<readonly number[]> {
    if (this.#closed) throw new LogUnavailableError('the event log is closed');
    const bytes = totalBytes(table.topic, records);
    if (records.length === 0) return [];
    return await new Promise((resolve, reject) => {
      this.#waiting.push({ table, records, bytes, resolve, reject });
      this.#draining ??= this.#drain();
    });
  }

  /** Writes what was accepted, and refuses anything more. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#draining;
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      await new Promise((resolve) => setImmediate(resolve)); // lets others run, and more calls come in
      await this.#write(this.#nextGroup());
    }
    this.#draining = null;
  }

  #nextGroup(): readonly Call[] {
    let bytes = 0;
    let records = 0;
    let count = 0;
    for (const call of this.#waiting) {
      bytes += call.bytes;
      records += call.records.length;
      if (count > 0 && (bytes > MAX_GROUP_BYTES || records > MAX_GROUP_RECORDS)) break;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }

  async #write(calls: readonly Call[]): Promise<void> {
    try {
      const offsets = await this.#deps.db.write('power', () => {
        this.#deps.check();
        const nowMs = this.#deps.now();
        return calls.map(({ table, records }) => table.insert(records, nowMs));
      });
      this.#deps.onAppended(new Set(calls.map(({ table }) => table)));
      for (const [index, call] of calls.entries()) call.resolve(offsets[index] ?? []);
    } catch (error) {
      for (const call of calls) call.reject(error);
    }
  }
}

function totalBytes(topic: TopicName, records: readonly AppendRecord[]): number {
  const limit = topic === 'dead-letter' ? MAX_DEAD_LETTER_BYTES : MAX_RECORD_BYTES;
  let total = 0;
  for (const { key, value, headers } of records) {
    const bytes = Buffer.byteLength(key) + Buffer.byteLength(headersText(headers) ?? '') + (value?.length ?? 0);
    if (bytes > limit) {
      throw new RecordTooLargeError(
        `a record of ${bytes} bytes is too large for ${topic}, which takes ${limit}: ${key.slice(0, 200)}`,
      );
    }
    total += bytes;
  }
  return total;
}
