import { InputError, messageOf, StoreUnavailableError } from '../../core/errors.ts';
import { type BucketSettings, ITEM_COLLECTION_NAMES } from './bucket.ts';

/** Name of the index of words and vectors, in the scope of the bucket. */
export const SEARCH_INDEX = 'hoardarr-items';

/** As deploy/couchbase/search-index.json has it: for one kind of document, which stands for every collection. */
export interface IndexDefinition {
  readonly name: string;
  readonly sourceName: string;
  readonly params: {
    readonly mapping: { readonly types: Readonly<Record<string, object>> };
  };
}

const KIND = 'SCOPE.COLLECTION.item';
const TIMEOUT_MS = 60_000;

/** The definition for this bucket, its collections and the length of its vectors. InputError where it is no definition. */
export function fillIndex(
  template: IndexDefinition,
  { bucket, scope, collections }: Pick<BucketSettings, 'bucket' | 'scope' | 'collections'>,
  dimensions: number,
): IndexDefinition {
  const mapping = template.params.mapping.types[KIND];
  if (mapping === undefined) throw new InputError(`the definition of the index has no '${KIND}'`);
  const withLength = JSON.parse(
    JSON.stringify(mapping, (name, value: unknown) => (name === 'dims' ? dimensions : value)),
  ) as object;
  const names = collections ? ITEM_COLLECTION_NAMES : ['_default'];
  const types = Object.fromEntries(names.map((name) => [`${scope}.${name}.item`, withLength]));
  return {
    ...template,
    name: SEARCH_INDEX,
    sourceName: bucket,
    params: { ...template.params, mapping: { ...template.params.mapping, types } },
  };
}

/**
 * Creates or replaces the index by the Search service's own API:
 * https://docs.couchbase.com/server/current/rest-api/rest-fts-indexing.html
 *
 * @throws InputError when the service refuses it; StoreUnavailableError when nobody answers
 */
export async function applyIndex(
  settings: BucketSettings & { readonly searchUrl: string },
  definition: IndexDefinition,
  fetchWith: typeof fetch,
): Promise<void> {
  const { searchUrl, bucket, scope, username, password } = settings;
  const part = encodeURIComponent;
  const url = `${searchUrl}/api/bucket/${part(bucket)}/scope/${part(scope)}/index/${part(definition.name)}`;
  const headers = {
    authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
    'content-type': 'application/json',
  };
  let response: Response;
  let text: string;
  try {
    const uuid = await currentUuid(url, headers, fetchWith);
    const body = JSON.stringify(uuid === null ? definition : { ...definition, uuid });
    response = await fetchWith(url, { method: 'PUT', headers, body, signal: AbortSignal.timeout(TIMEOUT_MS) });
    text = await response.text();
  } catch (error) {
    throw new StoreUnavailableError(
      `the Search service does not answer: ${messageOf(error)}; see COUCHBASE_SEARCH_URL`,
      {
        cause: error,
      },
    );
  }
  if (!response.ok)
    throw new InputError(`the Search service refuses the index (${response.status}): ${text.slice(0, 500)}`);
}

/** An index that is there is replaced only under its present id. */
async function currentUuid(
  url: string,
  headers: Readonly<Record<string, string>>,
  fetchWith: typeof fetch,
): Promise<string | null> {
  const response = await fetchWith(url, { headers, signal: AbortSignal.timeout(TIMEOUT_MS) });
  const text = await response.text();
  if (!response.ok) return null;
  return (JSON.parse(text) as { indexDef?: { uuid?: string } }).indexDef?.uuid ?? null;
}
