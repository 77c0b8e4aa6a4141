import { InputError } from '../../core/errors.ts';
import type { Notice } from './notice.ts';

/** Where notices go, as HOARDARR_NOTIFY_URL says. */
export interface Receiver {
  readonly kind: 'webhook' | 'ntfy' | 'apprise';
  /** where it is posted to; without user and password, which fetch refuses in a URL */
  readonly url: string;
  /** for the header `authorization`; null: none */
  readonly authorization: string | null;
}

export interface NoticeRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const SCHEMES: Readonly<Record<string, readonly [kind: Receiver['kind'], scheme: string]>> = {
  'http:': ['webhook', 'http:'],
  'https:': ['webhook', 'https:'],
  'ntfy:': ['ntfy', 'http:'],
  'ntfys:': ['ntfy', 'https:'],
  'apprise:': ['apprise', 'http:'],
  'apprises:': ['apprise', 'https:'],
};
const TOPIC = /^\/[A-Za-z0-9_-]{1,64}$/;
const KEY = /^[A-Za-z0-9_-]{1,64}$/;

/**
 * Tells the receivers apart by the scheme: `ntfy`, `ntfys`, `apprise`, `apprises` (the `s` is TLS), else a webhook. An http(s)
 * address on ntfy.sh or on a host called ntfy.* whose path is one topic is ntfy, too.
 *
 * @throws InputError whose message does not repeat the URL, which is a secret
 */
export function parseReceiver(text: string): Receiver {
  const given = URL.canParse(text) ? new URL(text) : null;
  const known = given === null ? undefined : SCHEMES[given.protocol];
  if (given === null || known === undefined || given.host === '')
    throw new InputError(
      'must begin with http://, https://, ntfy://, ntfys://, apprise:// or apprises://, and name a host; other services are reached through the Apprise API',
    );
  const [scheme, transport] = known;
  const isNtfyHost = given.hostname === 'ntfy.sh' || given.hostname.startsWith('ntfy.');
  const path = given.pathname.replace(/\/+$/, '');
  const kind = scheme === 'webhook' && isNtfyHost && TOPIC.test(path) ? 'ntfy' : scheme;
  if (kind === 'ntfy' && !TOPIC.test(path)) throw new InputError('must be ntfy://HOST/TOPIC, or ntfys://HOST/TOPIC');
  const authorization = authorizationOf(given);
  // Only http and https have a parser that knows ports and hosts, so the scheme is changed in the text.
  const base = `${transport}//${given.host}`;
  if (kind !== 'apprise')
    return { kind, authorization, url: `${base}${kind === 'ntfy' ? path : given.pathname}${given.search}` };
  return { kind, authorization, url: `${base}${apprisePath(path)}${given.search}` };
}

/** Its API takes messages for the configuration KEY at /notify/KEY, below whatever path it is served at. */
function apprisePath(path: string): string {
  const parts = path.split('/').filter((part) => part !== '');
  const key = parts.pop() ?? '';
  if (!KEY.test(key)) throw new InputError('must be apprise://HOST/KEY, or apprises://HOST/KEY');
  if (parts.at(-1) === 'notify') parts.pop();
  return `/${[...parts, 'notify', key].join('/')}`;
}

/** A password alone is a token, as in `ntfys://:tk_…@host/topic`. */
function authorizationOf({ username, password }: URL): string | null {
  const [user, secret] = [decodeURIComponent(username), decodeURIComponent(password)];
  if (user === '' && secret === '') return null;
  if (user === '') return `Bearer ${secret}`;
  return `Basic ${Buffer.from(`${user}:${secret}`).toString('base64')}`;
}

/** Why the receiver did not take it, as its reply says; null: it did. */
export function refusalOf({ kind }: Receiver, status: number): string | null {
  // The Apprise API answers so where it has no configuration under the key, and nobody was told.
  if (kind === 'apprise' && status === 204) return 'HTTP 204: the Apprise API has no configuration under this key';
  return status >= 200 && status < 300 ? null : `HTTP ${status}`;
}

const NTFY_PRIORITY: Readonly<Record<Notice['type'], string>> = { warning: 'default', failure: 'high' };

/** The request that hands a notice over: POST. */
export function requestFor({ kind, url, authorization }: Receiver, notice: Notice, at: number): NoticeRequest {
  const { event, id, type, title, body, data } = notice;
  const login: Record<string, string> = authorization === null ? {} : { authorization };
  if (kind === 'ntfy') {
    // https://docs.ntfy.sh/publish/
    const about = { title, priority: NTFY_PRIORITY[type], tags: 'warning' };
    return { url, headers: { ...login, ...about, 'content-type': 'text/plain; charset=utf-8' }, body };
  }
  const headers = { ...login, 'content-type': 'application/json' };
  // https://github.com/caronc/apprise-api, "Persistent Storage Solution"
  if (kind === 'apprise') return { url, headers, body: JSON.stringify({ title, body, type, format: 'text' }) };
  const sent = { source: 'hoardarr', event, id, at: new Date(at).toISOString(), type, title, body, ...data };
  return { url, headers, body: JSON.stringify(sent) };
}
