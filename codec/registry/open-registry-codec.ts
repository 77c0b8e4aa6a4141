import { SchemasUnavailableError, ServerRefusalError } from '../../core/errors.ts';
import type { Clock, Random } from '../../core/ports/clock.ts';
import type { SchemaCodec } from '../../core/ports/schema-codec.ts';
import type { Logger } from '../../core/ports/telemetry.ts';
import { untilReached } from '../../core/until-reached.ts';
import type { AvroRecord } from '../../schemas/avro-schema.ts';
import { RECORD_NAMES, type RecordName } from '../../schemas/generated/records.ts';
import { SCHEMAS, type SchemaSet } from '../../schemas/schemas.ts';
import { createRecordCodec } from '../avsc/record-codec.ts';
import { type RegistryOptions, registerSubjects } from './register-schemas.ts';
import { createRegistryClient, registryError } from './registry-client.ts';
import { SchemaLookup } from './schema-lookup.ts';
import { findVersion, type RegistrySubject, readSubjects } from './subject-reports.ts';

export interface RegistryCodecOptions extends RegistryOptions {
  /** Registers what is missing; else that is what `hoardarr schemas register` is for. */
  readonly register?: boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Ends waiting for a registry that cannot be reached. */
  readonly signal?: AbortSignal;
}

export interface RegistryCodec extends SchemaCodec {
  close(): Promise<void>;
}

/**
 * A codec whose schema ids are those of a Confluent-compatible registry.
 *
 * All versions of our subjects are read at the start, so that encoding and decoding need no registry afterwards. An id that
 * came to be since is looked up when a record with it comes; `decode` then throws SchemasUnavailableError, rather than
 * PoisonError, where the registry does not answer.
 *
 * While the registry cannot be reached, opening waits, and warns at each try.
 *
 * @throws ServerRefusalError where the registry refuses us, a schema does not fit, or one is not registered and `register` is not set
 */
export async function openRegistryCodec(options: RegistryCodecOptions): Promise<RegistryCodec> {
  const { schemas = SCHEMAS } = options;
  const subjects = await untilReached(() => prepare(options, schemas), {
    ...options,
    what: 'the schema registry',
    isAway: (error) => error instanceof SchemasUnavailableError,
  });
  const byId = new Map(subjects.flatMap(({ versions }) => versions.map(({ id, schema }) => [id, schema] as const)));
  const idOf = new Map(RECORD_NAMES.map((record) => [record, writtenWith(record, schemas[record], subjects)]));
  const lookup = new SchemaLookup(options);
  const codec = createRecordCodec(schemas, {
    idOf: (record) => idOf.get(record) ?? 0,
    schemaOf: (id) => byId.get(id) ?? lookup.schemaOf(id),
  });
  return { ...codec, close: () => lookup.close() };
}

async function prepare(options: RegistryCodecOptions, schemas: SchemaSet): Promise<readonly RegistrySubject[]> {
  const { topicPrefix, register = false, url } = options;
  const client = createRegistryClient(options);
  const read = async (): Promise<readonly RegistrySubject[]> => {
    try {
      return await readSubjects(client, schemas, topicPrefix);
    } catch (error) {
      throw registryError(error, url);
    }
  };
  const subjects = await read();
  const missing = subjects.filter(({ report }) => report.changed);
  if (missing.length === 0) return subjects;
  if (!register) {
    const names = missing.map(({ report }) => report.name).join(', ');
    throw new ServerRefusalError(
      `the schema registry at ${url} lacks the present schemas of ${names}: run \`hoardarr schemas register\` once`,
    );
  }
  await registerSubjects(client, subjects, options);
  return await read();
}

/** Where several topics carry the record, any of their versions does: an id names one schema. */
function writtenWith(record: RecordName, schema: AvroRecord, subjects: readonly RegistrySubject[]): number {
  const versions = subjects.flatMap((subject) => (subject.record === record ? subject.versions : []));
  const found = findVersion(versions, schema);
  if (found === undefined) throw new ServerRefusalError(`the schema registry lacks the present schema of ${record}`);
  return found.id;
}
