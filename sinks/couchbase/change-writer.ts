import { FencedError } from '../../core/errors.ts';
import type { ChangeSet, ItemChange, RefusedItem } from '../../core/ports/item-store.ts';
import type { Catalog } from './catalog.ts';
import { entriesOf, isErasing, lastOfEach, type WrittenChange } from './change-entries.ts';
import type { ItemDocuments, KnownItem } from './item-documents.ts';
import { joinKey } from './keys.ts';
import { decodeRow, MAIN, rowsOf, type StoredRow } from './ledger-tables.ts';
import type { StoreLimits } from './limits.ts';
import type { Entry } from './overlay.ts';
import type { PartitionLog } from './partition-log.ts';
import type { StagedChunks } from './staged-chunks.ts';

const MAX_ATTEMPTS = 20;

/**
 * Writes a change without a transaction: documents of items and chunks first, each on the version that is known of it; then
 * the segment; then the document of the partition, which makes everything count, the position too. A crash before that last
 * write leaves items that are ahead of their ledger, and the replay writes them again; a crash after it leaves nothing open.
 */
export class ChangeWriter {
  readonly #catalog: Catalog;
  readonly #items: ItemDocuments;
  readonly #chunks: StagedChunks;
  readonly #limits: StoreLimits;

  constructor(catalog: Catalog, items: ItemDocuments, chunks: StagedChunks, limits: StoreLimits) {
    this.#limits = limits;
    this.#catalog = catalog;
    this.#items = items;
    this.#chunks = chunks;
  }

  /** See ItemStore.commit. */
  async commit(change: ChangeSet): Promise<readonly RefusedItem[]> {
    const log = this.#catalog.log(change.partition);
    return this.#exclusive(log, async () => {
      for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
        // What a writer before discarded, and did not come to remove.
        if (await log.claim()) await this.#chunks.removeDiscarded(log);
        checkProgress(log, change);
        const { version } = log;
        const items = lastOfEach(change.items);
        await this.#catalog.ensure(change.partition, scopesOf(change, items));
        const known = await knownItems(log, items);
        // Tables may have been merged by another since: the versions of documents that they tell are then newer than this
        // sink, and must not be written on. From here on, whoever takes over changes them.
        if (!(await log.isCurrent(version))) {
          log.distrust();
          continue;
        }
        const isOwner = (): Promise<boolean> => log.isStill(change.expected);
        const { cas, refused } = await this.#items.write(items, (item) => known(item), isOwner);
        // The documents that were written are ahead of their ledger, as after a crash, until the caller commits again.
        if (refused.length > 0) return refused;
        const written = items.map((item, i): WrittenChange => {
          return { change: item, before: known(item), cas: cas.get(i) ?? null };
        });
        const entries = [...(await this.#chunks.stage(log, change)), ...(await entriesOf(log, change, written))];
        if (!(await log.publish(entries, change, { version, erases: isErasing(change.items) }))) continue;
        await this.#tidy(log, change.discardChunks.length > 0);
        return [];
      }
      throw new FencedError(`partition ${change.partition} is written by others all the time`);
    });
  }

  /** See ItemStore.acknowledge. */
  async acknowledge(ids: readonly string[]): Promise<void> {
    for (const log of await this.#catalog.logs()) {
      const turns = await log.getMany(
        MAIN,
        ids.map((id) => joinKey('owed', id)),
      );
      if (turns.size === 0) continue;
      const entries = [...turns].flatMap(([key, turn]): Entry[] => [
        [MAIN, key, null],
        [MAIN, joinKey('outbox', turn as string), null],
      ]);
      await this.#exclusive(log, async () => {
        do await log.claim();
        while (!(await log.publish(entries, log.progress, log)));
      });
    }
  }

  /**
   * Takes what was erased out of the segments and shards. Whose partition it is does not matter: whoever owed it may have died
   * since, and one that nobody writes would keep it.
   */
  async erase(): Promise<void> {
    for (const log of await this.#catalog.logs()) {
      if (!log.erasureOwed) continue;
      await this.#exclusive(log, async () => {
        await log.claim();
        await log.merge({ erase: true });
      });
    }
  }

  /** What follows a change that counts already: a failure here is mended by the next one. */
  async #tidy(log: PartitionLog, discarded: boolean): Promise<void> {
    try {
      if (discarded) await this.#chunks.removeDiscarded(log);
      const pending = this.#catalog.opened().filter(({ pendingBytes }) => pendingBytes > 0);
      const bytes = pending.reduce((sum, { pendingBytes }) => sum + pendingBytes, 0);
      const isLarge = bytes > this.#limits.pendingBytes && log.pendingBytes >= bytes / pending.length;
      if (isLarge || log.segmentCount > this.#limits.pendingSegments) await log.merge();
    } catch {
      log.distrust();
    }
  }

  async #exclusive<T>(log: PartitionLog, work: () => Promise<T>): Promise<T> {
    return log.exclusive(async () => {
      try {
        return await work();
      } catch (error) {
        log.distrust();
        throw error;
      }
    });
  }
}

function checkProgress(log: PartitionLog, { partition, expected }: ChangeSet): void {
  const { position, nextOffset } = log.progress;
  if (position === expected.position && nextOffset === expected.nextOffset) return;
  throw new FencedError(
    `partition ${partition} was applied up to ${position} (offset ${nextOffset}) by another sink, not ${expected.position} (${expected.nextOffset})`,
  );
}

function scopesOf({ scopes, chunks }: ChangeSet, items: readonly ItemChange[]): readonly string[] {
  return [...new Set([...scopes, ...items, ...chunks].map(({ scope }) => scope))];
}

async function knownItems(
  log: PartitionLog,
  items: readonly ItemChange[],
): Promise<(item: ItemChange) => KnownItem | null> {
  const byScope = new Map<string, string[]>();
  for (const { scope, row } of items) {
    const ids = byScope.get(scope);
    if (ids === undefined) byScope.set(scope, [row.itemId]);
    else ids.push(row.itemId);
  }
  const known = new Map<string, ReadonlyMap<string, unknown>>();
  for (const [scope, ids] of byScope) known.set(scope, await log.getMany(rowsOf(scope), ids));
  return ({ scope, row: { itemId } }) => {
    const stored = known.get(scope)?.get(itemId) as StoredRow | undefined;
    return stored === undefined ? null : { row: decodeRow(itemId, stored), cas: stored.cas ?? null };
  };
}
