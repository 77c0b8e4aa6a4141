import type { Command } from 'commander';
import { listTargets, testTargets } from '../../app/use-cases/notifications.ts';
import { type CliContext, withGlobals } from '../context.ts';
import { table } from '../output.ts';

export function registerNotify(program: Command, context: CliContext): void {
  const notify = withGlobals(program.command('notify'))
    .description('who is told of what waits for a person')
    .action(async (_options: unknown, command: Command) => {
      await context.withApp(command, async (app) => {
        const report = await listTargets(app);
        const rows = report.targets.map(({ id, shown }) => [id, shown]);
        const nobody = 'Nobody is told: set HOARDARR_NOTIFY_URL, or add an address in the console';
        return { json: report, text: rows.length === 0 ? nobody : table(rows) };
      });
    });
  withGlobals(notify.command('test [address]'))
    .description('sends a test to everybody who is told, or to one address or id')
    .action(async (address: string | undefined, _options: unknown, command: Command) => {
      await context.withApp(command, async (app) => {
        const report = await testTargets(app, address);
        return { json: report, text: report.detail, status: report.ok ? 0 : 1 };
      });
    });
}
