import { createHash, randomUUID } from 'node:crypto';
import { anyOf } from '../../core/abort-signals.ts';
import { messageOf, NotFoundError } from '../../core/errors.ts';
import type { BrowserCallback } from '../../core/ports/provider.ts';
import type { App } from '../app.ts';
import type { Config } from '../config.ts';
import { type ConnectReport, connect } from './connect.ts';
import { isoOf } from './format.ts';

/** Where Reddit sends a browser back to, below the base path of the API. */
export const REDDIT_CALLBACK = '/v1/connections/reddit/callback';

/** How far connecting an account is. What is not known, or does not apply, is absent. */
export interface Connection {
  readonly id: string;
  readonly state: 'waiting' | 'connected' | 'failed';
  readonly provider: string;
  readonly user: string;
  /** the provider's immutable account id */
  readonly login?: string;
  readonly loginName?: string;
  /** what the person types at `verificationUri` */
  readonly userCode?: string;
  readonly verificationUri?: string;
  /** where the person is asked */
  readonly authorizeUrl?: string;
  readonly expiresAt?: string;
  /** why it failed */
  readonly detail?: string;
}

export interface ConnectionRequest {
  readonly provider: string;
  readonly user: string;
  /** null: the person is asked */
  readonly token: string | null;
  /** a login whose public list is enough; null: none */
  readonly publicLogin: string | null;
  /** how browsers reach this API: scheme, host and port */
  readonly origin: string;
}

/** A way to connect an account. */
export interface WayToConnect {
  readonly provider: string;
  /** a token that is typed, a code for the provider's page, the provider in the browser, the name of a public list */
  readonly way: 'token' | 'code' | 'browser' | 'public';
  /** what has to be configured before it can work; empty: it can */
  readonly missing: readonly string[];
}

/** Known beforehand, so that nobody sets out on a way that leads nowhere. */
export function waysToConnect({ github, reddit }: Pick<Config, 'github' | 'reddit'>): readonly WayToConnect[] {
  const application = reddit.clientId === null ? ['REDDIT_CLIENT_ID'] : [];
  return [
    { provider: 'github', way: 'token', missing: [] },
    { provider: 'github', way: 'public', missing: [] },
    { provider: 'github', way: 'code', missing: github.clientId === null ? ['GITHUB_CLIENT_ID'] : [] },
    { provider: 'reddit', way: 'browser', missing: application },
    { provider: 'reddit', way: 'token', missing: application },
  ];
}

interface Entry {
  view: Connection;
  readonly cancel: AbortController;
  ended: Promise<void>;
}

interface Waiter {
  readonly entry: Entry;
  readonly resolve: (brought: URLSearchParams) => void;
}

/** The oldest that are over are forgotten first. */
const MOST_KEPT = 100;

/**
 * Connects accounts for people who are not at a terminal. What a flow keeps secret (its state, its verifier, a device code)
 * stays in the memory of this process, so that a flow which it does not outlive has to be begun again.
 */
export class Connections {
  readonly #app: App;
  readonly #closing: AbortSignal;
  readonly #known = new Map<string, Entry>();
  /** by the hash of the state that the browser has to bring */
  readonly #waiting = new Map<string, Waiter>();

  constructor(app: App, closing: AbortSignal) {
    this.#app = app;
    this.#closing = closing;
  }

  /**
   * With a token, resolves when the account is connected; else when the person can be asked, and the rest goes on by itself.
   * InputError where the provider refuses, where it is another login than before, or where this installation lacks what it takes.
   */
  async begin(request: ConnectionRequest): Promise<Connection> {
    const { provider, user, token, publicLogin } = request;
    const cancel = new AbortController();
    const id = randomUUID();
    const entry: Entry = { view: { id, state: 'waiting', provider, user }, cancel, ended: Promise.resolve() };
    const signal = anyOf([this.#closing, cancel.signal]);
    let work: Promise<ConnectReport>;
    let asked: Promise<void> = new Promise(() => undefined);
    if (token !== null) work = connect(this.#app, { provider, user, how: { by: 'token', token }, signal });
    else if (publicLogin !== null)
      work = connect(this.#app, { provider, user, how: { by: 'public', loginName: publicLogin }, signal });
    else ({ work, asked } = this.#ask(entry, request, signal));
    entry.ended = work.then(
      (report) => this.#connected(entry, report),
      (error: unknown) => this.#failed(entry, error),
    );
    await Promise.race([asked, work]);
    this.#keep(entry);
    // A token is connected by now, and says so at once.
    if (token !== null || publicLogin !== null) await entry.ended;
    return entry.view;
  }

  /** NotFoundError where there is none, or it was too long ago. */
  get(id: string): Connection {
    const entry = this.#known.get(id);
    if (entry === undefined)
      throw new NotFoundError('there is no such connection here: it was begun in another process, or long ago');
    return entry.view;
  }

  /**
   * Takes what a browser brought back from the provider, once, and resolves when that has connected the account or failed to.
   * NotFoundError where nobody waits for this state.
   */
  async answer(brought: URLSearchParams): Promise<Connection> {
    const hash = hashOf(brought.get('state') ?? '');
    const waiter = this.#waiting.get(hash);
    if (waiter === undefined)
      throw new NotFoundError(
        'nobody waits for this answer of Reddit: it was used already, came too late, or was asked for elsewhere. Connect again',
      );
    this.#waiting.delete(hash);
    waiter.resolve(brought);
    await waiter.entry.ended;
    return waiter.entry.view;
  }

  /** Resolves when no flow is under way any more; they end when the signal given at first is aborted. */
  async stop(): Promise<void> {
    await Promise.all([...this.#known.values()].map(({ ended }) => ended));
  }

  #ask(
    entry: Entry,
    { provider, user, origin }: ConnectionRequest,
    signal: AbortSignal,
  ): { readonly work: Promise<ConnectReport>; readonly asked: Promise<void> } {
    for (const other of this.#known.values()) {
      const isSame = other.view.provider === provider && other.view.user === user;
      if (isSame && other.view.state === 'waiting') other.cancel.abort(new Error('it was begun anew'));
    }
    let tell = (): void => undefined;
    const asked = new Promise<void>((resolve) => {
      tell = resolve;
    });
    const callback = this.#callback(entry, origin);
    const work = connect(this.#app, {
      provider,
      user,
      signal,
      how: {
        by: 'prompt',
        prompt: ({ url, code, expiresInMs }) => {
          const where = code === null ? { authorizeUrl: url } : { verificationUri: url, userCode: code };
          const expiresAt = isoOf(this.#app.clock.now() + expiresInMs) ?? '';
          entry.view = { ...entry.view, ...where, expiresAt };
          tell();
        },
        ...(callback === null ? {} : { callback }),
      },
    });
    return { work, asked };
  }

  /** Null where the application is registered with a port that is opened for the browser, as on the command line. */
  #callback(entry: Entry, origin: string): BrowserCallback | null {
    const { basePath, reddit } = this.#app.config;
    const set = reddit.redirectUrl;
    if (set !== null && !new URL(set).pathname.endsWith(REDDIT_CALLBACK)) return null;
    return {
      redirectUrl: set ?? `${origin}${basePath}${REDDIT_CALLBACK}`,
      wait: async (state, signal) => {
        // Whoever closes, or begins anew, may have come before.
        signal.throwIfAborted();
        return new Promise((resolve, reject) => {
          const hash = hashOf(state);
          this.#waiting.set(hash, { entry, resolve });
          signal.addEventListener('abort', () => {
            this.#waiting.delete(hash);
            reject(signal.reason);
          });
        });
      },
    };
  }

  #connected(entry: Entry, { login, loginName }: ConnectReport): void {
    const { id, provider, user } = entry.view;
    entry.view = { id, provider, user, state: 'connected', login, loginName };
  }

  #failed(entry: Entry, error: unknown): void {
    const { id, provider, user } = entry.view;
    const detail = this.#app.telemetry.redactor.text(messageOf(error));
    this.#app.telemetry.log.warn('an account could not be connected', { provider, user, error: detail });
    entry.view = { id, provider, user, state: 'failed', detail };
  }

  #keep(entry: Entry): void {
    this.#known.set(entry.view.id, entry);
    for (const [id, { view }] of this.#known) {
      if (this.#known.size <= MOST_KEPT) break;
      if (view.state !== 'waiting') this.#known.delete(id);
    }
  }
}

/** Whoever sees the memory of who waits sees no state that a browser could bring. */
function hashOf(state: string): string {
  return createHash('sha256').update(state).digest('base64url');
}
