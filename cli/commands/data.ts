import type { Command } from 'commander';
import { checkSchemas, registerSchemas } from '../../app/use-cases/check-schemas.ts';
import { listDeadLetters, redriveDeadLetters } from '../../app/use-cases/dead-letters.ts';
import { rotateKeys } from '../../app/use-cases/rotate-keys.ts';
import { type CliContext, globalsOf, withGlobals } from '../context.ts';
import { oneLine, plural, table } from '../output.ts';

/** Commands about what is kept, as a whole. */
export function registerDataCommands(program: Command, context: CliContext): void {
  registerDeadLetter(program, context);
  registerKeys(program, context);
  registerSchemaCommands(program, context);
}

function registerDeadLetter(program: Command, context: CliContext): void {
  const dead = withGlobals(program.command('dead-letter'))
    .description('lists records that no stage could take')
    .action(async (_options: unknown, command: Command) => {
      await context.withApp(command, async (app) => {
        const records = await listDeadLetters(app);
        const rows = records.map((record) => [
          record.id,
          record.stage,
          `${record.topic} ${record.partition}-${record.offset}`,
          oneLine(record.reason, 120),
        ]);
        return { json: { records }, text: records.length === 0 ? 'There are no dead letters.' : table(rows) };
      });
    });
  withGlobals(dead.command('redrive [ids...]'))
    .description('takes them anew: all, or those named')
    .action(async (ids: readonly string[], _options: unknown, command: Command) => {
      await context.withApp(command, async (app) => {
        const report = await redriveDeadLetters(app, ids);
        return {
          json: report,
          text: [
            `${plural(report.redriven, 'record')} redriven`,
            ...report.skipped.map(({ id, reason }) => `${id}: ${reason}`),
          ].join('\n'),
        };
      });
    });
}

function registerKeys(program: Command, context: CliContext): void {
  const keys = program.command('keys').description('the key that encrypts tokens');
  withGlobals(keys.command('rotate'))
    .description('makes a new key, and encrypts the tokens with it')
    .action(async (_options: unknown, command: Command) => {
      await context.withApp(command, async (app) => {
        const report = await rotateKeys(app);
        return { json: report, text: `${plural(report.rotated, 'token')} encrypted with the new key ${report.keyId}` };
      });
    });
}

function registerSchemaCommands(program: Command, context: CliContext): void {
  const schemas = program.command('schemas').description('the shapes of records');
  withGlobals(schemas.command('check'))
    .description('compares the schemas with those of the registry, or with all that were released')
    .action(async (_options: unknown, command: Command) => {
      const options = globalsOf(command);
      const subjects = await checkSchemas(context.config(options));
      const rows = subjects.map(({ name, version, compatible, problems }) => [
        name,
        `version ${version}`,
        compatible ? 'compatible' : `not compatible: ${problems.join('; ')}`,
      ]);
      await context.print(options, {
        json: { subjects },
        text: table(rows),
        status: subjects.every((subject) => subject.compatible) ? 0 : 1,
      });
    });
  withGlobals(schemas.command('register'))
    .description('registers them at the schema registry')
    .action(async (_options: unknown, command: Command) => {
      const options = globalsOf(command);
      const subjects = await registerSchemas(context.config(options));
      const rows = subjects.map(({ name, version, registered }) => [
        name,
        `version ${version}`,
        registered ? 'registered' : 'was there',
      ]);
      await context.print(options, { json: { subjects }, text: table(rows) });
    });
}
