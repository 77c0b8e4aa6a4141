import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type BucketSettings, type OpenBucket, openBucket } from '../../sinks/couchbase/bucket.ts';
import { openDocumentStore } from '../../sinks/couchbase/couchbase-store.ts';
import { applyIndex, fillIndex, type IndexDefinition } from '../../sinks/couchbase/search-index.ts';
import { searchBy } from '../../sinks/couchbase/search-service.ts';
import { commit, DIMENSIONS, direction, MODEL, searchable } from '../../testing/contracts/item-store-samples.ts';
import { describeWithCouchbase } from '../../testing/couchbase/describe-with-couchbase.ts';
import { projectRoot } from '../architecture/source-files.ts';

const LOOK_MS = 200;
const DEFINITION = JSON.parse(
  readFileSync(path.join(projectRoot, 'deploy/couchbase/search-index.json'), 'utf8'),
) as IndexDefinition;

/** A server indexes what was written a moment later: so what is found is waited for. */
async function found(
  search: () => Promise<readonly { readonly itemId: string }[]>,
  ids: readonly string[],
): Promise<void> {
  for (;;) {
    const hits = (await search()).map(({ itemId }) => itemId);
    if (JSON.stringify(hits) === JSON.stringify(ids)) return;
    await delay(LOOK_MS);
  }
}

describeWithCouchbase("Search by the server's own index", (server) => {
  let settings: BucketSettings & { readonly searchUrl: string };
  let bucket: OpenBucket;
  beforeAll(async () => {
    const { searchUrl } = server();
    if (searchUrl === null) throw new Error('this server has no Search service');
    settings = { ...server(), scope: '_default', searchUrl };
    bucket = await openBucket(settings);
  });
  afterAll(() => bucket.close());

  it('finds by words and by vectors, what is there and as it is now', async () => {
    const definition = fillIndex(DEFINITION, settings, DIMENSIONS);
    await applyIndex(settings, definition, fetch);
    // Made anew over itself, as after a change of the model.
    await applyIndex(settings, definition, fetch);
    const spaces = bucket.spaces(`search-${process.pid}-${Date.now()}:`);
    const store = openDocumentStore(spaces, { search: searchBy(bucket.cluster, settings) });
    await commit(store, {
      items: [searchable('1', 'Marmalade at home', direction(1)), searchable('2', 'A chair', direction(1, 0.5))],
    });
    await found(() => store.searchText('marmalade', {}, 10), ['1']);
    await found(() => store.searchVectors(direction(1), MODEL, {}, 10), ['1', '2']);
    expect(await store.searchVectors(direction(1), 'other-model', {}, 10)).toEqual([]);
    await store.close();
  });
});
