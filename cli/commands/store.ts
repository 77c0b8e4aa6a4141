import type { Command } from 'commander';
import { moveStore } from '../../app/use-cases/move-store.ts';
import { applyStoreIndexes } from '../../app/use-cases/store-indexes.ts';
import { InputError } from '../../core/errors.ts';
import { type CliContext, globalsOf, withGlobals } from '../context.ts';
import { findUpwards } from '../find-upwards.ts';

const DEFINITION = ['deploy', 'couchbase', 'search-index.json'] as const;

export function registerStore(program: Command, context: CliContext): void {
  const store = withGlobals(program.command('store')).description('the store itself, where it lies in Couchbase');
  withGlobals(store.command('move'))
    .description('brings collection, accounts and settings of this data folder to Couchbase')
    .action(async (_options: unknown, command: Command) => {
      const options = globalsOf(command);
      const config = context.config(options);
      const report = await context.interruptible((signal) =>
        moveStore(config, {
          open: (to) => context.open(to, { keepsVectors: true }, signal),
          reach: () => {
            signal.throwIfAborted();
            return { ...context.tools(config), signal: context.patience(signal) };
          },
        }),
      );
      const text = [
        `The collection is in Couchbase now, with accounts and settings (documents: ${report.documents}): the digests are equal.`,
        ...report.leftAlone.map((key) => `${key} was made, changed or removed there by somebody else, and stays so.`),
        'From now on set HOARDARR_STORE=couchbase wherever something runs. Other machines need the same key: HOARDARR_ENCRYPTION_KEY.',
      ];
      await context.print(options, { json: report, text: text.join('\n') });
    });
  withGlobals(store.command('indexes [file]'))
    .description(`creates or replaces the search index (default: ${DEFINITION.join('/')})`)
    .action(async (file: string | undefined, _options: unknown, command: Command) => {
      await context.withApp(command, async (app) => {
        const definition = file ?? findUpwards(...DEFINITION);
        if (definition === null) throw new InputError(`${DEFINITION.join('/')} is not there: name a file`);
        const report = await applyStoreIndexes(app, definition);
        return {
          json: report,
          text: `The index ${report.index} is made for vectors of ${report.dimensions} dimensions.`,
        };
      });
    });
}
