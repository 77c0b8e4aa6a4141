import type { Command } from 'commander';
import { searchItems } from '../../app/use-cases/search.ts';
import { type CliContext, globalsOf, withGlobals } from '../context.ts';
import { parseCount } from '../options.ts';
import { oneLine } from '../output.ts';

export function registerSearch(program: Command, context: CliContext): void {
  withGlobals(program.command('search <query...>'))
    .description('finds items by meaning and by word')
    .option('--provider <name>', 'only of this provider')
    .option('--limit <n>', 'how many', parseCount, 10)
    .action(
      async (
        words: readonly string[],
        options: { readonly provider?: string; readonly limit: number },
        command: Command,
      ) => {
        await context.withApp(command, async (app) => {
          const found = await searchItems(app, {
            query: words.join(' '),
            user: context.user(globalsOf(command)),
            provider: options.provider ?? null,
            limit: options.limit,
          });
          const lines = found.results.map((result, i) => {
            const head = `${String(i + 1).padStart(2)}. ${oneLine(result.title ?? result.itemId)}${result.author === null ? '' : ` (${oneLine(result.author, 30)})`}`;
            return `${head}\n    ${result.url ?? ''}`;
          });
          return { json: found, text: lines.length === 0 ? 'Nothing was found.' : lines.join('\n') };
        });
      },
    );
}
