import type { AvroRecord } from './avro-schema.ts';
import type { RecordName } from './generated/records.ts';
import { RELEASED_SCHEMAS } from './generated/released.ts';
import { CURRENT_SCHEMAS } from './generated/schemas.ts';

/** A schema for every kind of record. */
export type SchemaSet = Readonly<Record<RecordName, AvroRecord>>;

/** By the name of the record, version 1 first. */
export type ReleasedSchemas = Readonly<Record<string, readonly AvroRecord[]>>;

/** The schemas that this version of the program writes and reads with: schemas/*.avsc. */
export const SCHEMAS: SchemaSet = CURRENT_SCHEMAS;

/** All that were ever released: schemas/released/. Records of each of them may be in a log. */
export const RELEASED: ReleasedSchemas = RELEASED_SCHEMAS;
