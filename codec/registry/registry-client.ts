import { RestError } from '@confluentinc/schemaregistry/dist/rest-error.js';
import type { ClientConfig } from '@confluentinc/schemaregistry/dist/rest-service.js';
// Not the package's main file: that one also loads the key services of three clouds, a second and 50 MB more.
import { SchemaRegistryClient } from '@confluentinc/schemaregistry/dist/schemaregistry-client.js';
import { InputError, messageOf, SchemasUnavailableError, ServerRefusalError } from '../../core/errors.ts';
import type { AvroRecord } from '../../schemas/avro-schema.ts';

/** Where a Confluent-compatible registry is, and who we are to it. */
export interface RegistrySettings {
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
}

/** A version of a subject. */
export interface RegisteredSchema {
  readonly id: number;
  readonly version: number;
  readonly schema: AvroRecord;
}

const REQUEST_LIMIT_MS = 10_000;
/** Error codes of Confluent's API: no such subject, version or schema. A 404 without one comes from something else. */
export const NOT_FOUND_CODES: ReadonlySet<number> = new Set([40_401, 40_402, 40_403]);
const NAMESPACE = 'hoardarr';

export function clientConfig({ url, username, password }: RegistrySettings): ClientConfig {
  return {
    baseURLs: [url.replace(/\/+$/, '')],
    // Whoever calls waits and tries again, and says so.
    maxRetries: 0,
    createAxiosDefaults: { timeout: REQUEST_LIMIT_MS },
    ...(username === undefined
      ? {}
      : {
          basicAuthCredentials: { credentialsSource: 'USER_INFO' as const, userInfo: `${username}:${password ?? ''}` },
        }),
  };
}

export function createRegistryClient(settings: RegistrySettings): SchemaRegistryClient {
  return new SchemaRegistryClient(clientConfig(settings));
}

/** Every version of a subject, the first one first; none where there is no such subject. */
export async function versionsOf(client: SchemaRegistryClient, subject: string): Promise<readonly RegisteredSchema[]> {
  let versions: readonly number[];
  try {
    versions = await client.getAllVersions(subject);
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
  const found: RegisteredSchema[] = [];
  for (const version of versions.toSorted((a, b) => a - b)) {
    const { id, schema } = await client.getSchemaMetadata(subject, version);
    const parsed = ourSchema(schema);
    if (id === undefined || parsed === undefined) {
      throw new ServerRefusalError(`version ${version} of ${subject} in the schema registry is no Avro record of ours`);
    }
    found.push({ id, version, schema: parsed });
  }
  return found;
}

/** A record of our namespace; undefined for every other schema, and for what is none. */
export function ourSchema(text: string): AvroRecord | undefined {
  try {
    const schema = JSON.parse(text) as AvroRecord;
    const isRecord = schema.type === 'record' && typeof schema.name === 'string' && Array.isArray(schema.fields);
    return isRecord && schema.namespace === NAMESPACE ? schema : undefined;
  } catch {
    return undefined;
  }
}

export function isNotFound(error: unknown): boolean {
  return error instanceof RestError && error.status === 404 && NOT_FOUND_CODES.has(error.errorCode);
}

/**
 * What a caller can do about it: ServerRefusalError where asking again is in vain, SchemasUnavailableError where it is not.
 * The client's own errors hold its requests, and with them the password, so they are no cause of ours.
 */
export function registryError(error: unknown, url: string): Error {
  if (error instanceof InputError) return error;
  const status = error instanceof RestError ? error.status : undefined;
  if (status === 401 || status === 403) {
    return new ServerRefusalError(
      `the schema registry at ${url} refuses us (${status}): check SCHEMA_REGISTRY_USERNAME and SCHEMA_REGISTRY_PASSWORD`,
    );
  }
  if (status === 404) {
    return new ServerRefusalError(
      `there is no schema registry at ${url}: SCHEMA_REGISTRY_URL has to name the root of its Confluent API, such as http://host:8081 or, for Apicurio, http://host:8080/apis/ccompat/v7`,
    );
  }
  return new SchemasUnavailableError(`the schema registry at ${url} cannot be asked: ${messageOf(error)}`);
}
