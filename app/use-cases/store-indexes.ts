import { readFileSync } from 'node:fs';
import { InputError, messageOf } from '../../core/errors.ts';
import type { IndexDefinition } from '../../sinks/couchbase/search-index.ts';
import type { App } from '../app.ts';

export interface IndexReport {
  readonly index: string;
  readonly dimensions: number;
}

/**
 * Creates or replaces the index of words and vectors in Couchbase's Search service, from a definition in a file.
 *
 * @throws InputError where the store is not in Couchbase, nothing was embedded yet, or the definition is refused
 */
export async function applyStoreIndexes(app: App, file: string, fetchWith: typeof fetch = fetch): Promise<IndexReport> {
  const { couchbase } = app.config;
  if (couchbase === null) throw new InputError('the store in SQLite keeps its indexes by itself');
  const { searchUrl } = couchbase;
  if (searchUrl === null)
    throw new InputError('COUCHBASE_SEARCH_URL is missing: where does the Search service answer?');
  const dimensions = (await app.stores.embedder())?.dimensions ?? 0;
  if (dimensions === 0)
    throw new InputError(
      'nothing was embedded yet: import something first, since the index needs the length of the vectors',
    );
  const { applyIndex, fillIndex } = await import('../../sinks/couchbase/search-index.ts');
  const definition = fillIndex(readTemplate(file), couchbase, dimensions);
  await applyIndex({ ...couchbase, searchUrl }, definition, fetchWith);
  return { index: definition.name, dimensions };
}

function readTemplate(file: string): IndexDefinition {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as IndexDefinition;
  } catch (error) {
    throw new InputError(`${file} is no definition of an index: ${messageOf(error)}`);
  }
}
