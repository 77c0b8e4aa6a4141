import { jitteredBackoffMs } from '../../core/backoff.ts';
import { InputError, LogUnavailableError, messageOf } from '../../core/errors.ts';
import { HEADER, ingestKeyOf, repeatKey, withoutRepeats } from '../../core/keys.ts';
import type { Clock, Random } from '../../core/ports/clock.ts';
import type { AppendRecord, EventLog, LogRecord, TopicName } from '../../core/ports/event-log.ts';
import type { MovableLog } from '../../core/ports/movable-log.ts';
import type { Logger } from '../../core/ports/telemetry.ts';
import { movedFrom, readMovedFrom } from './moved-record.ts';
import { PositionMap } from './position-map.ts';

export interface MoverDeps {
  readonly source: MovableLog;
  readonly target: EventLog;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** A record as the new log is to hold it, and the highest offset of its own partition that it speaks of; -1 for none. */
export interface Translated {
  readonly translated: AppendRecord;
  readonly refersTo: number;
}

/** A record on its way. `offset`: in the old log; null: it goes with the next one. */
interface Moving {
  readonly offset: number | null;
  readonly record: AppendRecord;
}

const PAGE = { records: 1_000, bytes: 4_000_000 };
/** In one append, where much was erased between the records of a page. */
const MAX_OFFSETS = 2_000;
/** Where whatever is older is gone in time, offsets may begin anew. */
const KEPT_FOR_A_TIME: ReadonlySet<TopicName> = new Set(['commands', 'outcomes']);
const ATTEMPTS = 20;

/**
 * Copies one partition of a topic into another log, in order, and knows where everything came to lie. The new log says by itself
 * how far it came: each record there names the one that it is a copy of. So a copying that was cut off goes on where it stopped.
 *
 * Erased records leave tombstones of keys that nobody has: so positions stay the same, but for what was appended twice.
 */
export class PartitionMover {
  readonly map = new PositionMap();
  readonly topic: TopicName;
  readonly partition: number;
  readonly #deps: MoverDeps;
  readonly #translate: (record: LogRecord) => Translated;
  /** keys of `ingest` whose append was repeated, with the key of the copy that counts */
  readonly #renamed = new Map<string, string>();
  /** the same, with the longest key that a copy may have */
  readonly #copies = new Map<string, string>();
  /** next offset of the old log, and of the new one */
  #next = 0;
  #end = 0;

  constructor(deps: MoverDeps, topic: TopicName, partition: number, translate: (record: LogRecord) => Translated) {
    this.#deps = deps;
    this.topic = topic;
    this.partition = partition;
    this.#translate = translate;
  }

  /** Offset that the next record of the new log gets, if nobody else appends. */
  get end(): number {
    return this.#end;
  }

  /** The key in the new log of a record of `ingest`. */
  keyOf(key: string): string {
    return this.#renamed.get(key) ?? key;
  }

  /** Reads what an earlier run copied. @throws InputError where the new log holds anything else */
  async resume(): Promise<void> {
    const { source, target } = this.#deps;
    const start = async (log: EventLog): Promise<number> =>
      (await log.ends(this.topic)).find(({ partition }) => partition === this.partition)?.start ?? 0;
    this.#end = await start(target);
    this.#next = KEPT_FOR_A_TIME.has(this.topic) ? await start(source) : 0;
    await this.#readNew();
  }

  /** Copies what lies before `end` in the old log, and resolves to how many records that were. */
  async copyTo(end: number): Promise<number> {
    const { source } = this.#deps;
    let copied = 0;
    while (this.#next < end) {
      const page = await source.read(this.topic, this.partition, this.#next, PAGE);
      const to = Math.min(end, this.#next + MAX_OFFSETS);
      const due = page.filter(({ offset }) => offset < to);
      copied += due.length;
      if (due.length === 0) await this.#append(this.#erased(this.#next, to));
      else await this.#copy(due);
    }
    return copied;
  }

  async #copy(records: readonly LogRecord[]): Promise<void> {
    let moving: Moving[] = [];
    let next = this.#next;
    for (const record of records) {
      moving.push(...this.#erased(next, record.offset));
      if (record.value === null && moving.some(({ record: { key, value } }) => key === record.key && value !== null)) {
        // Under which keys that one comes to lie is known only when it is there.
        await this.#append(moving);
        moving = [];
      }
      if (record.value === null) moving.push(...this.#copiesOf(record.key));
      let { translated, refersTo } = this.#translate(record);
      if (refersTo > this.map.last && moving.length > 0) {
        // Where that one comes to lie is known only when it is there.
        await this.#append(moving);
        moving = [];
        ({ translated, refersTo } = this.#translate(record));
      }
      moving.push({ offset: record.offset, record: this.#marked(translated, record.offset) });
      next = record.offset + 1;
    }
    await this.#append(moving);
  }

  #erased(from: number, to: number): Moving[] {
    return Array.from({ length: to - from }, (_, n) => {
      const offset = from + n;
      return { offset, record: this.#marked({ key: `:erased|${offset}`, value: null }, offset) };
    });
  }

  /** A tombstone erases every copy that a repeated append may have left. */
  #copiesOf(key: string): readonly Moving[] {
    const moving: Moving[] = [];
    for (let copy = this.#copies.get(key); copy !== undefined && copy !== key; copy = withoutRepeat(copy)) {
      moving.push({ offset: null, record: this.#marked({ key: copy, value: null }, null) });
    }
    return moving;
  }

  #marked(record: AppendRecord, offset: number | null): AppendRecord {
    return { ...record, headers: { ...record.headers, ...movedFrom(this.#deps.source.id, offset) } };
  }

  /** Appends all, however often it is cut off; what may have been written is looked for before it is written again. */
  async #append(all: readonly Moving[]): Promise<void> {
    const { target, clock, random, logger } = this.#deps;
    let left = all;
    for (let attempt = 0; left.length > 0; attempt++) {
      try {
        const records = left.map(({ record }) => record);
        const end = this.#end;
        const offsets = await target.append(this.topic, this.partition, records);
        if (offsets.every((offset, n) => offset === end + n))
          left.forEach(({ offset, record }, n) => this.#note(offset, record, end + n));
        // Somebody else appended: it has to be one like this, and what it wrote is read as well.
        else await this.#readNew();
        return;
      } catch (error) {
        if (!(error instanceof LogUnavailableError) || attempt + 1 >= ATTEMPTS) throw error;
        logger.warn('Kafka does not take what is copied; it is tried again', { error: messageOf(error), attempt });
        await clock.sleep(jitteredBackoffMs(attempt, random()));
        await this.#readNew();
        left = left.flatMap((entry) => this.#again(entry));
      }
    }
  }

  /** What did not arrive goes under another key, since it may still do: a copy never displaces the first. */
  #again({ offset, record }: Moving): readonly Moving[] {
    if (offset !== null && offset <= this.map.last) return [];
    return [{ offset, record: record.value === null ? record : underAnotherKey(this.topic, record) }];
  }

  async #readNew(): Promise<void> {
    for (;;) {
      const records = await this.#deps.target.read(this.topic, this.partition, this.#end, PAGE);
      for (const record of records) {
        const from = readMovedFrom(record.headers);
        if (from?.logId !== this.#deps.source.id) throw this.#strange();
        this.#note(from.offset, record, record.offset);
      }
      if (records.length === 0) return;
    }
  }

  #note(offset: number | null, { key, value }: Pick<AppendRecord, 'key' | 'value'>, moved: number): void {
    this.#end = moved + 1;
    if (offset === null) return;
    const first = withoutRepeats(key);
    const counts = offset > this.map.last;
    if (this.topic === 'ingest' && value !== null) {
      if (key === first) {
        if (!counts && !this.#copies.has(key)) throw this.#twice();
      } else {
        if (counts) this.#renamed.set(first, key);
        if (key.length > (this.#copies.get(first) ?? '').length) this.#copies.set(first, key);
      }
    }
    if (!counts) return;
    this.map.add(offset, moved);
    this.#next = offset + 1;
  }

  #strange(): InputError {
    return new InputError(
      `the topic ${this.topic} on Kafka holds records that are not of this data folder: set HOARDARR_TOPIC_PREFIX to one that nobody uses`,
    );
  }

  #twice(): InputError {
    return new InputError(
      `two programs copied into the topic ${this.topic} on Kafka at once: set HOARDARR_TOPIC_PREFIX to another one, and begin again`,
    );
  }
}

/** As whoever writes the topic names repeated appends, so that erasure finds them. Copies in other topics are one to their readers. */
function underAnotherKey(topic: TopicName, record: AppendRecord): AppendRecord {
  const { key, headers = {} } = record;
  if (topic === 'ingest') return { ...record, key: repeatKey(key) };
  if (topic !== 'enriched' || withoutRepeat(key) !== key) return record;
  return { ...record, key: repeatKey(key), headers: { ...headers, [HEADER.ingestKey]: ingestKeyOf({ key, headers }) } };
}

function withoutRepeat(key: string): string {
  const [before = key] = key.split(/~again$/);
  return before;
}
