import { LogUnavailableError } from '../../core/errors.ts';
import type { LogRecord } from '../../core/ports/event-log.ts';
import { recordsOf } from './fetch-response.ts';
import { fetchFrom } from './fetcher.ts';
import type { KafkaLink } from './kafka-link.ts';

const DEFAULT_READ_RECORDS = 500;
const DEFAULT_READ_BYTES = 4 * 1_048_576;
/** Of compressed batches, which may be ten times as large once they are read. */
const MAX_FETCH_BYTES = 1_048_576;
/** A batch comes whole, however large it is. */
const FEW_RECORDS_BYTES = 65_536;
const OFFSET_OUT_OF_RANGE = 1;
/** Partitions whose last answer held more than was asked for, and is kept for who reads on. */
const MAX_RESTS = 4;

/** Records that were fetched and not returned, from this offset on. */
interface Rest {
  readonly from: number;
  readonly records: readonly LogRecord[];
}

/** Reads without a group. */
export class PartitionReader {
  readonly #link: KafkaLink;
  readonly #rests = new Map<string, Rest>();

  constructor(link: KafkaLink) {
    this.#link = link;
  }

  /** See EventLog.read. */
  async read(
    topic: string,
    partition: number,
    from: number,
    { records: maxRecords = DEFAULT_READ_RECORDS, bytes: maxBytes = DEFAULT_READ_BYTES },
  ): Promise<readonly LogRecord[]> {
    const rest = this.#takeRest(topic, partition, from);
    if (rest !== null) return this.#return(topic, partition, rest, maxRecords, maxBytes);
    const fetchBytes =
      maxRecords <= 2 ? FEW_RECORDS_BYTES : Math.min(MAX_FETCH_BYTES, Math.max(maxBytes, FEW_RECORDS_BYTES));
    for (let at = from; ; ) {
      const nodeId = await this.#link.leaderIdOf(topic, partition);
      const [fetched] = await fetchFrom(this.#link, nodeId, [{ topic, partition, from: at, maxBytes: fetchBytes }], 0);
      if (fetched === undefined) throw new LogUnavailableError(`a broker does not answer for ${topic}/${partition}`);
      if (fetched.errorCode === OFFSET_OUT_OF_RANGE) {
        const start = await this.#startOf(topic, partition);
        if (at >= start) return [];
        at = start;
        continue;
      }
      if (fetched.errorCode !== 0) {
        throw new LogUnavailableError(`a fetch of ${topic}/${partition} was refused with error ${fetched.errorCode}`);
      }
      const { records, next } = await recordsOf(fetched.bytes, at);
      if (records.length > 0) return this.#return(topic, partition, records, maxRecords, maxBytes);
      if (next === at) return [];
      at = next;
    }
  }

  /** A fetch brings whole batches: what is too much of them is not fetched and decompressed again for the next page. */
  #return(
    topic: string,
    partition: number,
    records: readonly LogRecord[],
    maxRecords: number,
    maxBytes: number,
  ): readonly LogRecord[] {
    const page = within(records, maxRecords, maxBytes);
    const last = page.at(-1);
    if (last === undefined || page.length === records.length) return page;
    this.#rests.set(`${topic}/${partition}`, { from: last.offset + 1, records: records.slice(page.length) });
    const [oldest] = this.#rests.keys();
    if (this.#rests.size > MAX_RESTS && oldest !== undefined) this.#rests.delete(oldest);
    return page;
  }

  #takeRest(topic: string, partition: number, from: number): readonly LogRecord[] | null {
    const name = `${topic}/${partition}`;
    const rest = this.#rests.get(name);
    this.#rests.delete(name);
    return rest?.from === from ? rest.records : null;
  }

  async #startOf(topic: string, partition: number): Promise<number> {
    const cluster = await this.#link.cluster();
    const [found] = await cluster.fetchTopicsOffset([{ topic, partitions: [{ partition }], fromBeginning: true }]);
    return Number(found?.partitions[0]?.offset ?? 0);
  }
}

/** At least one, however large it is. */
function within(records: readonly LogRecord[], maxRecords: number, maxBytes: number): readonly LogRecord[] {
  let bytes = 0;
  let count = 0;
  for (const { value } of records) {
    bytes += value?.length ?? 0;
    if (count === maxRecords || (count > 0 && bytes > maxBytes)) break;
    count += 1;
  }
  return records.slice(0, count);
}
