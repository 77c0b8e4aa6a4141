import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { withLimit } from '../../core/abort-signals.ts';
import { InputError } from '../../core/errors.ts';
import type { BrowserCallback, ConnectPrompt } from '../../core/ports/provider.ts';
import type { RedditApplication } from './access-tokens.ts';

export interface BrowserFlow {
  readonly app: RedditApplication;
  /** as the application was registered with; on loopback, unless somebody else waits there */
  readonly redirectUrl: string;
}

/** What the browser brought back. */
export interface Code {
  readonly code: string;
  readonly verifier: string;
}

/** `history` for the saved list, `read` for asking about single things, `identity` for whose they are. */
const SCOPES = 'identity history read';
const TIME_LIMIT_MS = 600_000;
const SECRET_BYTES = 32;
const HTTP_PORT = 80;
const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost']);

/**
 * Sends the person to Reddit and waits for the browser to come back, once, with the state that it left with. The code is bound
 * to this process by PKCE as well. InputError when the person says no, or does not answer in time.
 */
export async function askInBrowser(
  flow: BrowserFlow,
  prompt: ConnectPrompt,
  signal: AbortSignal,
  callback?: BrowserCallback,
): Promise<Code> {
  const state = randomBytes(SECRET_BYTES).toString('base64url');
  const verifier = randomBytes(SECRET_BYTES).toString('base64url');
  const limit = withLimit(signal, AbortSignal.timeout(TIME_LIMIT_MS));
  const ask = (): void => prompt({ url: authorizeUrl(flow, state, verifier), code: null, expiresInMs: TIME_LIMIT_MS });
  const brought =
    callback === undefined
      ? await onLoopback(new URL(flow.redirectUrl), state, ask, limit)
      : await elsewhere(callback, state, ask, limit);
  return { code: codeIn(brought), verifier };
}

async function elsewhere(
  callback: BrowserCallback,
  state: string,
  ask: () => void,
  limit: AbortSignal,
): Promise<URLSearchParams> {
  const answered = callback.wait(state, limit);
  // Whoever fails first, the other must not be left without a listener.
  answered.catch(() => undefined);
  ask();
  return await Promise.race([answered, aborted(limit)]);
}

async function onLoopback(redirect: URL, state: string, ask: () => void, limit: AbortSignal): Promise<URLSearchParams> {
  if (!LOOPBACK.has(redirect.hostname))
    throw new InputError(
      `Reddit sends the browser back to ${redirect.origin}, as REDDIT_REDIRECT_URL says, where the console of Hoardarr waits for it: connect there`,
    );
  const server = createServer();
  const answered = waitForCallback(server, redirect, state);
  answered.catch(() => undefined);
  try {
    await listen(server, redirect);
    ask();
    return await Promise.race([answered, aborted(limit)]);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

function codeIn(brought: URLSearchParams): string {
  const code = brought.get('code');
  if (code !== null) return code;
  throw new InputError(`Reddit was not allowed to connect: ${(brought.get('error') ?? 'no reason').slice(0, 100)}`);
}

function authorizeUrl({ app, redirectUrl }: BrowserFlow, state: string, verifier: string): string {
  const url = new URL(`${app.authUrl}/api/v1/authorize`);
  url.search = new URLSearchParams({
    client_id: app.clientId,
    response_type: 'code',
    state,
    redirect_uri: redirectUrl,
    duration: 'permanent',
    scope: SCOPES,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  }).toString();
  return url.href;
}

function waitForCallback(server: Server, redirect: URL, state: string): Promise<URLSearchParams> {
  return new Promise((resolve) => {
    server.on('request', (request, response) => {
      const url = addressOf(request.url ?? '/', redirect);
      // Another page may ask this port for anything: only who brings the state is answered with more than 404.
      if (
        url === null ||
        request.method !== 'GET' ||
        url.pathname !== redirect.pathname ||
        !same(url.searchParams.get('state'), state)
      ) {
        response.writeHead(404).end();
        return;
      }
      const said =
        url.searchParams.get('code') === null
          ? 'Hoardarr was not connected.'
          : 'Hoardarr is connected. You can close this page.';
      response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' }).end(said);
      resolve(url.searchParams);
    });
  });
}

/** Null where what was asked for is no address. */
function addressOf(target: string, redirect: URL): URL | null {
  try {
    return new URL(target, redirect);
  } catch {
    return null;
  }
}

function same(given: string | null, state: string): boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(given ?? ''), hash(state));
}

async function listen(server: Server, redirect: URL): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) =>
      reject(new InputError(`the answer of the browser cannot be waited for at ${redirect.host}: ${error.message}`)),
    );
    // An address says nothing of a port that is its scheme's own.
    server.listen(Number(redirect.port || HTTP_PORT), redirect.hostname, resolve);
  });
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => {
      const late = signal.reason instanceof DOMException && signal.reason.name === 'TimeoutError';
      reject(late ? new InputError('nobody answered in the browser in time: connect again') : signal.reason);
    });
  });
}
