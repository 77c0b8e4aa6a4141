import { PoisonError } from '../../core/errors.ts';
import { HEADER, ingestKeyOf } from '../../core/keys.ts';
import { type LogRecord, type PartitionEnd, TOPIC_NAMES, type TopicName } from '../../core/ports/event-log.ts';
import type { LogEnds } from '../../core/ports/movable-log.ts';
import type { SchemaCodec } from '../../core/ports/schema-codec.ts';
import { type Moves, moveHeaders, moveValue } from './moved-record.ts';
import { type MoverDeps, PartitionMover, type Translated } from './partition-mover.ts';

export interface LogMoverDeps extends MoverDeps {
  readonly sourceCodec: SchemaCodec;
  readonly targetCodec: SchemaCodec;
  readonly onProgress?: (copied: number) => void;
}

/** What refers to other topics comes after them: of these the ends are taken first, from the last one on, and copied last. */
const ORDER: readonly TopicName[] = ['ingest', 'enriched', 'dead-letter', 'outcomes', 'commands'];
const NOTHING = new Uint8Array(0);

/** Copies a log into another one, as often as it is asked to, and translates what records say of positions, keys and schemas. */
export class LogMover {
  readonly #deps: LogMoverDeps;
  readonly #movers: ReadonlyMap<TopicName, readonly PartitionMover[]>;
  #copied = 0;

  constructor(deps: LogMoverDeps) {
    this.#deps = deps;
    const partitions = Array.from({ length: deps.source.partitionCount }, (_, partition) => partition);
    this.#movers = new Map(
      TOPIC_NAMES.map((topic) => [
        topic,
        partitions.map((partition) => {
          return new PartitionMover(deps, topic, partition, (record) => this.#translate(topic, partition, record));
        }),
      ]),
    );
  }

  /** Records copied by this one. */
  get copied(): number {
    return this.#copied;
  }

  /** The new log holds none of the records. */
  get isNew(): boolean {
    return ORDER.every((topic) => this.#of(topic).every(({ map }) => map.last < 0));
  }

  /** @throws InputError where the new log holds records of something else */
  async resume(): Promise<void> {
    for (const topic of ORDER) for (const mover of this.#of(topic)) await mover.resume();
  }

  /** Copies what there is by now, and resolves to the ends up to which it did. */
  async copy(): Promise<LogEnds> {
    const ends = new Map<TopicName, readonly PartitionEnd[]>();
    for (const topic of ORDER.toReversed()) ends.set(topic, await this.#deps.source.ends(topic));
    for (const topic of ORDER) {
      for (const mover of this.#of(topic)) {
        const end = ends.get(topic)?.find(({ partition }) => partition === mover.partition)?.end ?? 0;
        this.#copied += await mover.copyTo(end);
        this.#deps.onProgress?.(this.#copied);
      }
    }
    return ends;
  }

  /** Where an offset lies in the new log. */
  at(topic: TopicName, partition: number, offset: number): number {
    return this.#mover(topic, partition).map.at(offset);
  }

  /** Where a group goes on in the new log that comes to `offset` next in the old one. */
  nextAt(topic: TopicName, partition: number, offset: number): number {
    return Math.min(this.at(topic, partition, offset), this.#mover(topic, partition).end);
  }

  /** Whether any position is another one in the new log. */
  get isShifted(): boolean {
    return this.#of('ingest').some(({ map }) => map.isShifted);
  }

  /** Whether the new log ends where the copies end: nobody else wrote to it. */
  async isAlone(): Promise<boolean> {
    for (const topic of ORDER) {
      const ends = await this.#deps.target.ends(topic);
      if (!ends.every(({ partition, end }) => this.#mover(topic, partition).end === end)) return false;
    }
    return true;
  }

  #translate(topic: TopicName, partition: number, record: LogRecord): Translated {
    let refersTo = -1;
    const moves: Moves = {
      ingest: (offset) => {
        if (topic === 'ingest') refersTo = Math.max(refersTo, offset);
        return this.at('ingest', partition, offset);
      },
      enriched: (offset) => this.at('enriched', partition, offset),
      ingestKey: (key) => this.#mover('ingest', partition).keyOf(key),
    };
    const { key, timestamp, value } = record;
    const headers = headersOf(topic, record, moves);
    return { translated: { key, timestamp, headers, value: this.#encode(topic, value, moves) }, refersTo };
  }

  /** What nobody can read stays as it is. Where its schema id means something to the new codec, only the dead letter keeps it. */
  #encode(topic: TopicName, value: Uint8Array | null, moves: Moves): Uint8Array | null {
    if (value === null || value.length === 0) return value;
    const { sourceCodec, targetCodec } = this.#deps;
    const decoded = decodeWith(sourceCodec, value);
    if (decoded !== null) {
      const moved = moveValue(decoded, moves.ingest);
      return targetCodec.encode(moved.type, moved.value);
    }
    return topic === 'dead-letter' || decodeWith(targetCodec, value) === null ? value : NOTHING;
  }

  #of(topic: TopicName): readonly PartitionMover[] {
    return this.#movers.get(topic) ?? [];
  }

  #mover(topic: TopicName, partition: number): PartitionMover {
    const mover = this.#of(topic)[partition];
    if (mover === undefined) throw new RangeError(`no partition ${partition} of ${topic}`);
    return mover;
  }
}

/** A record of `enriched` names the key of its like in `ingest` where that is not its own. */
function headersOf(topic: TopicName, record: LogRecord, moves: Moves): Readonly<Record<string, string>> {
  const headers = moveHeaders(record.headers, moves);
  const key = ingestKeyOf(record);
  const moved = moves.ingestKey(key);
  if ((topic !== 'enriched' && topic !== 'dead-letter') || moved === key) return headers;
  return { ...headers, [HEADER.ingestKey]: moved };
}

function decodeWith(codec: SchemaCodec, value: Uint8Array): ReturnType<SchemaCodec['decode']> | null {
  try {
    return codec.decode(value);
  } catch (error) {
    if (error instanceof PoisonError) return null;
    throw error;
  }
}
