import type { Account } from '../../core/keys.ts';
import type { CommandHandler, Connected, Connector, Provider, Session } from '../../core/ports/provider.ts';
import { createCommandHandler } from './command-handler.ts';
import { type ConnectBy, connectAccount } from './connect.ts';
import { type Preview, previewSync } from './preview.ts';
import type { SyncDeps } from './sync-deps.ts';

/** A provider that can be asked, with everything that may be done with it; its own shapes stay inside. */
export interface LiveProvider {
  readonly name: string;
  readonly handler: CommandHandler;
  /** what is known of the provider before anybody is connected; null where nobody can be */
  readonly about: Pick<Connector<Session>, 'address' | 'configured' | 'missing'> | null;
  connect(account: Account, how: ConnectBy, signal: AbortSignal): Promise<Pick<Connected, 'login' | 'loginName'>>;
  preview(account: Account, full: boolean, signal: AbortSignal): Promise<Preview>;
}

export function createLiveProvider<Raw, S extends Session>(deps: SyncDeps, provider: Provider<Raw, S>): LiveProvider {
  return {
    name: provider.name,
    about: 'run' in provider.connector ? provider.connector.run : null,
    handler: createCommandHandler(deps, provider),
    connect: (account, how, signal) => connectAccount(deps, provider, account, how, signal),
    preview: (account, full, signal) => previewSync(deps, provider, account, full, signal),
  };
}
