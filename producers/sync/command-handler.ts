import type { CommandHandler, Provider, Session } from '../../core/ports/provider.ts';
import { runBackfill } from './backfill-run.ts';
import { runRecheck } from './recheck-run.ts';
import type { SyncDeps } from './sync-deps.ts';
import { runSync } from './sync-run.ts';

/** What the command loop calls for a provider that can be asked. */
export function createCommandHandler<Raw, S extends Session>(
  deps: SyncDeps,
  provider: Provider<Raw, S>,
): CommandHandler {
  return {
    backfill: (command, signal) => runBackfill(deps, provider, command, signal),
    recheck: (command, signal) => runRecheck(deps, provider, command, signal),
    sync: (command, signal) => runSync(deps, provider, command, signal),
  };
}
