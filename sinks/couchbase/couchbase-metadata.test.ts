import { afterAll, beforeAll } from '@jest/globals';
import { testMetadataStore } from '../../testing/contracts/metadata-store.ts';
import { type CouchbaseServer, startCouchbase } from '../../testing/couchbase/couchbase-server.ts';
import { FaultyDocuments } from '../../testing/couchbase/faulty-documents.ts';
import { type OpenBucket, openBucket } from './bucket.ts';
import { openDocumentMetadata } from './couchbase-metadata.ts';

let server: CouchbaseServer;
let bucket: OpenBucket;
let places = 0;

beforeAll(async () => {
  server = await startCouchbase();
  bucket = await openBucket({ ...server, scope: '_default', collections: false, durability: 'none' });
}, 120_000);

afterAll(async () => {
  await bucket.close();
  await server.close();
});

testMetadataStore('Couchbase', () => {
  const faulty = new FaultyDocuments();
  const { metadata } = faulty.wrap(bucket.spaces(`metadata-${process.pid}-${places++}:`));
  return {
    open: () => openDocumentMetadata(metadata),
    whileUnavailable: async (work) => {
      faulty.faults = { fails: ({ name }) => (name === 'get' ? null : 'before') };
      await work();
      faulty.faults = { fails: () => null };
    },
    close: () => undefined,
  };
});
