import type { Command } from 'commander';
import { InputError } from '../../core/errors.ts';
import { withGlobals } from '../context.ts';

const NO_CONNECTION = 'TikTok has no connection to sync with: bring a newer export with `hoardarr import tiktok FILE`';

/** Commands of providers that this version does not have: they say so. */
export function registerLaterCommands(program: Command): void {
  withGlobals(program.command('connect <provider>'))
    .description('connects an account (not in this version)')
    .option('--token-stdin', 'reads the token from stdin')
    .action((provider: string) => refuse('connect', provider));
  withGlobals(program.command('sync <provider>'))
    .description('one sync now (not in this version)')
    .option('--full', 'the whole list')
    .option('--dry-run', 'changes nothing')
    .action((provider: string) => refuse('sync', provider));
}

function refuse(command: string, provider: string): never {
  if (provider === 'tiktok') throw new InputError(NO_CONNECTION);
  if (provider !== 'reddit' && provider !== 'github')
    throw new InputError(`'${provider}' is no provider: there are reddit, github, tiktok`);
  throw new InputError(`\`${command} ${provider}\` is not available yet in this version: only TikTok exports are`);
}
