import type { Command } from 'commander';
import type { App } from '../../app/app.ts';
import { rebuildStore } from '../../app/use-cases/rebuild.ts';
import { type CliContext, type Outcome, withGlobals } from '../context.ts';
import { createProgress } from '../progress.ts';

export function registerRebuild(program: Command, context: CliContext): void {
  withGlobals(program.command('rebuild'))
    .description('makes the store anew from the log, compares, and switches')
    .option('--model <model>', 'embed everything anew with this model')
    .option('--claim', 'take the Couchbase bucket although it belongs to another log, and replace what it holds')
    .action(async (options: { readonly model?: string; readonly claim?: true }, command: Command) => {
      const work = async (app: App): Promise<Outcome> => {
        const bar = createProgress(context.io, () => app.clock.now());
        try {
          const report = await rebuildStore(app, {
            model: options.model ?? null,
            progress: (replayed) => bar.report('replaying', replayed, null),
          });
          const compared = report.match === null ? '' : report.match ? ', and it is the same' : ', and it differed';
          const text = [
            `${report.replayed} records replayed in ${report.durationMs} ms, ${report.embeddingCalls} embedding calls${compared}`,
            ...report.warnings.map((warning) => `Note: ${warning}`),
          ];
          return { json: report, text: text.join('\n') };
        } finally {
          bar.end();
        }
      };
      await context.withApp(command, work, { claims: options.claim === true });
    });
}
