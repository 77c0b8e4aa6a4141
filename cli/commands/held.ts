import type { Command } from 'commander';
import { decideHeld, type HeldView, listHeld } from '../../app/use-cases/held.ts';
import { type CliContext, globalsOf, withGlobals } from '../context.ts';
import { oneLine, plural } from '../output.ts';
import { describe } from './decide.ts';

const SHOWN = 10;

export function registerHeld(program: Command, context: CliContext): void {
  const held = withGlobals(program.command('held'))
    .description('lists removals that wait for you')
    .action(async (_options: unknown, command: Command) => {
      await context.withApp(command, async (app) => {
        const groups = await listHeld(app, context.userOrAll(globalsOf(command)));
        return {
          json: { held: groups },
          text: groups.length === 0 ? 'Nothing is held.' : groups.map(textOf).join('\n\n'),
        };
      });
    });
  for (const [name, done, does] of [
    ['approve', 'approved', 'removes what is held'],
    ['reject', 'rejected', 'keeps and pins what is held'],
  ] as const) {
    withGlobals(held.command(`${name} <id>`))
      .description(does)
      .action(async (id: string, _options: unknown, command: Command) => {
        await context.withApp(command, async (app, signal) => {
          const globals = globalsOf(command);
          const decided = await decideHeld(app, id, name, context.user(globals), {
            signal,
            user: context.userOrAll(globals),
          });
          const outcome = describe(done, decided.items);
          return { ...outcome, json: { id: decided.id, scope: decided.scope, ...(outcome.json as object) } };
        });
      });
  }
}

function textOf(group: HeldView): string {
  const items = group.items.slice(0, SHOWN).map((item) => `  ${item.itemId}  ${oneLine(item.title ?? item.url)}`);
  const more = group.count > SHOWN ? [`  and ${group.count - SHOWN} more`] : [];
  return [
    `${group.id}  ${group.scope}: ${plural(group.count, 'item')} since ${group.createdAt ?? ''}`,
    `  ${group.reason}`,
    ...items,
    ...more,
    `  hoardarr held approve ${group.id}   or   hoardarr held reject ${group.id}`,
  ].join('\n');
}
