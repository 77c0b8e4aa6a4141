import { rename, rm, writeFile } from 'node:fs/promises';
import type { ItemStore } from '../../core/ports/item-store.ts';
import { loadVec } from '../../sqlite/load-vec.ts';
import { type Database, openDatabase } from '../../sqlite/open.ts';
import { ChangeWriter } from './change-writer.ts';
import { Eraser } from './eraser.ts';
import { toStoreError } from './faults.ts';
import { FoldReads } from './fold-reads.ts';
import { ItemList } from './item-list.ts';
import { ItemReads } from './item-reads.ts';
import { JournalReads } from './journal-reads.ts';
import { ScopeIds } from './scope-ids.ts';
import { STORE_FILE } from './store-file.ts';
import { StoreSearch } from './store-search.ts';
import { VectorTable } from './vector-table.ts';
import { WalkConnections } from './walk-connections.ts';

export interface SqliteStoreOptions {
  readonly file: string;
  /** The file must exist, and be of this version. Methods that write reject with StoreUnavailableError. */
  readonly readonly?: boolean;
  /** How long a commit waits, blocking the event loop, while another process writes, ms. */
  readonly busyTimeoutMs?: number;
}

/** Enough for the sign bits of 100,000 vectors of 1,536 dimensions, which every search reads. */
const CACHE_KB = 65_536;
const DEFAULT_BUSY_TIMEOUT_MS = 2_000;

/**
 * Opens (and, unless `readonly`, creates) the store of a collection in one SQLite file. One process writes at a time, the
 * others wait; any number of processes read meanwhile.
 *
 * @throws InputError when the file is not a store of this version; StoreUnavailableError when it cannot be used now.
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<ItemStore> {
  return guarded(() => {
    const { readonly = false, busyTimeoutMs = DEFAULT_BUSY_TIMEOUT_MS } = options;
    const db = openDatabase(options.file, { ...STORE_FILE, readonly, busyTimeoutMs, cacheKb: CACHE_KB });
    loadVec(db);
    return createStore(db, options.file);
  });
}

function createStore(db: Database, file: string): ItemStore {
  const scopes = new ScopeIds(db);
  const vectors = new VectorTable(db);
  const writer = new ChangeWriter(db, scopes, vectors);
  const fold = new FoldReads(db, scopes);
  const items = new ItemReads(db, scopes, vectors);
  const list = new ItemList(db, scopes);
  const journal = new JournalReads(db, scopes);
  const eraser = new Eraser(db, file);
  const search = new StoreSearch(db, scopes, vectors);
  const walks = new WalkConnections(file);
  const acknowledge = db.prepare<[string]>('DELETE FROM outbox WHERE id IN (SELECT value FROM json_each(?))');
  return {
    progress: (partition) => guarded(() => writer.progress(partition)),
    account: (account) => guarded(() => fold.account(account)),
    scope: (scope) => guarded(() => fold.scope(scope)),
    run: (syncId) => guarded(() => fold.run(syncId)),
    runBefore: (account, position) => guarded(() => fold.runBefore(account, position)),
    runsCausedBy: (syncId) => guarded(() => fold.runsCausedBy(syncId)),
    rows: (scope, itemIds) => guarded(() => fold.rows(scope, itemIds)),
    glance: (scope, after, limit) => guarded(() => fold.glance(scope, after, limit)),
    knownEvents: (eventIds) => guarded(() => fold.knownEvents(eventIds)),
    chunk: (scope, snapshotId, index) => guarded(() => fold.chunk(scope, snapshotId, index)),
    commit: (change) =>
      guarded(async () => {
        await eraser.writable();
        return writer.commit(change);
      }),
    outbox: (limit, isOf) => guarded(() => fold.outbox(limit, isOf)),
    acknowledge: (ids) =>
      guarded(async () => {
        await eraser.writable();
        acknowledge.run(JSON.stringify(ids));
      }),
    eraseFreed: () => guarded(() => eraser.erase()),
    usesText: (textHash) => guarded(() => fold.usesText(textHash)),
    expiredTrash: (before, limit) => guarded(() => fold.expiredTrash(before, limit)),
    dueStubs: (now, limit, offset) => guarded(() => fold.dueStubs(now, limit, offset)),
    countDifferences: (scope, begin, kinds, asOf) =>
      guarded(() => walks.walk((ledger) => ledger.countDifferences(scope, begin, kinds, asOf))),
    scopes: () => guarded(() => fold.scopes()),
    totals: () => guarded(() => walks.walk((ledger) => ledger.totals())),
    list: (filter, limit, after) => guarded(() => list.page(filter, limit, after)),
    listAt: (filter, limit, offset) => guarded(() => list.pageAt(filter, limit, offset)),
    count: (filter) => guarded(() => list.count(filter)),
    item: (scope, itemId) => guarded(() => items.item(scope, itemId)),
    history: (scope, itemId) => guarded(() => items.history(scope, itemId)),
    journal: (filter, limit, after) => guarded(() => journal.page(filter, limit, after)),
    held: () => guarded(() => items.held()),
    searchText: (query, filter, limit) => guarded(() => search.text(query, filter, limit)),
    searchVectors: (vector, model, filter, limit) => guarded(() => search.vectors(vector, model, filter, limit)),
    digest: (scope) => guarded(() => walks.walk((ledger) => ledger.digest(scope))),
    backup: (to) => guarded(() => backUp(db, to)),
    close: () =>
      guarded(async () => {
        await eraser.idle();
        walks.close();
        db.close();
      }),
  };
}

/** Some pages at a time, so that the sink goes on; the copy appears under its name when it is whole. */
async function backUp(db: Database, to: string): Promise<void> {
  const unfinished = `${to}.part`;
  await rm(unfinished, { force: true });
  try {
    // SQLite would create it for everybody to read.
    await writeFile(unfinished, '', { mode: 0o600 });
    await db.backup(unfinished);
    await rename(unfinished, to);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}

async function guarded<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toStoreError(error);
  }
}
