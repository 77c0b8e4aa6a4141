import { InputError } from '../../core/errors.ts';
import type { ItemStore } from '../../core/ports/item-store.ts';
import { Catalog } from './catalog.ts';
import { ChangeWriter } from './change-writer.ts';
import type { DocumentSpaces } from './documents.ts';
import { ItemDocuments } from './item-documents.ts';
import { JournalReads } from './journal-reads.ts';
import { LedgerReads } from './ledger-reads.ts';
import { STORE_LIMITS, type StoreLimits } from './limits.ts';
import { PeopleReads } from './people-reads.ts';
import { ScanSearch } from './scan-search.ts';
import { ServiceSearch, type searchBy } from './search-service.ts';
import { ShardCache } from './shard-cache.ts';
import { StagedChunks } from './staged-chunks.ts';

export interface DocumentStoreOptions {
  readonly limits?: Partial<StoreLimits>;
  /** ms */
  readonly now?: () => number;
  /** asks the server's Search service; absent: every item is read */
  readonly search?: ReturnType<typeof searchBy>;
}

/**
 * A store in documents: docs/decisions/0020-couchbase-store.md tells how. Any number of processes may have it open; each
 * partition is written by one of them at a time.
 */
export function openDocumentStore(spaces: DocumentSpaces, options: DocumentStoreOptions = {}): ItemStore {
  const limits = { ...STORE_LIMITS, ...options.limits };
  const { shardBytes, cacheBytes } = limits;
  const cache = new ShardCache(cacheBytes);
  const catalog = new Catalog({ documents: spaces.ledger, cache, shardBytes, now: options.now ?? Date.now });
  const items = new ItemDocuments(spaces);
  const chunks = new StagedChunks(spaces.ledger);
  const writer = new ChangeWriter(catalog, items, chunks, limits);
  const ledger = new LedgerReads(catalog, chunks);
  const people = new PeopleReads(catalog, items);
  const journal = new JournalReads(catalog);
  const search =
    options.search === undefined
      ? new ScanSearch(catalog, items)
      : new ServiceSearch(catalog, people, items, options.search);
  return {
    progress: (partition) => ledger.progress(partition),
    account: (account) => ledger.account(account),
    scope: (scope) => ledger.scope(scope),
    run: (syncId) => ledger.run(syncId),
    runBefore: (account, position) => ledger.runBefore(account, position),
    runsCausedBy: (syncId) => ledger.runsCausedBy(syncId),
    rows: (scope, itemIds) => ledger.rows(scope, itemIds),
    glance: (scope, after, limit) => ledger.glance(scope, after, limit),
    knownEvents: (eventIds) => ledger.knownEvents(eventIds),
    chunk: (scope, snapshotId, index) => ledger.chunk(scope, snapshotId, index),
    commit: (change) => writer.commit(change),
    outbox: (limit, isOf) => ledger.outbox(limit, isOf),
    acknowledge: (ids) => writer.acknowledge(ids),
    eraseFreed: () => writer.erase(),
    usesText: (textHash) => ledger.usesText(textHash),
    expiredTrash: (before, limit) => ledger.expiredTrash(before, limit),
    dueStubs: (now, limit, offset) => ledger.dueStubs(now, limit, offset),
    countDifferences: (scope, begin, kinds, asOf) => ledger.countDifferences(scope, begin, kinds, asOf),
    scopes: () => ledger.scopes(),
    totals: () => people.totals(),
    list: (filter, limit, after) => people.list(filter, limit, after),
    listAt: (filter, limit, offset) => people.listAt(filter, limit, offset),
    count: (filter) => people.count(filter),
    item: (scope, itemId) => people.item(scope, itemId),
    history: (scope, itemId) => people.history(scope, itemId),
    journal: (filter, limit, after) => journal.page(filter, limit, after),
    held: () => people.held(),
    searchText: (query, filter, limit) => search.text(query, filter, limit),
    searchVectors: (vector, model, filter, limit) => search.vectors(vector, model, filter, limit),
    digest: (scope) => people.digest(scope),
    backup: async () => {
      throw new InputError(
        'the store is in Couchbase: back it up there, or keep the log, from which `rebuild` makes it',
      );
    },
    close: () => spaces.close(),
  };
}
