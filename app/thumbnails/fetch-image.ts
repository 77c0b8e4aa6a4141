import { lookup } from 'node:dns/promises';
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { callbackify } from 'node:util';
import { withLimit } from '../../core/abort-signals.ts';
import { messageOf } from '../../core/errors.ts';
import { type ImageType, imageTypeOf } from './image-type.ts';
import { isPublicAddress } from './public-address.ts';

export interface Image {
  readonly type: ImageType;
  readonly bytes: Buffer;
}

/** Rejects with ImageUnavailableError, or with the signal's reason. */
export type ImageFetcher = (url: string, signal: AbortSignal) => Promise<Image>;

/** There is no image there, or none that may be fetched. */
export class ImageUnavailableError extends Error {
  override readonly name = 'ImageUnavailableError';
}

export interface ImageFetchOptions {
  /** addresses of a host */
  readonly resolve?: (host: string) => Promise<readonly { readonly address: string; readonly family: number }[]>;
  /** whether a host with this address may be asked */
  readonly isAllowed?: (address: string) => boolean;
  /** only for tests: also without TLS, and at any port */
  readonly allowHttp?: boolean;
  /** for all of it, redirects too */
  readonly timeoutMs?: number;
  readonly limitBytes?: number;
}

const MAX_REDIRECTS = 3;
const DEFAULTS = {
  resolve: (host: string) => lookup(host, { all: true }),
  isAllowed: isPublicAddress,
  allowHttp: false,
  timeoutMs: 10_000,
  limitBytes: 5_000_000,
};

/**
 * Fetches images whose addresses somebody else chose. A request must not reach this machine or the networks around it (SSRF):
 * the address that is connected to is the one that was judged, at every redirect anew, so that a name cannot lead elsewhere
 * between the two.
 */
export function createImageFetcher(options: ImageFetchOptions = {}): ImageFetcher {
  const settings = { ...DEFAULTS, ...options };
  return async (url, signal) => {
    const limited = withLimit(signal, AbortSignal.timeout(settings.timeoutMs));
    try {
      return await follow(url, settings, limited, MAX_REDIRECTS);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof ImageUnavailableError) throw error;
      throw new ImageUnavailableError(`the image cannot be fetched: ${messageOf(error)}`, { cause: error });
    }
  };
}

type Settings = Required<ImageFetchOptions>;

async function follow(url: string, settings: Settings, signal: AbortSignal, redirects: number): Promise<Image> {
  const target = checkUrl(url, settings);
  const response = await get(target, settings, signal);
  const { statusCode = 0, headers } = response;
  if (statusCode >= 300 && statusCode < 400 && headers.location !== undefined) {
    response.destroy();
    if (redirects === 0) throw new ImageUnavailableError('the address of the image leads on and on');
    if (!URL.canParse(headers.location, url)) throw new ImageUnavailableError('the address leads to none');
    return follow(new URL(headers.location, url).href, settings, signal, redirects - 1);
  }
  if (statusCode !== 200) {
    response.destroy();
    throw new ImageUnavailableError(`its server answered HTTP ${statusCode}`);
  }
  const bytes = await bytesOf(response, settings.limitBytes);
  const type = imageTypeOf(bytes);
  if (type === null) throw new ImageUnavailableError('what its server gives is no image');
  return { type, bytes };
}

function checkUrl(url: string, { allowHttp, isAllowed }: Settings): URL {
  const target = URL.canParse(url) ? new URL(url) : null;
  if (target === null) throw new ImageUnavailableError('the address of the image is none');
  const isPlain = allowHttp && target.protocol === 'http:';
  if (!isPlain && (target.protocol !== 'https:' || target.port !== ''))
    throw new ImageUnavailableError('images are fetched over https alone');
  if (target.username !== '' || target.password !== '')
    throw new ImageUnavailableError('the address of the image holds a password');
  // A name is judged when it is looked up, which an address never is.
  const host = target.hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0 && !isAllowed(host)) throw notPublic();
  return target;
}

function get(target: URL, settings: Settings, signal: AbortSignal): Promise<IncomingMessage> {
  const request = target.protocol === 'http:' ? requestHttp : requestHttps;
  const headers = { accept: 'image/*', 'accept-encoding': 'identity', 'user-agent': 'hoardarr' };
  return new Promise((resolve, reject) => {
    // A connection of its own: one that is kept open was judged for another name.
    const sent = request(target, { agent: false, headers, signal, lookup: judgedLookup(settings) }, resolve);
    sent.on('error', reject);
    sent.end();
  });
}

function judgedLookup({ resolve, isAllowed }: Settings): LookupFunction {
  const judged = callbackify(async (host: string) => {
    const found = await resolve(host);
    const [first] = found;
    // One private address among public ones is no accident.
    if (first === undefined || !found.every(({ address }) => isAllowed(address))) throw notPublic();
    return { first, all: [...found] };
  });
  return (host, options, done) =>
    judged(host, (error, found) => {
      if (error !== null) done(error, '', 0);
      else if (options.all === true) done(null, found.all);
      else done(null, found.first.address, found.first.family);
    });
}

function notPublic(): ImageUnavailableError {
  return new ImageUnavailableError('its host is not on the public internet, so it is not asked');
}

async function bytesOf(response: IncomingMessage, limitBytes: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > limitBytes) throw new ImageUnavailableError(`it is larger than ${limitBytes} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}
