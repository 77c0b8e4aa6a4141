import type { Command } from 'commander';
import { createLoginLink, resetPassword, setPassword } from '../../app/use-cases/access.ts';
import { type CliContext, withGlobals } from '../context.ts';
import { plural } from '../output.ts';
import { askPassword, readPassword } from '../read-password.ts';

/** Commands about who may reach the API. Whoever can run them owns the data folder, and needs no password. */
export function registerAccess(program: Command, context: CliContext): void {
  const password = program.command('password').description('the password that the console asks for');
  withGlobals(password.command('set'))
    .description('sets it, or another one, and logs everybody out')
    .option('--password-stdin', 'reads it from stdin: one line')
    .action(async (options: { readonly passwordStdin?: boolean }, command: Command) => {
      const { io } = context;
      // Before anything is opened: people take their time.
      const chosen = options.passwordStdin === true ? await readPassword(io.stdin) : await askPassword(io);
      await context.withApp(command, async (app) => {
        const report = await setPassword(app, chosen);
        return { json: report, text: `The password is set${ended(report.sessionsEnded)}. ${report.protection}.` };
      });
    });
  withGlobals(password.command('reset'))
    .description('takes it away, and logs everybody out')
    .action(async (_options: unknown, command: Command) => {
      await context.withApp(command, async (app) => {
        const report = await resetPassword(app);
        return {
          json: report,
          text: `There is no password any more${ended(report.sessionsEnded)}. ${report.protection}.`,
        };
      });
    });
  withGlobals(program.command('login-link'))
    .description('lets you in without the password: a link for one login, within ten minutes')
    .action(async (_options: unknown, command: Command) => {
      await context.withApp(command, async (app) => {
        const link = await createLoginLink(app);
        const text = `Open this within ten minutes. It works once, and lets in whoever has it:\n\n  ${link.url}\n\nWhere you reach Hoardarr by another name, put that in place of ${new URL(link.url).origin}.`;
        return { json: link, text };
      });
    });
}

function ended(sessions: number): string {
  return sessions === 0 ? '' : `, and ${plural(sessions, 'session')} ended`;
}
