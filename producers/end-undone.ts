import type { SyncStarted } from '../schemas/generated/records.ts';
import { withRun } from './run.ts';
import type { RunDeps } from './run-deps.ts';

export interface UndoneCommand {
  readonly eventId: string;
  readonly provider: string;
  readonly user: string;
  readonly causedBy: string | null;
}

/**
 * Ends a command that is not executed, in a run that does nothing and says why: whoever waits for the command learns of it from
 * the log, as of any other run. Rejects when that could not be written: it is to be tried again.
 */
export async function endUndone(
  deps: RunDeps,
  command: UndoneCommand,
  mode: SyncStarted['mode'],
  reason: string,
  signal: AbortSignal,
): Promise<void> {
  const { provider, user, eventId: commandId, causedBy } = command;
  await withRun(deps, { account: { provider, user }, mode, causedBy, commandId, signal }, async () => ({
    value: undefined,
    counts: {},
    undone: reason,
  }));
}
