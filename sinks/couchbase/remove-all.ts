import { Catalog } from './catalog.ts';
import { type DocumentSpaces, inParallel } from './documents.ts';
import { ItemDocuments } from './item-documents.ts';
import { datesOf, historyOf, MAIN, rowsOf, type StoredRow, TEXTS, WORK } from './ledger-tables.ts';
import { STORE_LIMITS } from './limits.ts';
import type { PartitionLog } from './partition-log.ts';
import { ShardCache } from './shard-cache.ts';
import { StaleDirectoryError } from './sorted-table.ts';
import { StagedChunks } from './staged-chunks.ts';

const PAGE = 1_000;

/**
 * Removes every document of a store that nobody writes any more. What names others goes after them, so that it can be cut
 * off and done again.
 */
export async function removeAll(spaces: DocumentSpaces): Promise<void> {
  const { shardBytes } = STORE_LIMITS;
  const cache = new ShardCache(0);
  const catalog = new Catalog({ documents: spaces.ledger, cache, shardBytes, now: Date.now });
  const items = new ItemDocuments(spaces);
  const chunks = new StagedChunks(spaces.ledger);
  const scopes = await catalog.scopes();
  for (const scope of scopes) {
    const log = await catalog.logOf(scope);
    if (log !== null) await unlessGone(() => removeItems(log, scope, items));
  }
  const tables = [...scopes.flatMap((scope) => [rowsOf(scope), historyOf(scope), datesOf(scope)]), TEXTS, WORK, MAIN];
  for (const log of await catalog.logs()) {
    await unlessGone(() => chunks.removeEvery(log));
    for (const table of tables) await log.removeTable(table);
    await log.removeDocuments();
  }
  await catalog.remove();
  await items.forgetModel();
}

async function removeItems(log: PartitionLog, scope: string, items: ItemDocuments): Promise<void> {
  for (let after: string | null = null; ; ) {
    const page: readonly (readonly [string, unknown])[] = await log.page(rowsOf(scope), PAGE, { after });
    const stored = page.filter(([, row]) => (row as StoredRow).cas !== undefined);
    await inParallel(stored, ([itemId]) => items.remove(scope, itemId));
    if (page.length < PAGE) return;
    after = page.at(-1)?.[0] ?? null;
  }
}

/** Shards go only after what they name: where one is missing, an earlier removal has come that far. */
async function unlessGone(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof StaleDirectoryError)) throw error;
  }
}
