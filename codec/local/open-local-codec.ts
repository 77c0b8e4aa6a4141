import { createHash } from 'node:crypto';
import path from 'node:path';
import type { SchemaCodec } from '../../core/ports/schema-codec.ts';
import type { AvroRecord } from '../../schemas/avro-schema.ts';
import { RECORD_NAMES, type RecordName } from '../../schemas/generated/records.ts';
import { SCHEMAS, type SchemaSet } from '../../schemas/schemas.ts';
import { compileSchema } from '../avsc/compile-schema.ts';
import { createRecordCodec } from '../avsc/record-codec.ts';
import { openSchemaFolder, type SchemaFolder } from './schema-folder.ts';

/** The folder of the ids, within the data folder. Without it nothing in the event log can be read, so a backup needs it. */
export const SCHEMA_FOLDER = 'schemas';

export interface LocalCodecOptions {
  readonly dataDir: string;
  /** Others than this version's, for tests of evolution. */
  readonly schemas?: SchemaSet;
}

/**
 * A codec whose schema ids are kept in the data folder; several processes may have it open at once.
 *
 * Opening gives an id to each schema that has none yet. Schemas that differ in documentation, defaults or `values` alone
 * share one: their bytes are the same.
 *
 * @throws the file system's error where the data folder cannot be written or read; `decode` throws it too, rather than
 *   PoisonError, where it cannot look an unknown id up
 */
export function openLocalCodec(options: LocalCodecOptions): SchemaCodec {
  const schemas = options.schemas ?? SCHEMAS;
  const folder = openSchemaFolder(path.join(options.dataDir, SCHEMA_FOLDER));
  const idOf = register(schemas, folder);
  return createRecordCodec(schemas, {
    idOf: (record) => idOf[record],
    // Read anew for each unknown id, because another process may have added it since.
    schemaOf: (id) => folder.read(id),
  });
}

function register(schemas: SchemaSet, folder: SchemaFolder): Readonly<Record<RecordName, number>> {
  const known = new Map<string, number>();
  let next = 1;
  const readOn = (): void => {
    for (let schema = folder.read(next); schema !== undefined; schema = folder.read(next)) {
      const key = fingerprint(schema);
      // The first one counts, so that every process agrees.
      if (!known.has(key)) known.set(key, next);
      next += 1;
    }
  };
  const idFor = (schema: AvroRecord): number => {
    const key = fingerprint(schema);
    for (;;) {
      readOn();
      const id = known.get(key);
      if (id !== undefined) return id;
      // Only who has read everything below an id can get it, so that no schema gets two.
      folder.claim(next, schema);
    }
  };
  return Object.fromEntries(RECORD_NAMES.map((record) => [record, idFor(schemas[record])])) as Record<
    RecordName,
    number
  >;
}

/** Of Avro's canonical form: names, types and order of the fields. */
function fingerprint(schema: AvroRecord): string {
  const canonical = JSON.stringify(compileSchema(schema).schema());
  return createHash('sha256').update(canonical).digest('hex');
}
