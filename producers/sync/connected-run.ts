import { InputError, ReauthorizationError } from '../../core/errors.ts';
import { type Account, accountName } from '../../core/keys.ts';
import type { Capability, Connector, Provider, Session } from '../../core/ports/provider.ts';
import { metAnotherRun } from '../account-lease.ts';
import { AccountCredentials, type CredentialDeps, connectedAgain } from '../credentials.ts';
import { type Run, type RunResult, UntoldRunError, withRun } from '../run.ts';
import { readSyncMetadata, syncMetadataKey } from '../sync-metadata.ts';
import type { SyncDeps } from './sync-deps.ts';

interface Commanded {
  readonly eventId: string;
  readonly user: string;
  readonly causedBy: string | null;
}

/** What a run does once it has the account and a session. */
type Work<S extends Session> = (run: Run, session: S) => Promise<Omit<RunResult<void>, 'value'>>;

/**
 * Executes a command in a run of its own, with a session of the account. Resolves also when the run ended as aborted: the log
 * says so and why, for whoever waits, and trying again is for the next cadence, not for now. Rejects when no run came about,
 * another one took over, or the log could not be told: then the command is to be executed again.
 */
export async function executeConnected<Raw, S extends Session>(
  deps: SyncDeps,
  provider: Provider<Raw, S>,
  command: Commanded,
  mode: 'full' | 'delta' | 'recheck' | 'backfill',
  signal: AbortSignal,
  work: Work<S>,
): Promise<void> {
  const account: Account = { provider: provider.name, user: command.user };
  const stored = readSyncMetadata(account, (await deps.metadata.get(syncMetadataKey(account)))?.value);
  const { login, credentialKind } = stored;
  const { eventId: commandId, causedBy } = command;
  let ran = false;
  let asked: S | null = null;
  const countsAtAbort = (): Readonly<Record<string, number>> => ({ ...asked?.usage() });
  try {
    await withRun(deps, { account, mode, login, causedBy, commandId, signal, countsAtAbort }, async (run) => {
      ran = true;
      // Nobody can be asked, so nothing failed: stubs stay stubs, and candidates wait for the next snapshot.
      if (credentialKind === null && (mode === 'recheck' || mode === 'backfill'))
        return { value: undefined, counts: {} };
      const { session, holder } = await openSession(deps, provider, account, run.signal);
      asked = session;
      // Its SyncStarted says what it is connected with, and so what a list of it can lack.
      if (holder.kind !== run.metadata.credentialKind) throw connectedAgain(account);
      const { counts, ...rest } = await work(run, session).catch(async (error: unknown) => {
        // What was refused is not what the account is connected with by now.
        if (error instanceof ReauthorizationError && !(await holder.isCurrent())) throw connectedAgain(account);
        throw error;
      });
      return { value: undefined, counts: { ...counts, ...session.usage() }, ...rest };
    });
    countEnd(deps, provider.name, mode, 'done');
  } catch (error) {
    if (ran) countEnd(deps, provider.name, mode, error instanceof ReauthorizationError ? 'needs_reauth' : 'aborted');
    // What was thrown was logged, and written as the reason of the abort.
    if (!ran || signal.aborted || isToBeRepeated(error)) throw error;
  }
}

function isToBeRepeated(error: unknown): boolean {
  return metAnotherRun(error) || error instanceof UntoldRunError;
}

function countEnd({ telemetry }: SyncDeps, provider: string, mode: string, outcome: string): void {
  if (mode === 'full' || mode === 'delta') telemetry.metrics.count('hoardarr_syncs', 1, { provider, mode, outcome });
}

/** Rejects with ReauthorizationError where the account is not connected, or its credentials are no longer taken. */
export async function openSession<Raw, S extends Session>(
  deps: CredentialDeps,
  provider: Provider<Raw, S>,
  account: Account,
  signal: AbortSignal,
): Promise<{ readonly session: S; readonly holder: AccountCredentials }> {
  const connector = capable<Connector<S>>(provider.connector);
  const holder = await AccountCredentials.open(deps, account);
  return { session: await connector.open(holder, signal), holder };
}

/** Throws InputError with the reason where the provider cannot do it. */
export function capable<F>(capability: Capability<F>): F {
  if ('notApplicable' in capability) throw new InputError(capability.notApplicable);
  return capability.run;
}

/** Law 5: a listing or an answer that is suddenly someone else's changes nothing. */
export async function mustStillBe(session: Session, account: Account, signal: AbortSignal): Promise<void> {
  const found = await session.identify(signal);
  if (found !== session.login)
    throw new InputError(
      `${accountName(account)} is bound to another login than the one that answers now: nothing was taken from it`,
    );
}
