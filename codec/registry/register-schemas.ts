import { Compatibility, type SchemaRegistryClient } from '@confluentinc/schemaregistry/dist/schemaregistry-client.js';
import { ServerRefusalError } from '../../core/errors.ts';
import { SCHEMAS, type SchemaSet } from '../../schemas/schemas.ts';
import type { SubjectReport } from '../check-schemas.ts';
import { createRegistryClient, type RegistrySettings, registryError } from './registry-client.ts';
import { type RegistrySubject, readSubjects } from './subject-reports.ts';

export interface RegistryOptions extends RegistrySettings {
  /** what stands before the names of topics, with its dot */
  readonly topicPrefix: string;
  /** Others than this version's, for tests of evolution. */
  readonly schemas?: SchemaSet;
}

/**
 * How the present schemas fit all versions that the registry has of them.
 *
 * @throws SchemasUnavailableError where the registry cannot be reached; ServerRefusalError where it refuses us
 */
export async function checkAtRegistry(options: RegistryOptions): Promise<readonly SubjectReport[]> {
  return (await readAll(options)).map(({ report }) => report);
}

/**
 * Registers the schemas that the registry does not have yet, with compatibility FULL_TRANSITIVE.
 *
 * @returns the subjects as they were found: `changed` ones are registered now
 * @throws ServerRefusalError that names every difference where one is not compatible, and then nothing was registered;
 *   SchemasUnavailableError where the registry cannot be reached, and then some may be
 */
export async function registerAtRegistry(options: RegistryOptions): Promise<readonly SubjectReport[]> {
  const subjects = await readAll(options);
  await registerSubjects(createRegistryClient(options), subjects, options);
  return subjects.map(({ report }) => report);
}

async function readAll(options: RegistryOptions): Promise<readonly RegistrySubject[]> {
  const { schemas = SCHEMAS, topicPrefix, url } = options;
  try {
    return await readSubjects(createRegistryClient(options), schemas, topicPrefix);
  } catch (error) {
    throw registryError(error, url);
  }
}

/** @throws ServerRefusalError, SchemasUnavailableError as registerAtRegistry does */
export async function registerSubjects(
  client: SchemaRegistryClient,
  subjects: readonly RegistrySubject[],
  { url, schemas = SCHEMAS }: RegistryOptions,
): Promise<void> {
  refuseIncompatible(subjects);
  for (const { record, report } of subjects) {
    if (!report.changed) continue;
    const schema = { schema: JSON.stringify(schemas[record]), schemaType: 'AVRO' };
    try {
      // Apicurio refuses where another program sets the same for the first time, and takes it the second time.
      await twice(() => client.updateCompatibility(report.name, Compatibility.FULL_TRANSITIVE));
      await twice(() => client.register(report.name, schema));
    } catch (error) {
      throw isConflict(error) ? conflict(report.name, error) : registryError(error, url);
    }
  }
}

async function twice(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!isConflict(error)) throw error;
    await work();
  }
}

function refuseIncompatible(subjects: readonly RegistrySubject[]): void {
  const problems = [...new Set(subjects.flatMap(({ report }) => report.problems))];
  if (problems.length === 0) return;
  const list = problems.map((problem) => `  ${problem}`).join('\n');
  throw new ServerRefusalError(
    `nothing was registered, because these schemas do not fit what is registered:\n${list}`,
    {
      problems,
    },
  );
}

/** The registry has the last word: another version may have been registered since it was read. */
function conflict(name: string, error: Error): ServerRefusalError {
  return new ServerRefusalError(`the schema registry refuses the schema of ${name}: ${error.message}`);
}

function isConflict(error: unknown): error is Error {
  return error instanceof Error && 'status' in error && error.status === 409;
}
