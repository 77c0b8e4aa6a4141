import type { Command } from 'commander';
import { disconnect, setAccount } from '../../app/use-cases/accounts.ts';
import { type CliContext, globalsOf, withGlobals } from '../context.ts';
import { parseCadence } from '../options.ts';
import { plural } from '../output.ts';

export function registerAccountCommands(program: Command, context: CliContext): void {
  withGlobals(program.command('disconnect <provider>'))
    .description('forgets the tokens of an account')
    .option('--erase', 'and purges all its items')
    .action(async (provider: string, options: { readonly erase?: boolean }, command: Command) => {
      await context.withApp(command, async (app) => {
        const report = await disconnect(app, provider, context.user(globalsOf(command)), options.erase === true);
        return {
          json: report,
          text: `${provider}/${report.user} is disconnected${options.erase === true ? `, ${report.erased} items erased` : ''}`,
        };
      });
    });
  withGlobals(program.command('cadence <provider>'))
    .description('how often an account is synced')
    .argument(
      '<every>',
      'a time such as 15m, 6h or 2d; default: as HOARDARR_SYNC_INTERVAL_SECONDS has it',
      parseCadence,
    )
    .action(async (provider: string, cadenceMs: number | null, _options: unknown, command: Command) => {
      await context.withApp(command, async (app) => {
        const report = await setAccount(app, provider, context.user(globalsOf(command)), { cadenceMs });
        const minutes = Math.round(report.cadenceMs / 6_000) / 10;
        return { json: report, text: `${provider}/${report.user} is synced every ${plural(minutes, 'minute')}` };
      });
    });
  for (const name of ['pause', 'resume'] as const) {
    withGlobals(program.command(`${name} <provider>`))
      .description(name === 'pause' ? 'stops the syncs of an account' : 'continues them')
      .action(async (provider: string, _options: unknown, command: Command) => {
        await context.withApp(command, async (app) => {
          const report = await setAccount(app, provider, context.user(globalsOf(command)), {
            paused: name === 'pause',
          });
          return { json: report, text: `${provider}/${report.user} is ${report.paused ? 'paused' : 'running'}` };
        });
      });
  }
}
