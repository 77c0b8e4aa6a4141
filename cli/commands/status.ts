import type { Command } from 'commander';
import { type AccountStatus, readStatus, type Status } from '../../app/use-cases/status.ts';
import { type CliContext, globalsOf, withGlobals } from '../context.ts';
import { oneLine, plural, table } from '../output.ts';

export function registerStatus(program: Command, context: CliContext): void {
  withGlobals(program.command('status'))
    .description('accounts, what is behind, and health')
    .action(async (_options: unknown, command: Command) => {
      await context.withApp(command, async (app) => {
        const status = await readStatus(app, context.userOrAll(globalsOf(command)));
        return { json: status, text: textOf(status) };
      });
    });
}

function textOf(status: Status): string {
  const head = ['account', 'active', 'trash', 'held', 'pinned', 'stubs', 'same set', 'last sync', 'next sync'];
  const rows = status.accounts.map((account) => [
    [account.provider, account.user, account.collection].filter((part) => part !== null).join('/'),
    ...[account.active, account.trash, account.held, account.pinned, account.stub].map(String),
    account.converged === null ? 'unknown' : account.converged ? 'yes' : 'no',
    account.lastSyncAt ?? 'never',
    nextOf(account),
  ]);
  const { name, model, coverage } = status.embedder;
  const lag = Object.entries(status.lag).map(([stage, behind]) => `${stage} ${behind}`);
  return [
    rows.length === 0
      ? 'There are no accounts yet: `hoardarr connect github` or `hoardarr import tiktok FILE` makes one.'
      : table([head, ...rows]),
    ...troubles(status.accounts),
    `Embedder: ${name}${model === null ? '' : ` (${model})`}${coverage === null ? '' : `, ${Math.round(coverage * 1000) / 10} % of the texts have a vector`}`,
    `Behind: ${lag.length === 0 ? 'nothing' : lag.join(', ')}`,
    `Dead letters: ${status.deadLetters}`,
    ...status.rateLimits.map(limitLine),
    `Running elsewhere: ${status.roles.length === 0 ? 'nothing' : status.roles.join(', ')}`,
  ].join('\n');
}

/** What the scheduler of a running `start` does next with the account. */
function nextOf({ connected, loginName, needsReauth, paused, nextSyncAt }: AccountStatus): string {
  if (needsReauth) return 'when it is connected again';
  // Accounts that live of exports never were.
  if (!connected) return loginName === null ? '' : 'not connected';
  return paused ? 'paused' : (nextSyncAt ?? '');
}

/** Once for each account, however many lists it has. */
function troubles(accounts: readonly AccountStatus[]): readonly string[] {
  const lines = accounts.flatMap(({ provider, user, needsReauth, lastError, lastErrorAt }) => {
    const name = `${provider}/${user}`;
    const why = lastError === null ? '' : ` (${oneLine(lastError, 200)})`;
    if (needsReauth)
      return [`${name} has to be connected again${why}: \`hoardarr connect ${provider} --user ${user}\``];
    return lastError === null ? [] : [`${name}: the latest run was aborted at ${lastErrorAt ?? ''}${why}`];
  });
  return [...new Set(lines)];
}

function limitLine({ provider, resource, remaining, waitsUntil }: Status['rateLimits'][number]): string {
  const left = remaining === null ? 'nothing asked yet' : plural(remaining, 'request') + ' left';
  return `Rate limit of ${provider} (${resource}): ${waitsUntil === null ? left : `nobody may ask before ${waitsUntil}`}`;
}
