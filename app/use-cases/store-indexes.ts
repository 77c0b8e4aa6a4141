import { readFileSync } from 'node:fs';
import { EmbedderUnavailableError, InputError, messageOf } from '../../core/errors.ts';
import type { IndexDefinition } from '../../sinks/couchbase/search-index.ts';
import type { App } from '../app.ts';

export interface IndexReport {
  readonly index: string;
  readonly dimensions: number;
}

/**
 * Creates or replaces the index of words and vectors in Couchbase's Search service, from a definition in a file. Also before
 * anything was embedded: then it pins the embedder that is configured.
 *
 * @throws InputError where the store is not in Couchbase, another embedder is pinned, or the definition is refused
 */
export async function applyStoreIndexes(app: App, file: string, fetchWith: typeof fetch = fetch): Promise<IndexReport> {
  const { couchbase } = app.config;
  if (couchbase === null) throw new InputError('the store in SQLite keeps its indexes by itself');
  const { searchUrl } = couchbase;
  if (searchUrl === null)
    throw new InputError('COUCHBASE_SEARCH_URL is missing: where does the Search service answer?');
  const dimensions = await readDimensions(app);
  const { applyIndex, fillIndex } = await import('../../sinks/couchbase/search-index.ts');
  const definition = fillIndex(readTemplate(file), couchbase, dimensions);
  await applyIndex({ ...couchbase, searchUrl }, definition, fetchWith);
  return { index: definition.name, dimensions };
}

/** Of the vectors in this store. An embedder whose model is only known by name tells them by its first vector. */
async function readDimensions(app: App): Promise<number> {
  const pinned = (await app.stores.embedder())?.dimensions ?? 0;
  if (pinned > 0) return pinned;
  const embedder = await app.embedder();
  if (embedder.dimensions > 0) return embedder.dimensions;
  const [result] = await embedder.embed(['hoardarr']);
  if (result === undefined || 'error' in result)
    throw new EmbedderUnavailableError(`the length of the vectors is not known: ${result?.error ?? 'no vector came'}`);
  return result.vector.length;
}

function readTemplate(file: string): IndexDefinition {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as IndexDefinition;
  } catch (error) {
    throw new InputError(`${file} is no definition of an index: ${messageOf(error)}`);
  }
}
