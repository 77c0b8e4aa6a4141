/** A JSON document as it was read; `cas` changes with every write. */
export interface StoredDocument {
  readonly value: unknown;
  readonly cas: string;
}

/**
 * Key-value operations on JSON documents: all that the store needs of a server on its hot path. Nothing here is atomic
 * beyond one document.
 *
 * Methods reject with StoreUnavailableError when the server cannot be used now: a write may or may not have happened then,
 * now or a moment later. They reject with DocumentRefusedError when the server will never take this value.
 */
export interface Documents {
  get(key: string): Promise<StoredDocument | null>;
  /** Inserts (`cas` null) or replaces this very version. Resolves to the new version, or null where the document is another. */
  put(key: string, value: object, cas: string | null): Promise<string | null>;
  /** Sets fields of this very version without reading it. Resolves as `put` does. */
  patch(key: string, fields: Readonly<Record<string, unknown>>, cas: string): Promise<string | null>;
  /** Removes what is there, or only this version; a document that is absent or another is left alone. */
  remove(key: string, cas?: string): Promise<void>;
}

/** Where which documents of a bucket lie. */
export interface DocumentSpaces {
  /** items of a provider, readable: `reddit_content`, `github_content`, `tiktok_favorites` */
  items(provider: string): Documents;
  /** what is known of the items, in sorted tables */
  readonly ledger: Documents;
  /** `sync_metadata` */
  readonly metadata: Documents;
  close(): Promise<void>;
}

/** The server will never take this document as it is; others are not concerned. */
export class DocumentRefusedError extends Error {
  override readonly name = 'DocumentRefusedError';
}

/** The server takes many operations at once, and answers each alone: this many are enough to keep it busy. */
const CONCURRENT_OPERATIONS = 64;

/** Does `work` for every entry, a bounded number at a time; results are in the order of the entries. The first failure wins. */
export async function inParallel<T, R>(
  entries: readonly T[],
  work: (entry: T, index: number) => Promise<R>,
  limit = CONCURRENT_OPERATIONS,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  let failed = false;
  const worker = async (): Promise<void> => {
    while (next < entries.length && !failed) {
      const index = next++;
      try {
        results[index] = await work(entries[index] as T, index);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  // All workers are awaited, so that nothing goes on writing after the caller was told of a failure.
  const ended = await Promise.allSettled(Array.from({ length: Math.min(limit, entries.length) }, worker));
  for (const each of ended) if (each.status === 'rejected') throw each.reason;
  return results;
}
