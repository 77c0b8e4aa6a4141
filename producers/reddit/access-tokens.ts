import { z } from 'zod';
import { InputError, ReauthorizationError } from '../../core/errors.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { CredentialHolder, Credentials } from '../../core/ports/provider.ts';
import type { ProviderHttp, ProviderReply } from '../http/types.ts';
import { RedditError } from './reddit-error.ts';

/** The application that Reddit approved. */
export interface RedditApplication {
  readonly authUrl: string;
  readonly clientId: string;
  /** null: an installed app, which has none */
  readonly clientSecret: string | null;
}

/** A token is renewed so long before it ends. */
const MARGIN_MS = 60_000;
/** Reddit's tokens last a day; what ends later than in ten years is no date that can be kept. */
const LONGEST_SECONDS = 315_360_000;
const Answer = z.object({
  access_token: z.string().optional(),
  refresh_token: z.string().nullish(),
  expires_in: z.number().min(0).max(LONGEST_SECONDS).optional(),
  error: z.union([z.string(), z.number()]).optional(),
});

/** The access token of an account, renewed when its time is over; what is new is stored before it is used. */
export class AccessTokens {
  readonly #app: RedditApplication;
  readonly #http: ProviderHttp;
  readonly #clock: Clock;
  readonly #holder: Pick<CredentialHolder, 'renew'>;
  #credentials: Credentials;
  #renewing: Promise<string> | null = null;

  constructor(
    app: RedditApplication,
    http: ProviderHttp,
    clock: Clock,
    credentials: Credentials,
    holder: Pick<CredentialHolder, 'renew'>,
  ) {
    this.#app = app;
    this.#http = http;
    this.#clock = clock;
    this.#credentials = credentials;
    this.#holder = holder;
  }

  async current(signal: AbortSignal): Promise<string> {
    return this.#usable() ?? this.renewed(signal);
  }

  /** Callers at the same time get the same one. ReauthorizationError when Reddit refuses the refresh token. */
  renewed(signal: AbortSignal): Promise<string> {
    this.#renewing ??= this.#renew(signal).finally(() => {
      this.#renewing = null;
    });
    return this.#renewing;
  }

  /** Null: there is none, or its time is over. One whose end is not known is used until it is refused. */
  #usable(): string | null {
    const { accessToken, expiresAt } = this.#credentials;
    return expiresAt === null || expiresAt - MARGIN_MS > this.#clock.now() ? accessToken : null;
  }

  async #renew(signal: AbortSignal): Promise<string> {
    let isOurs = false;
    const ask = ({ refreshToken }: Credentials): Promise<Credentials> => {
      isOurs = true;
      return this.#ask(refreshToken, signal);
    };
    this.#credentials = await this.#holder.renew(ask, signal);
    // What another process had renewed may have ended since.
    if (!isOurs && this.#usable() === null) this.#credentials = await this.#holder.renew(ask, signal);
    const { accessToken } = this.#credentials;
    if (accessToken === null) throw new ReauthorizationError('there is no access token: connect again');
    return accessToken;
  }

  async #ask(refreshToken: string | null, signal: AbortSignal): Promise<Credentials> {
    if (refreshToken === null) throw new ReauthorizationError('there is no refresh token: connect again');
    const form = { grant_type: 'refresh_token', refresh_token: refreshToken };
    const granted = await requestToken(this.#app, this.#http, form, this.#clock.now(), signal);
    // Reddit may answer with a new refresh token, and then the old one may count no longer.
    return { ...granted, refreshToken: granted.refreshToken ?? refreshToken };
  }
}

/**
 * Asks the token endpoint. ReauthorizationError when the code or the refresh token is refused: as 400, or as 200 with an error
 * in it. InputError when the application itself is refused.
 */
export async function requestToken(
  { authUrl, clientId, clientSecret }: RedditApplication,
  http: ProviderHttp,
  form: Readonly<Record<string, string>>,
  now: number,
  signal: AbortSignal,
): Promise<Credentials> {
  const basic = Buffer.from(`${clientId}:${clientSecret ?? ''}`).toString('base64');
  const headers = { authorization: `Basic ${basic}`, 'content-type': 'application/x-www-form-urlencoded' };
  const body = new URLSearchParams(form).toString();
  const url = `${authUrl}/api/v1/access_token`;
  const reply = await http.send({ method: 'POST', url, headers, body, resource: 'token' }, signal);
  if (reply.status === 400) throw new ReauthorizationError('Reddit refuses what the account was connected with');
  if (reply.status === 401 || reply.status === 403)
    throw new InputError('Reddit refuses the application: are REDDIT_CLIENT_ID and REDDIT_CLIENT_SECRET right?');
  const answer = answerOf(reply);
  if (answer.error !== undefined)
    throw new ReauthorizationError(
      `Reddit refuses what the account was connected with: ${String(answer.error).slice(0, 100)}`,
    );
  if (answer.access_token === undefined) throw new RedditError('Reddit answered without a token');
  return {
    kind: 'oauth',
    accessToken: answer.access_token,
    refreshToken: answer.refresh_token ?? null,
    expiresAt: answer.expires_in === undefined ? null : now + answer.expires_in * 1000,
  };
}

function answerOf({ status, body }: ProviderReply): z.infer<typeof Answer> {
  if (status !== 200) throw new RedditError(`Reddit answered ${status} when it was asked for a token`);
  try {
    return Answer.parse(JSON.parse(body));
  } catch {
    throw new RedditError('Reddit answered with something that is no token');
  }
}
