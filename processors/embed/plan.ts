import { PoisonError } from '../../core/errors.ts';
import { embeddableText } from '../../core/item-text.ts';
import { HEADER } from '../../core/keys.ts';
import type { AppendRecord, LogRecord } from '../../core/ports/event-log.ts';
import type { SchemaCodec } from '../../core/ports/schema-codec.ts';
import { textHashOf } from '../../core/text-hash.ts';
import type { RawItem, RecordName } from '../../schemas/generated/records.ts';
import type { EnrichedWriter, Enrichment } from './enriched-writer.ts';

/** What is to become of a record of `ingest`. */
export type Step =
  | { readonly kind: 'pass'; readonly record: LogRecord }
  | { readonly kind: 'poison'; readonly record: LogRecord; readonly error: string }
  | {
      readonly kind: 'item';
      readonly record: LogRecord;
      readonly raw: Uint8Array;
      readonly item: RawItem;
      /** null where there is nothing to embed */
      readonly wanted: { readonly textHash: string; readonly text: string } | null;
    };

/** Offset of the schema id within a record, and of the body behind it. */
const ID_OFFSET = 1;
const BODY_OFFSET = 5;

/** Tells what is to become of records. Knows the schema ids that it has seen, so that only raw items are decoded. */
export class Planner {
  readonly #codec: SchemaCodec;
  readonly #typeOfId = new Map<number, RecordName>();

  constructor(codec: SchemaCodec) {
    this.#codec = codec;
  }

  /** @throws what the codec throws besides PoisonError: then it cannot work now, which is no fault of the record */
  plan(record: LogRecord): Step {
    const { value } = record;
    if (value === null) return { kind: 'pass', record };
    try {
      return this.#planValue(record, value);
    } catch (error) {
      if (!(error instanceof PoisonError)) throw error;
      return { kind: 'poison', record, error: error.message };
    }
  }

  #planValue(record: LogRecord, value: Uint8Array): Step {
    const id = schemaIdOf(value);
    const known = id === undefined ? undefined : this.#typeOfId.get(id);
    // Bodies of other records are the sink's to judge: it has to decode them anyway.
    if (known !== undefined && known !== 'RawItem') return { kind: 'pass', record };
    const decoded = this.#codec.decode(value);
    if (id !== undefined) this.#typeOfId.set(id, decoded.type);
    if (decoded.type !== 'RawItem') return { kind: 'pass', record };
    const item = decoded.value;
    return { kind: 'item', record, raw: value, item, wanted: wantedOf(item) };
  }
}

function wantedOf(item: RawItem): { readonly textHash: string; readonly text: string } | null {
  const text = embeddableText(item);
  return text === null ? null : { textHash: textHashOf(text), text };
}

function schemaIdOf(value: Uint8Array): number | undefined {
  if (value.length < BODY_OFFSET || value[0] !== 0) return undefined;
  return new DataView(value.buffer, value.byteOffset, value.byteLength).getUint32(ID_OFFSET);
}

/** The record as it goes to `enriched`: the same, with its position; an item with what was added to it. */
export function enrichedRecord(
  step: Exclude<Step, { kind: 'poison' }>,
  writer: EnrichedWriter,
  enrichment: Enrichment,
): AppendRecord {
  const { key, headers, timestamp, offset, value } = step.record;
  return {
    key,
    timestamp,
    headers: { ...headers, [HEADER.position]: String(offset) },
    value: step.kind === 'item' ? writer.write(step.raw, step.item, enrichment) : value,
  };
}
