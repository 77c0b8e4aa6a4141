import type { Command } from 'commander';
import { applyStoreIndexes } from '../../app/use-cases/store-indexes.ts';
import { InputError } from '../../core/errors.ts';
import { type CliContext, withGlobals } from '../context.ts';
import { findUpwards } from '../find-upwards.ts';

const DEFINITION = ['deploy', 'couchbase', 'search-index.json'] as const;

export function registerStore(program: Command, context: CliContext): void {
  const store = withGlobals(program.command('store')).description('the store itself, where it lies in Couchbase');
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
