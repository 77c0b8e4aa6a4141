import type { Command } from 'commander';
import { explainItem } from '../../app/use-cases/explain.ts';
import { type ItemView, listItems } from '../../app/use-cases/items.ts';
import { type CliContext, globalsOf, withGlobals } from '../context.ts';
import { parseCount } from '../options.ts';
import { oneLine, table } from '../output.ts';

interface ItemsOptions {
  readonly provider?: string;
  readonly collection?: string;
  readonly state?: string;
  readonly limit: number;
  readonly after?: string;
}

export function registerItemCommands(program: Command, context: CliContext): void {
  withGlobals(program.command('items'))
    .description('lists what there is, newest saved first')
    .option('--provider <name>', 'only of this provider')
    .option('--collection <name>', 'only of this collection')
    .option('--state <state>', 'active (default), held, trash, purged or all')
    .option('--limit <n>', 'how many', parseCount, 50)
    .option('--after <cursor>', 'the `next` of the page before')
    .action(async (options: ItemsOptions, command: Command) => {
      const { provider = null, collection = null, state = null, limit, after = null } = options;
      await context.withApp(command, async (app) => {
        const page = await listItems(app, {
          user: context.user(globalsOf(command)),
          provider,
          collection,
          state,
          limit,
          after,
        });
        const more = page.next === null ? [] : [`More: --after ${page.next}`];
        return {
          json: page,
          text: [page.items.length === 0 ? 'There is nothing.' : table(page.items.map(rowOf)), ...more].join('\n'),
        };
      });
    });
  withGlobals(program.command('explain <provider> <item>'))
    .description('tells the whole history of an item, and why it is where it is')
    .option('--collection <name>', 'needed where the account has several')
    .action(async (provider: string, itemId: string, options: { readonly collection?: string }, command: Command) => {
      await context.withApp(command, async (app) => {
        const choice = { provider, user: context.user(globalsOf(command)), collection: options.collection ?? null };
        const explained = await explainItem(app, choice, itemId);
        const flags = (['pinned', 'blocked', 'hidden'] as const).filter((flag) => explained[flag]);
        const head = `${itemId} is ${[explained.state ?? 'known, but not saved', ...flags].join(', ')}`;
        const lines = explained.history.map((line) => [
          line.at ?? '',
          line.event,
          line.author,
          oneLine(line.reason, 160),
        ]);
        const named = [explained.title, explained.url].flatMap((text) => (text === null ? [] : oneLine(text, 160)));
        return { json: explained, text: [head, ...named, table(lines)].join('\n') };
      });
    });
}

function rowOf(item: ItemView): readonly string[] {
  const flags = [item.state ?? '', item.pinned ? 'pinned' : '', item.stub ? 'stub' : '']
    .filter((flag) => flag !== '')
    .join(' ');
  return [item.provider, item.itemId, flags, item.savedAt?.slice(0, 10) ?? '', oneLine(item.title ?? item.url)];
}
