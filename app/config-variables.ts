import { z } from 'zod';
import { messageOf } from '../core/errors.ts';
import { ACCESS_SCHEMAS } from './config-access-schemas.ts';
import { parseReceivers } from './notify/receiver.ts';

/** One name of the environment: how its text is read, and whether it is a secret (then also as `NAME_FILE`). */
export interface Variable {
  readonly schema: z.ZodType;
  readonly secret?: true;
  /** not shown in errors either, because what is wrong with it may be a password in it */
  readonly hidden?: true;
}

const text = z.string().min(1);
const httpUrl = z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' });
const registryUrl = httpUrl.refine((value) => !/^https?:\/\/[^/]*@/.test(value), {
  error: 'must be without a user and password: set SCHEMA_REGISTRY_USERNAME and SCHEMA_REGISTRY_PASSWORD',
});
const flag = z.enum(['on', 'off', 'true', 'false', '1', '0']).transform((value) => ['on', 'true', '1'].includes(value));

function whole(from: number, to: number): z.ZodType<number> {
  const range = `must be a whole number from ${from} to ${to}`;
  return z
    .string()
    .regex(/^\d+$/, range)
    .transform(Number)
    .refine((value) => value >= from && value <= to, range);
}

const share = z
  .string()
  .regex(/^(0(\.\d+)?|1(\.0+)?|\.\d+)$/, 'must be a number from 0 to 1')
  .transform(Number);

const encryptionKey = z
  .string()
  .refine((value) => Buffer.from(value, 'base64').length === 32 && /^[A-Za-z0-9+/_-]+={0,2}$/.test(value), {
    error: 'must be 32 bytes in base64: `openssl rand -base64 32` makes one',
  });

const oembedUrl = z
  .string()
  .refine((value) => value === 'off' || /^https?:\/\/\S+$/.test(value), { error: "must be an http(s) URL, or 'off'" });

const redirectUrl = z
  .string()
  .regex(
    /^(http:\/\/(127\.0\.0\.1|localhost):\d+\/\S*|https?:\/\/[^\s/@]+(\/[^\s?#]*)?\/v1\/connections\/reddit\/callback)$/,
    'must be http://127.0.0.1:PORT/PATH, or where browsers reach Hoardarr followed by /v1/connections/reddit/callback',
  );

const basePath = z
  .string()
  .regex(/^\/[A-Za-z0-9._~/-]*$/, 'must begin with a slash, as in /hoardarr')
  .transform((value) => value.replace(/\/+$/, ''));

const brokers = z
  .string()
  .regex(/^[^\s,:]+:\d+(,[^\s,:]+:\d+)*$/, 'must be host:port, several with commas between')
  .transform((value) => value.split(','));

const notifyUrl = z.string().superRefine((value, context) => {
  try {
    parseReceivers(value);
  } catch (error) {
    context.addIssue({ code: 'custom', message: messageOf(error) });
  }
});

/** Every name that Hoardarr reads. */
export const VARIABLES = {
  HOARDARR_DATA_DIR: { schema: text },
  HOARDARR_HOST: { schema: text },
  HOARDARR_PORT: { schema: whole(0, 65_535) },
  HOARDARR_METRICS_PORT: { schema: whole(0, 65_535) },
  HOARDARR_BASE_PATH: { schema: basePath },
  HOARDARR_API_TOKEN: { schema: text, secret: true },
  HOARDARR_PUBLIC_URL: { schema: ACCESS_SCHEMAS.publicUrls },
  HOARDARR_TRUSTED_PROXIES: { schema: ACCESS_SCHEMAS.proxies },
  HOARDARR_AUTH_PROXY_HEADER: { schema: ACCESS_SCHEMAS.proxyHeader },
  HOARDARR_OIDC_ISSUER: { schema: ACCESS_SCHEMAS.issuer },
  HOARDARR_OIDC_CLIENT_ID: { schema: text },
  HOARDARR_OIDC_CLIENT_SECRET: { schema: text, secret: true },
  HOARDARR_OIDC_ALLOWED: { schema: ACCESS_SCHEMAS.allowed },
  HOARDARR_ENCRYPTION_KEY: { schema: encryptionKey, secret: true },
  HOARDARR_ENCRYPTION_KEY_OLD: { schema: encryptionKey, secret: true },
  HOARDARR_UPLOAD_LIMIT_BYTES: { schema: whole(1, Number.MAX_SAFE_INTEGER) },
  HOARDARR_MCP_WRITE: { schema: flag },
  HOARDARR_RESTORE_LIMIT_BYTES: { schema: whole(1, Number.MAX_SAFE_INTEGER) },
  HOARDARR_TRASH_DAYS: { schema: whole(0, 36_500) },
  HOARDARR_GUARD_ITEMS: { schema: whole(0, 1_000_000_000) },
  HOARDARR_GUARD_SHARE: { schema: share },
  HOARDARR_GUARD_NEIGHBOURS: { schema: whole(0, 1_000_000_000) },
  HOARDARR_SYNC_INTERVAL_SECONDS: { schema: whole(1, 31_536_000) },
  HOARDARR_FULL_EVERY: { schema: whole(1, 1_000_000) },
  HOARDARR_FULL_AFTER_HOURS: { schema: whole(1, 87_600) },
  HOARDARR_RECHECK_LIMIT: { schema: whole(0, 1_000_000) },
  HOARDARR_EVENT_LOG: { schema: z.enum(['embedded', 'kafka'], { error: 'must be embedded or kafka' }) },
  HOARDARR_TOPIC_PREFIX: { schema: z.string().regex(/^[A-Za-z0-9._-]*$/, 'must be letters, digits, dots, _ and -') },
  KAFKA_BROKERS: { schema: brokers },
  KAFKA_SESSION_TIMEOUT_SECONDS: { schema: whole(1, 3_600) },
  KAFKA_SSL: { schema: flag },
  KAFKA_SASL_MECHANISM: { schema: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']) },
  KAFKA_SASL_USERNAME: { schema: text },
  KAFKA_SASL_PASSWORD: { schema: text, secret: true },
  SCHEMA_REGISTRY_URL: { schema: registryUrl, hidden: true },
  SCHEMA_REGISTRY_USERNAME: { schema: text },
  SCHEMA_REGISTRY_PASSWORD: { schema: text, secret: true },
  SCHEMA_REGISTRY_AUTO_REGISTER: { schema: flag },
  HOARDARR_STORE: { schema: z.enum(['sqlite', 'couchbase']) },
  COUCHBASE_URL: { schema: z.string().regex(/^couchbases?:\/\/\S+$/, 'must begin with couchbase:// or couchbases://') },
  COUCHBASE_USERNAME: { schema: text },
  COUCHBASE_PASSWORD: { schema: text, secret: true },
  COUCHBASE_BUCKET: { schema: text },
  COUCHBASE_SCOPE: { schema: text },
  COUCHBASE_COLLECTIONS: { schema: z.enum(['on', 'off']) },
  COUCHBASE_SEARCH_URL: { schema: httpUrl },
  COUCHBASE_DURABILITY: {
    schema: z.enum(['none', 'majority', 'majority-and-persist-active', 'persist-to-majority']),
  },
  HOARDARR_EMBEDDER: { schema: z.enum(['openai', 'local', 'hash']) },
  OPENAI_API_KEY: { schema: text, secret: true },
  OPENAI_BASE_URL: { schema: httpUrl },
  OPENAI_EMBEDDING_MODEL: { schema: text },
  OPENAI_EMBEDDING_DIMENSIONS: { schema: whole(1, 65_536) },
  GITHUB_API_URL: { schema: httpUrl },
  GITHUB_AUTH_URL: { schema: httpUrl },
  GITHUB_CLIENT_ID: { schema: text },
  HOARDARR_GITHUB_README: { schema: flag },
  REDDIT_API_URL: { schema: httpUrl },
  REDDIT_AUTH_URL: { schema: httpUrl },
  REDDIT_REDIRECT_URL: { schema: redirectUrl },
  REDDIT_CLIENT_ID: { schema: text },
  REDDIT_CLIENT_SECRET: { schema: text, secret: true },
  TIKTOK_OEMBED_URL: { schema: oembedUrl },
  HOARDARR_NOTIFY_URL: { schema: notifyUrl, secret: true },
  LOG_LEVEL: { schema: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']) },
} as const satisfies Readonly<Record<string, Variable>>;

export type VariableName = keyof typeof VARIABLES;

/** What was read, by name; names that are not set are absent. */
export type Values = { readonly [N in VariableName]?: z.output<(typeof VARIABLES)[N]['schema']> };

export function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}
