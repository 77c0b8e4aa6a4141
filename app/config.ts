import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { z } from 'zod';
import { InputError, messageOf } from '../core/errors.ts';
import { DEFAULT_FOLD_SETTINGS } from '../core/fold/effects.ts';
import { type Cadence, DEFAULT_CADENCE } from '../producers/sync/cadence.ts';
import { type AccessSettings, accessProblems, accessSettings } from './config-access.ts';
import {
  type CouchbaseSettings,
  couchbaseSettings,
  type KafkaSettings,
  kafkaServers,
  registrySettings,
  type SchemaRegistrySettings,
} from './config-servers.ts';
import { VARIABLES, type Values, type Variable, type VariableName, withoutSlash } from './config-variables.ts';
import { nearestName } from './nearest-name.ts';
import { parseReceivers, type Receiver, splitAddresses } from './notify/receiver.ts';

/** What the environment and the command line say, checked, with the defaults filled in. */
export interface Config {
  /** absolute */
  readonly dataDir: string;
  readonly host: string;
  readonly port: number;
  /** where a process without the API serves its health and metrics; null: nowhere */
  readonly metricsPort: number | null;
  /** without a slash at its end; empty for none */
  readonly basePath: string;
  readonly apiToken: string | null;
  readonly access: AccessSettings;
  /** base64; null: a key file in the data folder */
  readonly encryptionKey: string | null;
  /** base64: the key before a change of HOARDARR_ENCRYPTION_KEY */
  readonly oldEncryptionKey: string | null;
  readonly uploadLimitBytes: number;
  /** assistants may propose changes, and do them once confirmed */
  readonly mcpWrite: boolean;
  readonly restoreLimitBytes: number;
  readonly trashMs: number;
  /** law 4 */
  readonly guardItems: number;
  readonly guardShare: number;
  /** 0: off */
  readonly guardNeighbours: number;
  readonly recheckLimit: number;
  readonly cadence: Cadence;
  readonly topicPrefix: string;
  /** null: the log is embedded in the data folder */
  readonly kafka: KafkaSettings | null;
  /** the brokers that are named, also while the log is embedded: where `migrate` brings it */
  readonly kafkaServers: KafkaSettings | null;
  /** null: the schemas of the embedded log have ids of their own */
  readonly schemaRegistry: SchemaRegistrySettings | null;
  readonly store: 'sqlite' | 'couchbase';
  /** null where the store is not in Couchbase */
  readonly couchbase: CouchbaseSettings | null;
  readonly embedder: EmbedderSettings;
  /** null: no metadata is fetched */
  readonly tiktokOembedUrl: string | null;
  readonly github: GitHubSettings;
  readonly reddit: RedditSettings;
  /** who is told of what waits for a person, by the environment; none: as was set in the console */
  readonly notify: readonly Receiver[];
  /** null: warnings for commands, info for `start` */
  readonly logLevel: string | null;
  /** values that must never be shown (law 12) */
  readonly secrets: readonly string[];
}

export interface EmbedderSettings {
  readonly name: 'openai' | 'local' | 'hash';
  readonly apiKey?: string;
  readonly baseUrl?: string;
  readonly model?: string;
  readonly dimensions?: number;
}

export interface GitHubSettings {
  /** one of these settings is set */
  readonly configured: boolean;
  readonly apiUrl: string;
  /** where the device flow lives */
  readonly authUrl: string;
  /** null: no device flow */
  readonly clientId: string | null;
  /** an excerpt of each README is fetched, and embedded with the rest */
  readonly readme: boolean;
}

export interface RedditSettings {
  /** one of these settings is set */
  readonly configured: boolean;
  readonly apiUrl: string;
  readonly authUrl: string;
  /** null: Reddit has not approved an application, so only its data request can be imported */
  readonly clientId: string | null;
  readonly clientSecret: string | null;
  /** where the browser comes back to, which the application is registered with; null: not set */
  readonly redirectUrl: string | null;
}

export type Environment = Readonly<Record<string, string | undefined>>;

const DAY_MS = 86_400_000;
const PREFIX = 'HOARDARR_';
const DEFAULT_UPLOAD_LIMIT_BYTES = 2_000_000_000;
const DEFAULT_RESTORE_LIMIT_BYTES = 50_000_000_000;
const DEFAULT_OEMBED_URL = 'https://www.tiktok.com/oembed';

/**
 * Reads the environment. `dataDir` of the command line goes before HOARDARR_DATA_DIR.
 *
 * @throws InputError that names everything that is wrong at once
 */
export function loadConfig(flags: { readonly dataDir?: string } = {}, env: Environment = process.env): Config {
  const problems = [...unknownNames(env)];
  // A script whose variable is empty means some folder, and not the one that it runs in.
  if (flags.dataDir === '') problems.push('--data-dir names no folder: say where everything is kept');
  const values = readValues(env, problems);
  problems.push(...missingNames(values, env), ...accessProblems(values));
  if (problems.length > 0) {
    throw new InputError(`the configuration is wrong:\n${problems.map((problem) => `  ${problem}`).join('\n')}`, {
      problems,
    });
  }
  return toConfig(values, flags.dataDir);
}

function unknownNames(env: Environment): readonly string[] {
  const known = Object.entries<Variable>(VARIABLES).flatMap(([name, { secret }]) =>
    secret === true ? [name, `${name}_FILE`] : [name],
  );
  return Object.keys(env)
    .filter((name) => name.startsWith(PREFIX) && !known.includes(name))
    .map((name) => {
      const meant = nearestName(name, known);
      return `${name} is no name that Hoardarr knows${meant === null ? '' : `: did you mean ${meant}?`}`;
    });
}

function readValues(env: Environment, problems: string[]): Values {
  const values: Record<string, unknown> = {};
  for (const [name, variable] of Object.entries<Variable>(VARIABLES)) {
    try {
      const raw = variable.secret === true ? readSecret(env, name) : env[name];
      // An empty value is what compose files and shells leave of a name that is not set.
      if (raw === undefined || raw === '') continue;
      const parsed: z.ZodSafeParseResult<unknown> = variable.schema.safeParse(raw);
      if (parsed.success) values[name] = parsed.data;
      else problems.push(`${name} ${describe(parsed.error, isShown(variable) ? raw : null)}`);
    } catch (error) {
      problems.push(messageOf(error));
    }
  }
  return values;
}

function isShown({ secret, hidden }: Variable): boolean {
  return secret !== true && hidden !== true;
}

function readSecret(env: Environment, name: string): string | undefined {
  const value = env[name];
  const file = env[`${name}_FILE`];
  if (file === undefined || file === '') return value;
  if (value !== undefined && value !== '') throw new InputError(`${name} and ${name}_FILE are both set: keep one`);
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new InputError(`${name}_FILE cannot be read: ${messageOf(error)}`);
  }
}

function describe(error: z.ZodError, raw: string | null): string {
  const message = error.issues[0]?.message ?? 'is not allowed';
  const said = /^(must|'|is )/.test(message) ? message : `is not allowed: ${message}`;
  return raw === null || said.startsWith("'") ? said : `${said} (it is '${raw.slice(0, 100)}')`;
}

function toConfig(values: Values, dataDir: string | undefined): Config {
  return {
    dataDir: path.resolve(dataDir ?? values.HOARDARR_DATA_DIR ?? 'data'),
    host: values.HOARDARR_HOST ?? '127.0.0.1',
    port: values.HOARDARR_PORT ?? 8080,
    metricsPort: values.HOARDARR_METRICS_PORT ?? null,
    basePath: values.HOARDARR_BASE_PATH ?? '',
    apiToken: values.HOARDARR_API_TOKEN ?? null,
    access: accessSettings(values),
    encryptionKey: values.HOARDARR_ENCRYPTION_KEY ?? null,
    oldEncryptionKey: values.HOARDARR_ENCRYPTION_KEY_OLD ?? null,
    uploadLimitBytes: values.HOARDARR_UPLOAD_LIMIT_BYTES ?? DEFAULT_UPLOAD_LIMIT_BYTES,
    mcpWrite: values.HOARDARR_MCP_WRITE ?? false,
    restoreLimitBytes: values.HOARDARR_RESTORE_LIMIT_BYTES ?? DEFAULT_RESTORE_LIMIT_BYTES,
    trashMs: (values.HOARDARR_TRASH_DAYS ?? 30) * DAY_MS,
    guardItems: values.HOARDARR_GUARD_ITEMS ?? 20,
    guardShare: values.HOARDARR_GUARD_SHARE ?? 0.25,
    guardNeighbours: values.HOARDARR_GUARD_NEIGHBOURS ?? DEFAULT_FOLD_SETTINGS.guardNeighbours,
    recheckLimit: values.HOARDARR_RECHECK_LIMIT ?? DEFAULT_FOLD_SETTINGS.recheckLimit,
    cadence: cadenceOf(values),
    topicPrefix: values.HOARDARR_TOPIC_PREFIX ?? 'hoardarr.',
    kafka: values.HOARDARR_EVENT_LOG === 'kafka' ? kafkaServers(values) : null,
    kafkaServers: kafkaServers(values),
    schemaRegistry: registrySettings(values),
    store: values.HOARDARR_STORE ?? 'sqlite',
    couchbase: couchbaseSettings(values),
    embedder: embedderSettings(values),
    tiktokOembedUrl: values.TIKTOK_OEMBED_URL === 'off' ? null : (values.TIKTOK_OEMBED_URL ?? DEFAULT_OEMBED_URL),
    github: {
      configured: isSet(values, /^(HOARDARR_)?GITHUB_/),
      apiUrl: withoutSlash(values.GITHUB_API_URL ?? 'https://api.github.com'),
      authUrl: withoutSlash(values.GITHUB_AUTH_URL ?? 'https://github.com'),
      clientId: values.GITHUB_CLIENT_ID ?? null,
      readme: values.HOARDARR_GITHUB_README ?? false,
    },
    reddit: {
      configured: isSet(values, /^REDDIT_/),
      apiUrl: withoutSlash(values.REDDIT_API_URL ?? 'https://oauth.reddit.com'),
      authUrl: withoutSlash(values.REDDIT_AUTH_URL ?? 'https://www.reddit.com'),
      clientId: values.REDDIT_CLIENT_ID ?? null,
      clientSecret: values.REDDIT_CLIENT_SECRET ?? null,
      redirectUrl: values.REDDIT_REDIRECT_URL ?? null,
    },
    notify: parseReceivers(values.HOARDARR_NOTIFY_URL ?? ''),
    logLevel: values.LOG_LEVEL ?? null,
    secrets: secretsOf(values),
  };
}

function cadenceOf(values: Values): Cadence {
  const { HOARDARR_SYNC_INTERVAL_SECONDS: seconds, HOARDARR_FULL_EVERY: every } = values;
  const { HOARDARR_FULL_AFTER_HOURS: hours } = values;
  return {
    intervalMs: seconds === undefined ? DEFAULT_CADENCE.intervalMs : seconds * 1000,
    fullEvery: every ?? DEFAULT_CADENCE.fullEvery,
    fullAfterMs: hours === undefined ? DEFAULT_CADENCE.fullAfterMs : hours * 3_600_000,
  };
}

function isSet(values: Values, names: RegExp): boolean {
  return Object.keys(values).some((name) => names.test(name));
}

/** What a name needs beside it. */
function missingNames(values: Values, env: Environment): readonly string[] {
  const needs: readonly (readonly [boolean, VariableName, string])[] = [
    [values.HOARDARR_EVENT_LOG === 'kafka', 'KAFKA_BROKERS', 'HOARDARR_EVENT_LOG=kafka'],
    [values.HOARDARR_EVENT_LOG === 'kafka', 'SCHEMA_REGISTRY_URL', 'HOARDARR_EVENT_LOG=kafka'],
    [values.KAFKA_SASL_MECHANISM !== undefined, 'KAFKA_SASL_USERNAME', 'KAFKA_SASL_MECHANISM'],
    [values.KAFKA_SASL_MECHANISM !== undefined, 'KAFKA_SASL_PASSWORD', 'KAFKA_SASL_MECHANISM'],
    [values.HOARDARR_STORE === 'couchbase', 'COUCHBASE_URL', 'HOARDARR_STORE=couchbase'],
    [values.HOARDARR_STORE === 'couchbase', 'COUCHBASE_USERNAME', 'HOARDARR_STORE=couchbase'],
    [values.HOARDARR_STORE === 'couchbase', 'COUCHBASE_PASSWORD', 'HOARDARR_STORE=couchbase'],
    [values.HOARDARR_OIDC_ISSUER !== undefined, 'HOARDARR_OIDC_CLIENT_ID', 'HOARDARR_OIDC_ISSUER'],
    // Else whoever has an account at the provider could enter.
    [values.HOARDARR_OIDC_ISSUER !== undefined, 'HOARDARR_OIDC_ALLOWED', 'HOARDARR_OIDC_ISSUER'],
    [values.HOARDARR_OIDC_ISSUER !== undefined, 'HOARDARR_PUBLIC_URL', 'HOARDARR_OIDC_ISSUER'],
    [isSet(values, /^HOARDARR_OIDC_/), 'HOARDARR_OIDC_ISSUER', 'HOARDARR_OIDC_…'],
    [values.HOARDARR_AUTH_PROXY_HEADER !== undefined, 'HOARDARR_TRUSTED_PROXIES', 'HOARDARR_AUTH_PROXY_HEADER'],
  ];
  return needs.flatMap(([isNeeded, name, by]) =>
    isNeeded && values[name] === undefined && !isGiven(env, name) ? [`${name} is not set, and ${by} needs it`] : [],
  );
}

/** It was given, and what is wrong with it has been said. */
function isGiven(env: Environment, name: VariableName): boolean {
  return [env[name], env[`${name}_FILE`]].some((given) => given !== undefined && given !== '');
}

/** The default is OpenAI where a key is given, else the model that ships with Hoardarr. */
function embedderSettings(values: Values): EmbedderSettings {
  const name = values.HOARDARR_EMBEDDER ?? (values.OPENAI_API_KEY === undefined ? 'local' : 'openai');
  if (name === 'local') return { name };
  const dimensions = values.OPENAI_EMBEDDING_DIMENSIONS;
  if (name === 'hash') return { name };
  return {
    name,
    ...(values.OPENAI_API_KEY === undefined ? {} : { apiKey: values.OPENAI_API_KEY }),
    ...(values.OPENAI_BASE_URL === undefined ? {} : { baseUrl: values.OPENAI_BASE_URL }),
    ...(values.OPENAI_EMBEDDING_MODEL === undefined ? {} : { model: values.OPENAI_EMBEDDING_MODEL }),
    ...(dimensions === undefined ? {} : { dimensions }),
  };
}

function secretsOf(values: Values): readonly string[] {
  const names = Object.entries<Variable>(VARIABLES).flatMap(([name, { secret }]) => (secret === true ? [name] : []));
  const secrets = names.flatMap((name) => {
    const value = values[name as VariableName];
    return typeof value === 'string' ? [value] : [];
  });
  if (values.HOARDARR_NOTIFY_URL === undefined) return secrets;
  // In the form in which it is used, too.
  const used = parseReceivers(values.HOARDARR_NOTIFY_URL).flatMap(({ url, authorization }) =>
    authorization === null ? [url] : [url, authorization],
  );
  const given = splitAddresses(values.HOARDARR_NOTIFY_URL);
  return [...new Set([...secrets, ...given, ...used])];
}
