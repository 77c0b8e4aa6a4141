import { z } from 'zod';
import { InputError, ReauthorizationError } from '../../core/errors.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Connected, Connector, ConnectPrompt } from '../../core/ports/provider.ts';
import type { ProviderHttp } from '../http/types.ts';
import { ways } from '../ways.ts';
import { GitHubApi, GitHubError } from './api.ts';
import { GitHubSession, type HttpFor, whoIs } from './session.ts';

export interface ConnectorDeps {
  readonly apiUrl: string;
  readonly authUrl: string;
  /** of an OAuth app with the device flow switched on; null: none */
  readonly clientId: string | null;
  /** one of its settings is set */
  readonly configured: boolean;
  readonly httpFor: HttpFor;
  readonly clock: Clock;
}

const GRANT = 'urn:ietf:params:oauth:grant-type:device_code';
/** GitHub asks for that much more after `slow_down`. */
const SLOWER_MS = 5000;
/** GitHub gives a quarter of an hour for the code, and asks to wait for 5 s. */
const LONGEST_SECONDS = 86_400;

const DeviceCode = z.object({
  device_code: z.string(),
  user_code: z.string(),
  verification_uri: z.string(),
  // Bounded, because a timer that is told to wait for longer than it can does not wait at all.
  expires_in: z.number().min(0).max(LONGEST_SECONDS),
  interval: z.number().min(1).max(LONGEST_SECONDS).default(5),
});
const Token = z.object({
  access_token: z.string().optional(),
  error: z.string().optional(),
  error_description: z.string().optional(),
});

export function createConnector(deps: ConnectorDeps): Connector<GitHubSession> {
  const { clientId } = deps;
  return {
    address: deps.apiUrl,
    configured: deps.configured,
    missing: null,
    fromToken: (token, signal) => fromToken(deps, token, signal),
    interactive:
      clientId === null
        ? {
            notApplicable: `no GITHUB_CLIENT_ID is set, so there is no device flow: set it, or bring a token (${ways.token})`,
          }
        : { run: (prompt, signal) => deviceFlow(deps, clientId, prompt, signal) },
    fromPublic: { run: (loginName, signal) => fromPublic(deps, loginName, signal) },
    open: (holder) => GitHubSession.open(holder, deps.apiUrl, deps.httpFor),
  };
}

async function fromToken({ apiUrl, httpFor }: ConnectorDeps, token: string, signal: AbortSignal): Promise<Connected> {
  try {
    const who = await whoIs(new GitHubApi(apiUrl, httpFor(null, true), token), '/user', signal);
    return { ...who, credentials: { kind: 'token', accessToken: token, refreshToken: null, expiresAt: null } };
  } catch (error) {
    if (error instanceof ReauthorizationError)
      throw new InputError('GitHub refuses the token: make a new one, with read access to starring');
    throw error;
  }
}

async function fromPublic({ apiUrl, httpFor }: ConnectorDeps, name: string, signal: AbortSignal): Promise<Connected> {
  if (!/^[A-Za-z0-9-]{1,39}$/.test(name)) throw new InputError(`'${name}' is no login of GitHub`);
  try {
    const who = await whoIs(new GitHubApi(apiUrl, httpFor(null, false), null), `/users/${name}`, signal);
    return { ...who, credentials: { kind: 'public', accessToken: null, refreshToken: null, expiresAt: null } };
  } catch (error) {
    if (error instanceof GitHubError && error.status === 404) throw new InputError(`GitHub knows no login '${name}'`);
    throw error;
  }
}

/** RFC 8628. InputError when the person says no, or does not answer in time. */
async function deviceFlow(
  deps: ConnectorDeps,
  clientId: string,
  prompt: ConnectPrompt,
  signal: AbortSignal,
): Promise<Connected> {
  const { clock } = deps;
  const http = deps.httpFor(null, false);
  const asked = await post(deps, http, '/login/device/code', { client_id: clientId, scope: '' }, signal);
  const code = DeviceCode.safeParse(asked);
  if (!code.success) throw new InputError('GitHub offers no device flow for this GITHUB_CLIENT_ID');
  const { device_code, user_code, verification_uri, expires_in, interval } = code.data;
  prompt({ url: verification_uri, code: user_code, expiresInMs: expires_in * 1000 });
  const until = clock.now() + expires_in * 1000;
  for (let waitMs = interval * 1000; clock.now() < until; ) {
    await clock.sleep(waitMs, signal);
    const form = { client_id: clientId, device_code, grant_type: GRANT };
    const answer = Token.safeParse(await post(deps, http, '/login/oauth/access_token', form, signal));
    if (!answer.success) throw new InputError('GitHub answered with something that is no token: connect again');
    const { access_token, error, error_description } = answer.data;
    if (access_token !== undefined) return fromToken(deps, access_token, signal);
    if (error === 'slow_down') waitMs += SLOWER_MS;
    else if (error !== 'authorization_pending')
      throw new InputError(`GitHub was not allowed to connect: ${error_description ?? error ?? 'no reason given'}`);
  }
  throw new InputError('the code was not entered in time: connect again');
}

async function post(
  { authUrl }: ConnectorDeps,
  http: ProviderHttp,
  path: string,
  form: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<unknown> {
  const headers = { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' };
  const body = new URLSearchParams(form).toString();
  const reply = await http.send({ method: 'POST', url: `${authUrl}${path}`, headers, body }, signal);
  try {
    return JSON.parse(reply.body);
  } catch {
    throw new InputError(`GitHub answered ${reply.status} to ${path}: is GITHUB_AUTH_URL right?`);
  }
}
