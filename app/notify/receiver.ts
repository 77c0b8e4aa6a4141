import { createHash } from 'node:crypto';
import { InputError } from '../../core/errors.ts';
import type { Notice } from './notice.ts';

/** Where notices go. */
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
 * address on ntfy.sh or on a host called ntfy.* whose path is one topic is ntfy, too, and one on a host called apprise.* whose
 * path ends with /notify/KEY is Apprise.
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
  const isAppriseHost = given.hostname.startsWith('apprise.') && /\/notify\/[^/]+$/.test(path);
  const kind =
    scheme !== 'webhook' ? scheme : isNtfyHost && TOPIC.test(path) ? 'ntfy' : isAppriseHost ? 'apprise' : scheme;
  if (kind === 'ntfy' && !TOPIC.test(path)) throw new InputError('must be ntfy://HOST/TOPIC, or ntfys://HOST/TOPIC');
  const authorization = authorizationOf(given);
  // Only http and https have a parser that knows ports and hosts, so the scheme is changed in the text.
  const base = `${transport}//${given.host}`;
  if (kind !== 'apprise')
    return { kind, authorization, url: `${base}${kind === 'ntfy' ? path : given.pathname}${given.search}` };
  return { kind, authorization, url: `${base}${apprisePath(path)}${given.search}` };
}

/** Several addresses, with white space or commas between. Throws InputError as parseReceiver does. */
export function parseReceivers(text: string): readonly Receiver[] {
  return splitAddresses(text).map(parseReceiver);
}

/** A comma within an address stays where it is. */
export function splitAddresses(text: string): readonly string[] {
  return text.split(/\s*,\s*(?=[a-z]+:\/\/)|\s+/i).filter((part) => part !== '');
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
  const [user, secret] = [decoded(username), decoded(password)];
  if (user === '' && secret === '') return null;
  if (user === '') return `Bearer ${secret}`;
  return `Basic ${Buffer.from(`${user}:${secret}`).toString('base64')}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new InputError('must have % in user or password written as %25');
  }
}

/** Why the receiver did not take it, as its reply says; null: it did. `isPartly`: some of those behind it may have it. */
export function refusalOf(
  { kind }: Receiver,
  status: number,
): { readonly detail: string; readonly isPartly: boolean } | null {
  if (kind === 'apprise' && status === 204)
    // The Apprise API answers so where nobody was told.
    return { detail: 'HTTP 204: the Apprise API has no configuration under this key', isPartly: false };
  if (kind === 'apprise' && status === 424)
    return {
      detail: 'HTTP 424: the Apprise API could not reach all of the services behind this key, or none has this tag',
      isPartly: true,
    };
  if (status >= 200 && status < 300) return null;
  const advice =
    status === 401 || status === 403
      ? ': it wants another user, password or token'
      : status >= 300 && status < 400
        ? ': it is somewhere else, and redirects are not followed'
        : '';
  return { detail: `HTTP ${status}${advice}`, isPartly: false };
}

const NTFY_PRIORITY: Readonly<Record<Notice['type'], string>> = {
  info: 'default',
  warning: 'default',
  failure: 'high',
};
const NTFY_TAGS: Readonly<Record<Notice['type'], string>> = {
  info: 'tada',
  warning: 'warning',
  failure: 'rotating_light',
};
/** Given in the address, they go before ours: https://docs.ntfy.sh/publish/#list-of-all-parameters */
const NTFY_PARAMETERS = ['priority', 'tags', 'click'] as const;

/**
 * The request that hands a notice over: POST.
 *
 * @param publicUrl where browsers reach the console, without a slash at the end: then the notice leads there; null: it is not known
 */
export function requestFor(
  receiver: Receiver,
  notice: Notice,
  at: number,
  publicUrl: string | null = null,
): NoticeRequest {
  const { kind, url, authorization } = receiver;
  const { event, id, type, title, page, data } = notice;
  const login: Record<string, string> = authorization === null ? {} : { authorization };
  const link = publicUrl === null ? null : `${publicUrl}${page}`;
  const body = link === null ? notice.body : `${notice.body}\nIn the console: ${link}`;
  if (kind === 'ntfy') return ntfyRequest(receiver, { ...notice, body }, link, login);
  const headers = { ...login, 'content-type': 'application/json' };
  if (kind === 'apprise') {
    // https://github.com/caronc/apprise-api, "Persistent Storage Solution". Without a tag only services without one are told.
    const { searchParams } = new URL(url);
    const tag = searchParams.has('tag') || searchParams.has('tags') ? {} : { tag: 'all' };
    return { url, headers, body: JSON.stringify({ title, body, type, format: 'text', ...tag }) };
  }
  const where = link === null ? {} : { url: link };
  const sent = { source: 'hoardarr', event, id, at: new Date(at).toISOString(), type, title, body, ...where, ...data };
  return { url, headers, body: JSON.stringify(sent) };
}

/** https://docs.ntfy.sh/publish/ */
function ntfyRequest(
  receiver: Receiver,
  notice: Notice,
  link: string | null,
  login: Readonly<Record<string, string>>,
): NoticeRequest {
  const { id, type, title, body } = notice;
  const target = new URL(receiver.url);
  const given: Record<string, string> = {};
  for (const name of NTFY_PARAMETERS) {
    const value = target.searchParams.get(name);
    if (value !== null && /^[\x20-\x7e]+$/.test(value)) given[name] = value;
    target.searchParams.delete(name);
  }
  const about = {
    title,
    priority: NTFY_PRIORITY[type],
    tags: NTFY_TAGS[type],
    ...(link === null ? {} : { click: link }),
    ...given,
    // A copy takes the place of the first, where ntfy is new enough for that (2.16).
    'x-sequence-id': createHash('sha256').update(id).digest('hex').slice(0, 24),
  };
  const headers = { ...login, ...about, 'content-type': 'text/plain; charset=utf-8' };
  return { url: target.href, headers, body };
}
