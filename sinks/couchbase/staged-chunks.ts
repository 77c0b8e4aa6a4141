import type { ChangeSet, StagedChunk } from '../../core/ports/item-store.ts';
import { type Documents, inParallel } from './documents.ts';
import { joinKey, prefixOf, sortable, splitKey } from './keys.ts';
import { MAIN } from './ledger-tables.ts';
import type { Entry } from './overlay.ts';
import type { PartitionLog } from './partition-log.ts';

const STAGED = 'chunk';
const DISCARDED = 'discarded';
const PAGE = 10_000;

/**
 * Chunks are documents of their own, written before the change that names them, and removed after the one that discards
 * them. What is discarded stays named until it is gone, so that a crash leaves nothing behind.
 */
export class StagedChunks {
  readonly #documents: Documents;
  /** names whose documents are gone, by partition: the next change forgets them */
  readonly #gone = new Map<number, string[]>();

  constructor(documents: Documents) {
    this.#documents = documents;
  }

  async read(log: PartitionLog, scope: string, snapshotId: string, index: number): Promise<StagedChunk | null> {
    const name = joinKey(scope, snapshotId, sortable(index));
    if ((await log.get(MAIN, joinKey(STAGED, name))) === undefined) return null;
    const stored = await this.#documents.get(documentKey(name));
    if (stored === null) return null;
    const { itemIds, documentHashes, savedAt } = stored.value as StagedChunk;
    return { scope, snapshotId, index, itemIds, documentHashes, savedAt };
  }

  /** Writes the chunks of a change, and resolves to the entries that name them and discard others. */
  async stage(log: PartitionLog, { chunks, discardChunks }: ChangeSet): Promise<readonly Entry[]> {
    const entries: Entry[] = (this.#gone.get(log.partition) ?? []).map((name) => [
      MAIN,
      joinKey(DISCARDED, name),
      null,
    ]);
    for (const scope of new Set(discardChunks)) {
      for (const [key] of await log.page(MAIN, PAGE, { prefix: prefixOf(STAGED, scope) })) {
        const name = joinKey(...splitKey(key).slice(1));
        entries.push([MAIN, key, null], [MAIN, joinKey(DISCARDED, name), 1]);
      }
    }
    await inParallel(chunks, (chunk) => this.#write(chunk), 4);
    for (const { scope, snapshotId, index } of chunks) {
      const name = joinKey(scope, snapshotId, sortable(index));
      entries.push([MAIN, joinKey(STAGED, name), 1], [MAIN, joinKey(DISCARDED, name), null]);
    }
    return entries;
  }

  /** Once a change counts: removes the documents of what it, or one that was cut off, discarded. */
  async removeDiscarded(log: PartitionLog): Promise<void> {
    const found = await log.page(MAIN, PAGE, { prefix: prefixOf(DISCARDED) });
    const names = found.map(([key]) => joinKey(...splitKey(key).slice(1)));
    const { version } = log;
    const versions = await inParallel(names, async (name) => (await this.#documents.get(documentKey(name)))?.cas);
    // Whoever took over may stage a chunk of the same name, and that one stays.
    if (!(await log.isCurrent(version))) return;
    await inParallel(names, async (name, i) => {
      const cas = versions[i];
      if (cas !== undefined) await this.#documents.remove(documentKey(name), cas);
    });
    this.#gone.set(log.partition, names);
  }

  /** Removes the documents of all chunks: nobody writes the partition any more. */
  async removeEvery(log: PartitionLog): Promise<void> {
    for (const kind of [STAGED, DISCARDED]) {
      const found = await log.page(MAIN, PAGE, { prefix: prefixOf(kind) });
      await inParallel(found, ([key]) => this.#documents.remove(documentKey(joinKey(...splitKey(key).slice(1)))));
    }
  }

  async #write(chunk: StagedChunk): Promise<void> {
    const name = joinKey(chunk.scope, chunk.snapshotId, sortable(chunk.index));
    const value = { type: 'chunk', ...chunk };
    for (let cas: string | null = null; (await this.#documents.put(documentKey(name), value, cas)) === null; )
      cas = (await this.#documents.get(documentKey(name)))?.cas ?? null;
  }
}

const documentKey = (name: string): string => `chunk:${splitKey(name).join(':')}`;
