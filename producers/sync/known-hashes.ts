import { type Account, accountName } from '../../core/keys.ts';
import type { MetadataStore } from '../../core/ports/metadata-store.ts';
import { readSyncMetadata, type SyncMetadata, syncMetadataKey } from '../sync-metadata.ts';

/** Document hash of each item as last emitted, by item id. */
export type KnownHashes = ReadonlyMap<string, string>;

/**
 * The hashes of a collection lie in a document of their own, which the sync metadata name: 100,000 of them are some 4 MB, and
 * the metadata are written every few seconds while a run works. A document is never changed: a run writes another one, and what
 * it learned counts once it has made the metadata name it, which its number allows or not (law 5).
 */
export async function readHashes(
  store: MetadataStore,
  { hashesAt }: SyncMetadata,
  collection: string,
): Promise<KnownHashes> {
  const key = hashesAt[collection];
  const document = key === undefined ? null : await store.get(key);
  return new Map(Object.entries((document?.value ?? {}) as Readonly<Record<string, string>>));
}

/** Resolves to the key of the document, for the metadata to name; that of `former` where nothing changed. */
export async function writeHashes(
  store: MetadataStore,
  run: { readonly syncId: string; readonly metadata: SyncMetadata },
  collection: string,
  former: KnownHashes,
  hashes: KnownHashes,
): Promise<string> {
  const named = run.metadata.hashesAt[collection];
  if (named !== undefined && areSame(former, hashes)) return named;
  const key = `${prefixOf(run.metadata)}${collection}:${run.syncId}`;
  await store.compareAndSet(key, null, Object.fromEntries(hashes));
  return key;
}

/** Removes those of the documents that the metadata do not name: former ones, or those of a run that came to nothing. */
export async function removeUnnamed(store: MetadataStore, account: Account, keys: readonly string[]): Promise<void> {
  const { hashesAt } = readSyncMetadata(account, (await store.get(syncMetadataKey(account)))?.value);
  const named = new Set(Object.values(hashesAt));
  for (const key of keys) if (!named.has(key)) await store.remove(key);
}

/** Removes all that is known of the account's items, also what a process left that was killed. */
export async function removeHashes(store: MetadataStore, account: Account): Promise<void> {
  for (const { key } of await store.list(prefixOf(account))) await store.remove(key);
}

function areSame(a: KnownHashes, b: KnownHashes): boolean {
  if (a.size !== b.size) return false;
  for (const [itemId, hash] of b) if (a.get(itemId) !== hash) return false;
  return true;
}

function prefixOf(account: Account): string {
  return `hashes:${accountName(account)}:`;
}
