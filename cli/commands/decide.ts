import type { Command } from 'commander';
import { type Decided, decide, type PersonOperation } from '../../app/use-cases/decide.ts';
import { type CliContext, globalsOf, type Outcome, withGlobals } from '../context.ts';

const COMMANDS: readonly { readonly name: PersonOperation; readonly done: string; readonly does: string }[] = [
  { name: 'restore', done: 'restored', does: 'brings items back from the trash, and pins them' },
  { name: 'pin', done: 'pinned', does: 'keeps items, whatever the source says' },
  { name: 'unpin', done: 'unpinned', does: 'lets the source rule again' },
  { name: 'purge', done: 'purged', does: 'erases items for good, and blocks them' },
  { name: 'allow', done: 'allowed', does: 'lets purged items come back when they are saved again' },
];

export function registerDecisionCommands(program: Command, context: CliContext): void {
  for (const { name, done, does } of COMMANDS) {
    withGlobals(program.command(`${name} <provider> <items...>`))
      .description(does)
      .option('--collection <name>', 'needed where the account has several')
      .action(
        async (
          provider: string,
          itemIds: readonly string[],
          options: { readonly collection?: string },
          command: Command,
        ) => {
          await context.withApp(command, async (app, signal) => {
            const user = context.user(globalsOf(command));
            const decided = await decide(
              app,
              { provider, user, collection: options.collection ?? null },
              { operation: name, author: user, itemIds, signal },
            );
            return describe(done, decided);
          });
        },
      );
  }
}

/** `restored`, `purged` and so on count the items that are so now. */
export function describe(done: string, decided: readonly Decided[]): Outcome {
  const failed = decided.filter((item) => !item.done);
  const notes = decided.filter((item) => item.reason !== null).map((item) => `${item.itemId}: ${item.reason ?? ''}`);
  const count = decided.length - failed.length;
  const error =
    failed.length === 0
      ? {}
      : { error: `${failed.length} of ${decided.length} were not ${done}: ${failed[0]?.reason ?? ''}` };
  return {
    json: { [done]: count, items: decided, ...error },
    text: [`${count} ${done}`, ...notes].join('\n'),
    status: failed.length === 0 ? 0 : 1,
  };
}
