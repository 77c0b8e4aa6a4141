import { earlierKeysOf, HEADER, ingestKeyOf, offsetIn } from '../core/keys.ts';
import type { LogRecord } from '../core/ports/event-log.ts';
import type { Decoded } from '../core/ports/schema-codec.ts';

/** A record as the fold reads it, from `enriched` or, in a rebuild, from `ingest`. */
export interface FoldInput {
  /** offset in the topic that was read */
  readonly offset: number;
  /** offset in `ingest`; -1 for a late vector, which has none */
  readonly position: number;
  readonly first: number;
  /** in `ingest` */
  readonly key: string;
  readonly otherKeys: readonly string[];
  readonly decoded: Decoded;
}

/** Reads a record of `enriched`. Null for a tombstone. */
export function toFoldInput(record: LogRecord, decoded: Decoded, position: number): FoldInput {
  return {
    offset: record.offset,
    position,
    first: offsetIn(record.headers[HEADER.firstPosition]) ?? position,
    key: ingestKeyOf(record),
    otherKeys: earlierKeysOf(record.headers),
    decoded,
  };
}
