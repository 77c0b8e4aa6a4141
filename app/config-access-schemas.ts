import { isIP } from 'node:net';
import { z } from 'zod';

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

const commaSeparated = z
  .string()
  .transform((value) =>
    value
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  )
  .refine((parts) => parts.length > 0, 'must name at least one');

/** How each name of this part is read; the names stand in `config-variables.ts`. */
export const ACCESS_SCHEMAS = {
  publicUrls: commaSeparated
    .refine((urls) => urls.every((url) => isPublicUrl(url)), {
      error: 'must be as https://hoard.example.org, several with commas between, without user, query and fragment',
    })
    .transform((urls) => urls.map((url) => new URL(url).href.replace(/\/+$/, ''))),
  proxies: commaSeparated.refine((proxies) => proxies.every((proxy) => isNetwork(proxy)), {
    error: 'must be addresses or networks, as in 127.0.0.1,10.0.0.0/8',
  }),
  proxyHeader: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9-]*$/, 'must be the name of a header, as in Remote-User')
    .transform((name) => name.toLowerCase())
    .refine((name) => !NOT_A_NAME.has(name), 'must be a header that nothing else uses, as in Remote-User'),
  issuer: z
    .string()
    .refine((value) => isIssuer(value), { error: 'must be an https:// URL (http:// on loopback alone)' }),
  allowed: commaSeparated,
} as const;

/** Headers that browsers send by themselves, so that they name nobody. */
const NOT_A_NAME: ReadonlySet<string> = new Set([
  'accept',
  'authorization',
  'connection',
  'content-length',
  'content-type',
  'cookie',
  'host',
  'origin',
  'referer',
  'user-agent',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-requested-with',
]);

function isPublicUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, search, hash } = new URL(text);
  return /^https?:$/.test(protocol) && `${username}${password}${search}${hash}` === '';
}

/** An address, or one with the length of its prefix. */
function isNetwork(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128));
}

function isIssuer(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.test(hostname));
}
