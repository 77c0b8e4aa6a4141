import type { Command } from 'commander';
import { runDoctor } from '../../app/use-cases/doctor.ts';
import { type CliContext, globalsOf, withGlobals } from '../context.ts';

export function registerDoctor(program: Command, context: CliContext): void {
  withGlobals(program.command('doctor'))
    .description('checks configuration, connections and permissions, and says how to mend')
    .action(async (_options: unknown, command: Command) => {
      const options = globalsOf(command);
      const flags = options.dataDir === undefined ? {} : { dataDir: options.dataDir };
      const checks = await runDoctor(flags, (config) => context.open(config), context.io.env);
      const lines = checks.map(
        ({ name, ok, detail, fix }) =>
          `${ok ? 'ok  ' : 'FAIL'}  ${name}: ${detail}${fix === null ? '' : `\n      -> ${fix}`}`,
      );
      await context.print(options, {
        json: { checks },
        text: lines.join('\n'),
        status: checks.every((check) => check.ok) ? 0 : 1,
      });
    });
}
