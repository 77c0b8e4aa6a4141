import type { Command } from 'commander';
import { disconnect, setPaused } from '../../app/use-cases/accounts.ts';
import { type CliContext, globalsOf, withGlobals } from '../context.ts';

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
  for (const name of ['pause', 'resume'] as const) {
    withGlobals(program.command(`${name} <provider>`))
      .description(name === 'pause' ? 'stops the syncs of an account' : 'continues them')
      .action(async (provider: string, _options: unknown, command: Command) => {
        await context.withApp(command, async (app) => {
          const report = await setPaused(app, provider, context.user(globalsOf(command)), name === 'pause');
          return { json: report, text: `${provider}/${report.user} is ${report.paused ? 'paused' : 'running'}` };
        });
      });
  }
}
