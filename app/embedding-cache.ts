import type { EmbeddingCache } from '../processors/embed/embedding-cache.ts';
import { openSqliteEmbeddingCache } from '../processors/embed/sqlite/sqlite-embedding-cache.ts';

/** Vectors that lie where all machines reach them. */
export type SharedVectors = Pick<EmbeddingCache, 'getMany' | 'putMany' | 'remove' | 'reserve' | 'release'>;

/**
 * Opens the cache of a data folder. Where the store is shared, the vectors are with it, and none stay in the folder; what waits
 * for a late vector is kept by the machine that let it go on without one.
 *
 * @param keepsOwn while the store is being moved: the vectors in the folder are needed if that comes to nothing
 */
export function openEmbeddingCache(dataDir: string, shared: SharedVectors | null, keepsOwn = false): EmbeddingCache {
  const local = openSqliteEmbeddingCache(dataDir, shared === null || keepsOwn);
  if (shared === null) return local;
  return {
    getMany: (model, textHashes) => shared.getMany(model, textHashes),
    putMany: (model, entries) => shared.putMany(model, entries),
    reserve: (model, textHashes, options) => shared.reserve(model, textHashes, options),
    release: (id) => shared.release(id),
    async remove(texts) {
      await shared.remove(texts);
      await local.remove(texts);
    },
    eraseFreed: () => local.eraseFreed(),
    addPending: (entries) => local.addPending(entries),
    claimPending: (options) => local.claimPending(options),
    postponePending: (keys, until) => local.postponePending(keys, until),
    removePending: (keys) => local.removePending(keys),
    countPending: () => local.countPending(),
    close: () => local.close(),
  };
}
