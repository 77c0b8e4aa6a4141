// Generated from schemas/released/ by `npm run generate`. Do not edit.

import type { AvroRecord } from '../avro-schema.ts';

/** The released versions of each record, version 1 first. */
export const RELEASED: Readonly<Record<string, readonly AvroRecord[]>> = {};
