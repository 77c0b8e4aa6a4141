import type { RecordName, RecordTypes } from '../../schemas/generated/records.ts';

/** A decoded record with the name of its schema, so that a switch over `type` narrows `value`. */
export type Decoded = { [N in RecordName]: { readonly type: N; readonly value: RecordTypes[N] } }[RecordName];

/**
 * Avro in Confluent wire format: magic byte 0, 4-byte big-endian schema id, body.
 * Adapters: codec/local (ids in the data folder), codec/registry. Every adapter passes testing/contracts/schema-codec.ts.
 */
export interface SchemaCodec {
  /** Throws InvalidRecordError, naming the field, when the value does not fit its schema. */
  encode<N extends RecordName>(type: N, value: RecordTypes[N]): Uint8Array;
  /** Throws PoisonError when the bytes are no record of ours: wrong magic, unknown id, body cut off, value not allowed. */
  decode(bytes: Uint8Array): Decoded;
}
