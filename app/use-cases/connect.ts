import type { ConnectBy } from '../../producers/sync/connect.ts';
import type { App } from '../app.ts';
import { checkUser } from './scopes.ts';
import { liveProvider } from './sync.ts';

export interface ConnectRequest {
  readonly provider: string;
  readonly user: string;
  readonly how: ConnectBy;
  readonly signal: AbortSignal;
}

export interface ConnectReport {
  readonly provider: string;
  readonly user: string;
  /** the provider's immutable account id */
  readonly login: string;
  readonly loginName: string;
}

/** Connects an account, or connects it again. InputError when the provider refuses, or when it is another login. */
export async function connect(app: App, { provider, user, how, signal }: ConnectRequest): Promise<ConnectReport> {
  const account = { provider, user: checkUser(user) };
  const connected = await liveProvider(app, provider).connect(account, how, signal);
  return { ...account, ...connected };
}
