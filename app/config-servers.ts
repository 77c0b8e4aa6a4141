import { type Values, withoutSlash } from './config-variables.ts';

export interface KafkaSettings {
  /** host:port each */
  readonly brokers: readonly string[];
  readonly ssl: boolean;
  readonly sasl?: SaslSettings;
  /** ms without a heartbeat after which a consumer loses its partitions; the log's own default where it is absent */
  readonly sessionTimeoutMs?: number;
}

interface SaslSettings {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly username: string;
  readonly password: string;
}

export interface SchemaRegistrySettings {
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
  /** a program that runs may register schemas, not only `schemas register` */
  readonly autoRegister: boolean;
}

export interface CouchbaseSettings {
  readonly url: string;
  readonly username: string;
  readonly password: string;
  readonly bucket: string;
  readonly scope: string;
  /** false: everything lies in the default collection, under prefixes */
  readonly collections: boolean;
  /** null where the server has no Search service */
  readonly searchUrl: string | null;
  /** how safe a write is before it counts as written */
  readonly durability: 'none' | 'majority' | 'majority-and-persist-active' | 'persist-to-majority';
}

/** Null where none are named. */
export function kafkaServers(values: Values): KafkaSettings | null {
  const { KAFKA_BROKERS: brokers, KAFKA_SASL_MECHANISM: mechanism } = values;
  const { KAFKA_SASL_USERNAME: username, KAFKA_SASL_PASSWORD: password } = values;
  const { KAFKA_SESSION_TIMEOUT_SECONDS: session } = values;
  if (brokers === undefined) return null;
  const hasUser = mechanism !== undefined && username !== undefined && password !== undefined;
  return {
    brokers,
    ssl: values.KAFKA_SSL ?? false,
    ...(session === undefined ? {} : { sessionTimeoutMs: session * 1_000 }),
    ...(hasUser ? { sasl: { mechanism, username, password } } : {}),
  };
}

/** Null where it is not in use. */
export function registrySettings(values: Values): SchemaRegistrySettings | null {
  const { SCHEMA_REGISTRY_URL: url, SCHEMA_REGISTRY_USERNAME: username, SCHEMA_REGISTRY_PASSWORD: password } = values;
  if (url === undefined) return null;
  return {
    url: withoutSlash(url),
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    autoRegister: values.SCHEMA_REGISTRY_AUTO_REGISTER ?? false,
  };
}

/** Null where it is not in use. */
export function couchbaseSettings(values: Values): CouchbaseSettings | null {
  const { COUCHBASE_URL: url, COUCHBASE_USERNAME: username, COUCHBASE_PASSWORD: password } = values;
  if (values.HOARDARR_STORE !== 'couchbase') return null;
  if (url === undefined || username === undefined || password === undefined) return null;
  return {
    url,
    username,
    password,
    bucket: values.COUCHBASE_BUCKET ?? 'hoardarr',
    scope: values.COUCHBASE_SCOPE ?? '_default',
    collections: values.COUCHBASE_COLLECTIONS !== 'off',
    searchUrl: values.COUCHBASE_SEARCH_URL === undefined ? null : withoutSlash(values.COUCHBASE_SEARCH_URL),
    durability: values.COUCHBASE_DURABILITY ?? 'majority',
  };
}
