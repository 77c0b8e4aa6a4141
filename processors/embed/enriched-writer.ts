import type { SchemaCodec } from '../../core/ports/schema-codec.ts';
import type { EnrichedItem, RawItem } from '../../schemas/generated/records.ts';

/** What the processor adds to a raw item. */
export type Enrichment = Omit<EnrichedItem, 'item'>;

export interface EnrichedWriter {
  /**
   * The EnrichedItem record of a RawItem record.
   *
   * @param raw the record's bytes; `item` is what they decode to
   */
  write(raw: Uint8Array, item: RawItem, enrichment: Enrichment): Uint8Array;
}

/** magic byte and schema id of Confluent's wire format */
const HEADER_BYTES = 5;

/** Avro's index of the second branch of a union with null, as a zigzag varint. */
const SOME = 2;

/**
 * Writes enriched items without encoding their raw items again: `item` is the first field of EnrichedItem, so the body of
 * the one record begins with the body of the other (Avro 1.12, "Binary Encoding").
 *
 * That holds where the raw item was written with the schema that this process writes. Otherwise, and where a trial shows
 * that the codec's bytes are not what is expected here, the codec encodes the whole item.
 */
export function createEnrichedWriter(codec: SchemaCodec): EnrichedWriter {
  const sample = { item: SAMPLE_ITEM, ...SAMPLE_ENRICHMENT };
  const rawSample = codec.encode('RawItem', SAMPLE_ITEM);
  const enrichedSample = codec.encode('EnrichedItem', sample);
  const rawHeader = Buffer.from(rawSample.subarray(0, HEADER_BYTES));
  const enrichedHeader = Buffer.from(enrichedSample.subarray(0, HEADER_BYTES));
  const splice = (raw: Uint8Array, enrichment: Enrichment): Buffer => join(enrichedHeader, raw, enrichment);
  const usable =
    splice(rawSample, SAMPLE_ENRICHMENT).equals(enrichedSample) &&
    splice(rawSample, NO_ENRICHMENT).equals(codec.encode('EnrichedItem', { item: SAMPLE_ITEM, ...NO_ENRICHMENT }));
  return {
    write(raw, item, enrichment) {
      if (usable && rawHeader.equals(raw.subarray(0, HEADER_BYTES))) return splice(raw, enrichment);
      return codec.encode('EnrichedItem', { item, ...enrichment });
    },
  };
}

function join(header: Uint8Array, raw: Uint8Array, enrichment: Enrichment): Buffer {
  const { textHash, vector, model, dimensions, textTruncated } = enrichment;
  const hashBytes = textHash === null ? 0 : Buffer.byteLength(textHash);
  const modelBytes = model === null ? 0 : Buffer.byteLength(model);
  const length =
    raw.length +
    optionalLength(textHash, hashBytes) +
    optionalLength(vector, vector?.length ?? 0) +
    optionalLength(model, modelBytes) +
    (dimensions === null ? 1 : 1 + varintLength(dimensions)) +
    1;
  const out = Buffer.allocUnsafe(length);
  out.set(raw, 0);
  out.set(header, 0);
  let end = raw.length;
  end = writeLength(out, end, textHash === null ? null : hashBytes);
  if (textHash !== null) end += out.write(textHash, end, 'utf8');
  end = writeLength(out, end, vector === null ? null : vector.length);
  if (vector !== null) {
    out.set(vector, end);
    end += vector.length;
  }
  end = writeLength(out, end, model === null ? null : modelBytes);
  if (model !== null) end += out.write(model, end, 'utf8');
  end = writeLength(out, end, dimensions);
  out[end] = textTruncated ? 1 : 0;
  return out;
}

function optionalLength(value: unknown, bytes: number): number {
  return value === null ? 1 : 1 + varintLength(bytes) + bytes;
}

/** The branch of the union, and behind it the number, unless it is null. */
function writeLength(out: Buffer, start: number, value: number | null): number {
  if (value === null) {
    out[start] = 0;
    return start + 1;
  }
  out[start] = SOME;
  let end = start + 1;
  // Zigzag of a number that is not negative is its double.
  let rest = value * 2;
  while (rest >= 0x80) {
    out[end] = (rest & 0x7f) | 0x80;
    rest = Math.floor(rest / 0x80);
    end += 1;
  }
  out[end] = rest;
  return end + 1;
}

function varintLength(value: number): number {
  let length = 1;
  for (let rest = value * 2; rest >= 0x80; rest = Math.floor(rest / 0x80)) length += 1;
  return length;
}

const NO_ENRICHMENT: Enrichment = {
  textHash: null,
  vector: null,
  model: null,
  dimensions: null,
  textTruncated: false,
};

// Lengths of one, two and three bytes as varints, so that the trial sees each of them.
const SAMPLE_ENRICHMENT: Enrichment = {
  textHash: 'ab'.repeat(32),
  vector: new Uint8Array(12_288).fill(7),
  model: 'a model',
  dimensions: 3_072,
  textTruncated: true,
};

const SAMPLE_ITEM: RawItem = {
  eventId: 'e',
  at: 1,
  provider: 'tiktok',
  user: 'me',
  collection: 'favorites',
  itemId: '1',
  syncId: 's',
  fence: 1,
  seq: 0,
  sighting: true,
  content: 'full',
  document: {
    url: 'u',
    title: 't',
    author: null,
    body: 'b',
    savedAt: 1,
    createdAt: null,
    thumbnailUrl: null,
    extra: '{}',
  },
  text: 'text',
  documentHash: 'hash',
  truncated: false,
  payload: '{}',
};
