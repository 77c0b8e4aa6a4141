import type { Command } from 'commander';
import { parseAsOf } from '../../app/use-cases/as-of.ts';
import { type ImportReport, importExport } from '../../app/use-cases/import-export.ts';
import { type CliContext, globalsOf, withGlobals } from '../context.ts';
import { plural } from '../output.ts';
import { createProgress } from '../progress.ts';

const PHASES = {
  read: 'reading',
  links: 'looking up short links',
  write: 'writing',
  embed: 'embedding',
  apply: 'applying',
} as const;

export function registerImport(program: Command, context: CliContext): void {
  withGlobals(program.command('import <provider> <file>'))
    .description(
      'takes in an export: tiktok .json, .txt, .zip or folder; reddit saved_posts.csv, saved_comments.csv, .zip or folder',
    )
    .option('--as-of <date>', 'when the export was made, as 2026-03-01 or 2026-03-01T12:00:00Z')
    .action(async (provider: string, file: string, options: { readonly asOf?: string }, command: Command) => {
      const asOf = options.asOf === undefined ? null : parseAsOf(options.asOf);
      await context.withApp(command, async (app, signal) => {
        const bar = createProgress(context.io, () => app.clock.now());
        try {
          const progress = ({
            phase,
            done,
            total,
          }: {
            phase: keyof typeof PHASES;
            done: number;
            total: number | null;
          }): void => bar.report(PHASES[phase], done, total);
          const report = await importExport(app, {
            provider,
            user: context.user(globalsOf(command)),
            file,
            asOf,
            signal,
            progress,
          });
          return { json: report, text: describe(report) };
        } finally {
          bar.end();
        }
      });
    });
}

function describe(report: ImportReport): string {
  const counts = (['new', 'updated', 'unchanged', 'removed', 'restored', 'held', 'skipped', 'failed'] as const).filter(
    (name) => report[name] > 0 || name === 'new' || name === 'removed',
  );
  const lines = [
    `${plural(report.processed, 'row')} of ${report.provider}/${report.user}/${report.collection}: ${counts.map((name) => `${report[name]} ${name}`).join(', ')}`,
    report.converged === true
      ? 'Both sides hold the same set now.'
      : report.converged === false
        ? 'Both sides differ: `hoardarr status` and `hoardarr explain` tell more.'
        : 'The export does not say enough to compare both sides.',
    ...report.warnings.map((warning) => `Note: ${warning}`),
  ];
  if (report.held > 0) lines.push(`${plural(report.held, 'removal')} wait for you: \`hoardarr held\` lists them.`);
  return lines.join('\n');
}
