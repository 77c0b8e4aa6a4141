import type avsc from 'avsc';
import { InvalidRecordError, messageOf, PoisonError } from '../../core/errors.ts';
import type { Decoded, SchemaCodec } from '../../core/ports/schema-codec.ts';
import type { AvroRecord } from '../../schemas/avro-schema.ts';
import { RECORD_NAMES, type RecordName } from '../../schemas/generated/records.ts';
import type { SchemaSet } from '../../schemas/schemas.ts';
import { compileSchema } from './compile-schema.ts';
import { findMisfit } from './find-misfit.ts';

/** Who knows which id stands for which schema: the data folder, or a registry. */
export interface SchemaIds {
  /** The id of the schema that this process writes the record with. */
  readonly idOf: (record: RecordName) => number;
  /** The schema with this id, also one that another version of the program wrote with; undefined where there is none. */
  readonly schemaOf: (id: number) => AvroRecord | undefined;
}

const MAGIC = 0;
/** magic byte and schema id */
const HEADER_BYTES = 5;
/** Records are written next to each other into buffers of this size, so that none is copied. */
const SLAB_BYTES = 64 * 1024;

const MAX_REASON_CHARS = 300;

interface Writer {
  /** bytes of its last record: a first guess at what the next one needs */
  lastBytes: number;
  readonly id: number;
  readonly schema: AvroRecord;
  readonly type: avsc.Type;
}

interface Reader {
  readonly record: RecordName;
  readonly type: avsc.Type;
  /** absent where the writer's schema is ours */
  readonly resolver: ReturnType<avsc.Type['createResolver']> | undefined;
}

/**
 * A codec over compiled avsc types.
 *
 * What `encode` returns is a view of a buffer that it shares with other records: copy it where it is kept for long, or sent
 * to another thread. What `decode` returns holds views of the bytes that it was given (fields of type bytes).
 *
 * @throws Error where a schema is not valid
 */
export function createRecordCodec(schemas: SchemaSet, ids: SchemaIds): SchemaCodec {
  const writers = Object.fromEntries(
    RECORD_NAMES.map((record) => {
      const schema = schemas[record];
      return [record, { lastBytes: 0, id: ids.idOf(record), schema, type: compileSchema(schema) }];
    }),
  ) as Readonly<Record<RecordName, Writer>>;
  const readers = new Map<number, Reader>();
  const allocate = createSlabs();

  return {
    encode(record, value) {
      const writer = writers[record];
      try {
        const bytes = allocate(writer.lastBytes, (slab, start) => {
          slab[start] = MAGIC;
          slab.writeUInt32BE(writer.id, start + 1);
          return writer.type.encode(value, slab, start + HEADER_BYTES);
        });
        writer.lastBytes = bytes.length;
        return bytes;
      } catch (error) {
        const misfit = findMisfit(writer.schema, value);
        if (misfit === null) throw error;
        // Without avsc's error as its cause: that one shows the value.
        throw new InvalidRecordError(`${record}${misfit}`);
      }
    },

    decode(bytes) {
      const buffer = asBuffer(bytes);
      const id = readHeader(buffer);
      let reader = readers.get(id);
      if (reader === undefined) {
        // Not inside the try below: a folder that cannot be read now is no fault of the record.
        reader = createReader(id, ids.schemaOf(id), writers);
        readers.set(id, reader);
      }
      return decodeBody(reader, buffer);
    },
  };
}

/**
 * Hands out the rest of a shared buffer, and a larger one where it does not suffice. A record that does not fit is written
 * twice, which matters for large ones: so one larger than a buffer begins in a fresh one of the size that it will need.
 *
 * @param guess bytes that the record may need
 * @param write gets the buffer and where to begin; returns where it ended, or, where the buffer was too short, the number
 *   of missing bytes as a negative number (as avsc's `encode` does)
 */
function createSlabs(): (guess: number, write: (slab: Buffer, start: number) => number) => Buffer {
  let slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
  let start = 0;
  return (guess, write) => {
    if (guess > SLAB_BYTES && start + guess > slab.length) {
      slab = Buffer.allocUnsafeSlow(guess + SLAB_BYTES);
      start = 0;
    }
    // The header is written with a bounds check, so it must fit.
    let end = start + HEADER_BYTES <= slab.length ? write(slab, start) : -HEADER_BYTES;
    while (end < 0) {
      const needed = slab.length - start - end;
      slab = Buffer.allocUnsafeSlow(Math.max(needed, SLAB_BYTES));
      start = 0;
      end = write(slab, start);
    }
    const record = slab.subarray(start, end);
    start = end;
    return record;
  };
}

function asBuffer(bytes: unknown): Buffer {
  if (Buffer.isBuffer(bytes)) return bytes;
  if (bytes instanceof Uint8Array) return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  throw new PoisonError('no bytes');
}

function readHeader(buffer: Buffer): number {
  if (buffer.length < HEADER_BYTES) throw new PoisonError(`cut off after ${buffer.length} bytes`);
  if (buffer[0] !== MAGIC) throw new PoisonError('not in Confluent wire format: the first byte is not 0');
  return buffer.readUInt32BE(1);
}

function createReader(
  id: number,
  schema: AvroRecord | undefined,
  writers: Readonly<Record<RecordName, Writer>>,
): Reader {
  if (schema === undefined) throw new PoisonError(`there is no schema ${id}`);
  const record = RECORD_NAMES.find((name) => name === schema.name);
  if (record === undefined) throw new PoisonError(`schema ${id} is of ${schema.name}, which is unknown here`);
  const { type } = writers[record];
  const writerType = compileForeign(schema, `${record} of schema ${id}`);
  if (type.equals(writerType)) return { record, type, resolver: undefined };
  try {
    return { record, type, resolver: type.createResolver(writerType) };
  } catch (error) {
    // avsc repeats what does not fit, however long it is.
    const reason = messageOf(error).slice(0, MAX_REASON_CHARS);
    throw new PoisonError(`${record} of schema ${id} cannot be read: ${reason}`, { cause: error });
  }
}

/** What a registry gives for an id may be no valid Avro; avsc stumbles over some of it, in words that tell nobody anything. */
function compileForeign(schema: AvroRecord, what: string): avsc.Type {
  try {
    return compileSchema(schema);
  } catch (error) {
    throw new PoisonError(`${what} cannot be read: its schema is no valid Avro`, { cause: error });
  }
}

function decodeBody({ record, type, resolver }: Reader, buffer: Buffer): Decoded {
  let decoded: { readonly value: unknown; readonly offset: number };
  try {
    decoded = type.decode(buffer, HEADER_BYTES, resolver);
  } catch (error) {
    // Where avsc stumbles over a form of schema that we never write, what it throws speaks of its code.
    const reason = error instanceof TypeError ? 'it does not fit its schema' : messageOf(error);
    throw new PoisonError(`${record}: ${reason}`, { cause: error });
  }
  if (decoded.offset < 0) throw new PoisonError(`${record}: cut off`);
  if (decoded.offset < buffer.length) {
    throw new PoisonError(`${record}: ${buffer.length - decoded.offset} bytes too many`);
  }
  return { type: record, value: decoded.value } as Decoded;
}
