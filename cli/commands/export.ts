import { type Command, Option } from 'commander';
import { EXPORT_FORMATS, type ExportFormat, exportItems } from '../../app/use-cases/export.ts';
import { checkProvider } from '../../app/use-cases/scopes.ts';
import { type CliContext, globalsOf, withGlobals } from '../context.ts';
import { write } from '../output.ts';

export function registerExport(program: Command, context: CliContext): void {
  withGlobals(program.command('export'))
    .description('writes everything active to stdout')
    .addOption(
      new Option('--format <format>', 'jsonl; netscape: bookmarks for browsers and Linkwarden; karakeep: with texts')
        .choices(EXPORT_FORMATS)
        .default('jsonl'),
    )
    .option('--provider <name>', 'only of this provider')
    .action(async (options: { readonly format: ExportFormat; readonly provider?: string }, command: Command) => {
      const { stdout } = context.io;
      if (options.provider !== undefined) checkProvider(options.provider);
      await context.withApp(command, async (app, signal) => {
        for await (const line of exportItems(app, options.format, {
          user: context.user(globalsOf(command)),
          provider: options.provider ?? null,
        })) {
          // Whoever reads no further has enough; what was interrupted is no whole export, and must not look like one.
          if (stdout.destroyed) break;
          signal.throwIfAborted();
          await write(stdout, line);
        }
        return null;
      });
    });
}
