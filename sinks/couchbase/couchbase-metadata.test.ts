import { afterAll, beforeAll } from '@jest/globals';
import { testMetadataStore } from '../../testing/contracts/metadata-store.ts';
import { describeWithCouchbase } from '../../testing/couchbase/describe-with-couchbase.ts';
import { FaultyDocuments } from '../../testing/couchbase/faulty-documents.ts';
import { type OpenBucket, openBucket } from './bucket.ts';
import { openDocumentMetadata } from './couchbase-metadata.ts';

let bucket: OpenBucket;
let places = 0;

describeWithCouchbase('Metadata in Couchbase', (server) => {
  beforeAll(async () => {
    bucket = await openBucket({ ...server(), scope: '_default' });
  });
  afterAll(() => bucket.close());

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
});
