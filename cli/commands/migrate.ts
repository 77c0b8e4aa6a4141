import type { Command } from 'commander';
import { migrateLog } from '../../app/use-cases/migrate.ts';
import { type CliContext, withGlobals } from '../context.ts';
import { createProgress } from '../progress.ts';

export function registerMigrate(program: Command, context: CliContext): void {
  withGlobals(program.command('migrate'))
    .description('carries the embedded log to Kafka, while everything goes on')
    .action(async (_options: unknown, command: Command) => {
      await context.withApp(
        command,
        async (app, interrupted) => {
          const bar = createProgress(context.io, () => app.clock.now());
          try {
            const report = await migrateLog(app, {
              progress: (step, records) => bar.report(step, records, null),
              signal: context.patience(interrupted),
            });
            const text = [
              `${report.copied} records copied and ${report.replayed} replayed in ${report.durationMs} ms: the digests are equal, and the log is on Kafka now.`,
              `The roles stood still for ${report.pausedMs} ms, and nobody could write for ${report.heldMs} ms.`,
              `From now on set HOARDARR_EVENT_LOG=kafka and HOARDARR_TOPIC_PREFIX=${report.topicPrefix}, and start what runs anew.`,
            ];
            return { json: report, text: text.join('\n') };
          } finally {
            bar.end();
          }
        },
        { finishesMove: true },
      );
    });
}
