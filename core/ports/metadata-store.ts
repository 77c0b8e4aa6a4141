/**
 * Small documents that are changed by compare-and-set: sync metadata at `{provider}:{user}`, settings, uploads, roles.
 * Adapters: sinks/sqlite (meta.db), sinks/couchbase. Every adapter passes testing/contracts/metadata-store.ts.
 */
export interface MetadataDocument {
  readonly key: string;
  /** changes with every write; opaque */
  readonly version: string;
  /** JSON value */
  readonly value: unknown;
}

export interface MetadataStore {
  get(key: string): Promise<MetadataDocument | null>;
  /** All documents whose key starts with the prefix, in order of key. */
  list(prefix: string): Promise<readonly MetadataDocument[]>;
  /**
   * Writes only if the stored version is still `expected` (null: only if there is none). Resolves to the new version, or
   * null when somebody else was first: read again, decide again.
   */
  compareAndSet(key: string, expected: string | null, value: unknown): Promise<string | null>;
  /** With `expected`, only this version: one that is absent or another is left alone. */
  remove(key: string, expected?: string): Promise<void>;
  /**
   * Takes former values and removed documents out of the bytes at rest, where the adapter can. False while somebody else is in
   * the way: call it again later.
   */
  eraseFreed(): Promise<boolean>;
  close(): Promise<void>;
}
