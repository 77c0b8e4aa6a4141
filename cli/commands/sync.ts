import type { Command } from 'commander';
import { previewAccount, type SyncReport, syncAccount } from '../../app/use-cases/sync.ts';
import { type CliContext, globalsOf, withGlobals } from '../context.ts';
import type { ExitStatus } from '../exit-status.ts';
import { plural } from '../output.ts';
import { createProgress } from '../progress.ts';

interface Options {
  readonly full?: boolean;
  readonly dryRun?: boolean;
}

export function registerSync(program: Command, context: CliContext): void {
  withGlobals(program.command('sync <provider>'))
    .description('one sync now, until everything that it causes is applied')
    .option('--full', 'the whole list, whatever the cadence says')
    .option('--dry-run', 'looks what a sync would find, and changes nothing')
    .action(async (provider: string, { full = false, dryRun = false }: Options, command: Command) => {
      await context.withApp(command, async (app, signal) => {
        const bar = createProgress(context.io, () => app.clock.now());
        try {
          const request = { provider, user: context.user(globalsOf(command)), full, signal };
          const report = dryRun
            ? await previewAccount(app, request)
            : await syncAccount(app, {
                ...request,
                progress: ({ done, total }) => bar.report('syncing', done, total),
                onRateLimit: ([wait]) => {
                  if (wait === undefined) return;
                  const seconds = Math.ceil((wait.until - app.clock.now()) / 1000);
                  bar.report(`waiting ${seconds} s for the rate limit of ${wait.provider}`, 0, null);
                },
              });
          return { json: report, text: describe(report), status: statusOf(report) };
        } finally {
          bar.end();
        }
      });
    });
}

function statusOf({ error, needsReauth }: SyncReport): ExitStatus {
  if (error === null) return 0;
  return needsReauth ? 3 : 1;
}

function describe(report: SyncReport): string {
  const { provider, user } = report;
  const advice = report.needsReauth ? ` Connect it again: \`hoardarr connect ${provider} --user ${user}\`.` : '';
  if (report.error !== null && report.fetched === 0 && report.removed === 0)
    return `The sync of ${provider}/${user} was aborted, and nothing was removed: ${report.error}.${advice}`;
  const counts = (['new', 'updated', 'unchanged', 'removed', 'restored', 'held', 'suspect', 'failed'] as const).filter(
    (name) => report[name] > 0 || name === 'new' || name === 'removed',
  );
  const what = report.dryRun ? `A ${report.mode} sync would find` : `A ${report.mode} sync saw`;
  const lines = [
    `${what} ${plural(report.fetched, 'item')} of ${provider}/${user}: ${counts.map((name) => `${report[name]} ${name}`).join(', ')} (${plural(report.requests, 'request')}).`,
  ];
  if (report.rateLimitWaitMs > 0)
    lines.push(`It waited ${Math.ceil(report.rateLimitWaitMs / 1000)} s for rate limits.`);
  if (report.held > 0) lines.push(`${report.held} held for you: \`hoardarr held\` lists them.`);
  if (report.suspect > 0 && !report.dryRun)
    lines.push(`${report.suspect} seem to be gone, and wait for a second answer of ${provider}.`);
  if (report.error !== null)
    lines.push(`Not all of it was done, and the next sync goes on with the rest: ${report.error}.${advice}`);
  return lines.join('\n');
}
