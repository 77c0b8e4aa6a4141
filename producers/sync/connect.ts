import { InputError } from '../../core/errors.ts';
import { type Account, accountName } from '../../core/keys.ts';
import type { BrowserCallback, Connected, ConnectPrompt, Provider, Session } from '../../core/ports/provider.ts';
import { connectedMetadata } from '../credentials.ts';
import { readSyncMetadata, type SyncMetadata, syncMetadataKey } from '../sync-metadata.ts';
import { ways } from '../ways.ts';
import { capable } from './connected-run.ts';
import type { SyncDeps } from './sync-deps.ts';

/** How a person connects: with a token, by being asked in a browser, or with a login whose public list is enough. */
export type ConnectBy =
  | { readonly by: 'token'; readonly token: string }
  | { readonly by: 'prompt'; readonly prompt: ConnectPrompt; readonly callback?: BrowserCallback }
  | { readonly by: 'public'; readonly loginName: string };

/**
 * Connects an account, or connects it again: then syncing goes on by itself. Rejects with InputError when the provider
 * refuses, or when the account is bound to another login (law 5): nothing is changed then.
 */
export async function connectAccount<Raw, S extends Session>(
  deps: Pick<SyncDeps, 'metadata' | 'secrets' | 'clock'>,
  provider: Provider<Raw, S>,
  account: Account,
  how: ConnectBy,
  signal: AbortSignal,
): Promise<Pick<Connected, 'login' | 'loginName'>> {
  const connected = await askProvider(provider, how, signal);
  const { login, loginName } = connected;
  const key = syncMetadataKey(account);
  for (;;) {
    const document = await deps.metadata.get(key);
    const stored = readSyncMetadata(account, document?.value);
    if (stored.login !== null && stored.login !== login)
      throw new InputError(
        `${accountName(account)} is bound to ${stored.loginName ?? 'another login'}, and this is ${loginName}: connect it as another user (${ways.user})`,
      );
    const changed: SyncMetadata = {
      ...stored,
      ...connectedMetadata(deps.secrets, account, connected, deps.clock.now()),
    };
    if ((await deps.metadata.compareAndSet(key, document?.version ?? null, changed)) !== null)
      return { login, loginName };
  }
}

function askProvider<Raw, S extends Session>(
  provider: Provider<Raw, S>,
  how: ConnectBy,
  signal: AbortSignal,
): Promise<Connected> {
  const connector = capable(provider.connector);
  if (how.by === 'token') return connector.fromToken(how.token, signal);
  if (how.by === 'prompt') return capable(connector.interactive)(how.prompt, signal, how.callback);
  return capable(connector.fromPublic)(how.loginName, signal);
}
