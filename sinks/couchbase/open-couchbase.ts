import type { ItemStore } from '../../core/ports/item-store.ts';
import type { MetadataStore } from '../../core/ports/metadata-store.ts';
import { type BucketSettings, openBucket } from './bucket.ts';
import { openDocumentMetadata } from './couchbase-metadata.ts';
import { openDocumentStore } from './couchbase-store.ts';
import { DocumentGenerations } from './document-generations.ts';
import { searchBy } from './search-service.ts';
import { VectorDocuments } from './vector-documents.ts';

/** A bucket as Hoardarr uses it: metadata, and the generations of the store beside each other. */
export interface OpenedCouchbase {
  readonly metadata: MetadataStore;
  readonly generations: DocumentGenerations;
  /** of the embedding cache */
  readonly vectors: VectorDocuments;
  close(): Promise<void>;
}

/** @throws StoreUnavailableError when nobody answers; ServerRefusalError when the credentials are refused */
export async function openCouchbase(settings: BucketSettings): Promise<OpenedCouchbase> {
  const bucket = await openBucket(settings);
  const spacesOf = (generation: number) => bucket.spaces(`g${generation}:`);
  const isSearched = (settings.searchUrl ?? null) !== null;
  const search = isSearched ? { search: searchBy(bucket.cluster, settings) } : {};
  const open = (generation: number): ItemStore => openDocumentStore(spacesOf(generation), search);
  return {
    metadata: openDocumentMetadata(bucket.spaces('').metadata),
    generations: new DocumentGenerations(bucket.spaces('').ledger, spacesOf, open),
    vectors: new VectorDocuments(bucket.spaces('cache:').ledger),
    close: () => bucket.close(),
  };
}
