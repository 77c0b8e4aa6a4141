import type { Command } from 'commander';
import { readStatus, type Status } from '../../app/use-cases/status.ts';
import { type CliContext, globalsOf, withGlobals } from '../context.ts';
import { table } from '../output.ts';

export function registerStatus(program: Command, context: CliContext): void {
  withGlobals(program.command('status'))
    .description('accounts, what is behind, and health')
    .action(async (_options: unknown, command: Command) => {
      await context.withApp(command, async (app) => {
        const status = await readStatus(app, globalsOf(command).user ?? null);
        return { json: status, text: textOf(status) };
      });
    });
}

function textOf(status: Status): string {
  const head = ['account', 'active', 'trash', 'held', 'pinned', 'stubs', 'same set', 'last sync'];
  const rows = status.accounts.map((account) => [
    [account.provider, account.user, account.collection].filter((part) => part !== null).join('/'),
    ...[account.active, account.trash, account.held, account.pinned, account.stub].map(String),
    account.converged === null ? 'unknown' : account.converged ? 'yes' : 'no',
    account.lastSyncAt ?? 'never',
  ]);
  const { name, model, coverage } = status.embedder;
  const lag = Object.entries(status.lag).map(([stage, behind]) => `${stage} ${behind}`);
  return [
    rows.length === 0 ? 'There are no accounts yet: `hoardarr import tiktok FILE` makes one.' : table([head, ...rows]),
    `Embedder: ${name}${model === null ? '' : ` (${model})`}${coverage === null ? '' : `, ${Math.round(coverage * 1000) / 10} % of the texts have a vector`}`,
    `Behind: ${lag.length === 0 ? 'nothing' : lag.join(', ')}`,
    `Dead letters: ${status.deadLetters}`,
    `Running elsewhere: ${status.roles.length === 0 ? 'nothing' : status.roles.join(', ')}`,
  ].join('\n');
}
