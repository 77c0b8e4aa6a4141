import { FencedError, messageOf } from '../../core/errors.ts';
import type { HistoryEntry } from '../../core/ledger.ts';
import type { ChangeSet, ItemChange, PartitionProgress, RefusedItem } from '../../core/ports/item-store.ts';
import { type Database, transaction } from '../../sqlite/open.ts';
import { isItemFault } from './faults.ts';
import { ItemWriter } from './item-writer.ts';
import type { ScopeIds } from './scope-ids.ts';
import type { VectorTable } from './vector-table.ts';

type RawProgress = readonly [position: number, nextOffset: number];

/** Rolls the transaction back. */
class ItemsRefused extends Error {
  readonly refused: readonly RefusedItem[];

  constructor(refused: readonly RefusedItem[]) {
    super(`${refused.length} items were refused`);
    this.refused = refused;
  }
}

/** Writes a change as a whole, in one transaction. */
export class ChangeWriter {
  readonly #db: Database;
  readonly #scopes: ScopeIds;
  readonly #vectors: VectorTable;
  readonly #items: ItemWriter;
  readonly #statements: ReturnType<typeof prepare>;

  constructor(db: Database, scopes: ScopeIds, vectors: VectorTable) {
    this.#db = db;
    this.#scopes = scopes;
    this.#vectors = vectors;
    this.#items = new ItemWriter(db, scopes, vectors);
    this.#statements = prepare(db);
  }

  /** Synchronous: the event loop waits for as long as it takes, some 40 µs for each item of 1 kB, so keep changes small. */
  commit(change: ChangeSet): readonly RefusedItem[] {
    try {
      transaction(this.#db, () => this.#apply(change));
      return [];
    } catch (error) {
      this.#scopes.forget();
      this.#vectors.forget();
      if (error instanceof ItemsRefused) return error.refused;
      throw error;
    }
  }

  progress(partition: number): PartitionProgress {
    const [position, nextOffset] = this.#statements.progress.get(partition) ?? [-1, 0];
    return { position, nextOffset };
  }

  #apply(change: ChangeSet): void {
    this.#checkProgress(change);
    const refused = this.#writeItems(change.items);
    if (refused.length > 0) throw new ItemsRefused(refused);
    this.#writeRows(change);
    this.#writeChunks(change);
    this.#writeHistory(change.history);
    for (const id of change.events) this.#statements.event.run(id);
    for (const { id, topic, account, key, value } of change.outbox)
      this.#statements.outbox.run(id, topic, account, key, value);
    this.#statements.setProgress.run(change.partition, change.position, change.nextOffset);
  }

  #checkProgress({ partition, expected }: ChangeSet): void {
    const { position, nextOffset } = this.progress(partition);
    if (position === expected.position && nextOffset === expected.nextOffset) return;
    throw new FencedError(
      `partition ${partition} was applied up to ${position} (offset ${nextOffset}) by another sink, not ${expected.position} (${expected.nextOffset})`,
    );
  }

  /** All in one savepoint; only when an item is refused, each in a savepoint of its own. */
  #writeItems(changes: readonly ItemChange[]): readonly RefusedItem[] {
    if (changes.length === 0) return [];
    try {
      this.#savepoint(() => {
        this.#items.begin(changes);
        for (const change of changes) this.#items.write(change);
        this.#items.finish();
      });
      return [];
    } catch (error) {
      if (!isItemFault(error) || !this.#db.inTransaction) throw error;
      return this.#writeOneByOne(changes);
    }
  }

  #writeOneByOne(changes: readonly ItemChange[]): readonly RefusedItem[] {
    const refused: RefusedItem[] = [];
    for (const change of changes) {
      try {
        this.#savepoint(() => {
          this.#items.begin([change]);
          this.#items.write(change);
          this.#items.finish();
        });
      } catch (error) {
        if (!isItemFault(error) || !this.#db.inTransaction) throw error;
        refused.push({ scope: change.scope, itemId: change.row.itemId, error: messageOf(error) });
      }
    }
    return refused;
  }

  #savepoint(work: () => void): void {
    try {
      transaction(this.#db, work);
    } catch (error) {
      this.#scopes.forget();
      this.#vectors.forget();
      throw error;
    }
  }

  #writeRows({ scopes, accounts, runs }: ChangeSet): void {
    for (const scope of scopes) this.#statements.scope.run(JSON.stringify(scope), this.#scopes.findOrAdd(scope.scope));
    for (const row of accounts) this.#statements.account.run(row.account, JSON.stringify(row));
    for (const run of runs) {
      this.#statements.run.run(run.syncId, run.account, run.startedPosition, run.causedBy, JSON.stringify(run));
    }
  }

  #writeChunks({ discardChunks, chunks }: ChangeSet): void {
    for (const scope of discardChunks) {
      const scopeId = this.#scopes.find(scope);
      if (scopeId !== null) this.#statements.discard.run(scopeId);
    }
    for (const chunk of chunks) {
      const { scope, index, snapshotId, itemIds, documentHashes, savedAt } = chunk;
      const dates = new Uint8Array(Float64Array.from(savedAt).buffer);
      this.#statements.chunk.run(
        this.#scopes.findOrAdd(scope),
        index,
        snapshotId,
        JSON.stringify(itemIds),
        documentHashes,
        dates,
      );
    }
  }

  #writeHistory(history: readonly HistoryEntry[]): void {
    let turn = 0;
    let last: HistoryEntry | null = null;
    for (const entry of history) {
      const { scope, itemId, position, event, at, reason, snapshotId, author, evidence, erasable } = entry;
      const isSame = last !== null && last.itemId === itemId && last.position === position && last.scope === scope;
      turn = isSame ? turn + 1 : 0;
      last = entry;
      const scopeId = this.#scopes.findOrAdd(scope);
      this.#statements.history.run(
        scopeId,
        itemId,
        position,
        turn,
        event,
        at,
        reason,
        snapshotId,
        author,
        evidence,
        erasable ? 1 : 0,
      );
    }
  }
}

function prepare(db: Database) {
  return {
    progress: db.prepare<[number], RawProgress>('SELECT position, next_offset FROM progress WHERE partition = ?').raw(),
    setProgress: db.prepare('INSERT OR REPLACE INTO progress (partition, position, next_offset) VALUES (?, ?, ?)'),
    scope: db.prepare('UPDATE scopes SET data = ? WHERE scope_id = ?'),
    account: db.prepare('INSERT OR REPLACE INTO accounts (account, data) VALUES (?, ?)'),
    run: db.prepare(
      'INSERT OR REPLACE INTO runs (sync_id, account, started_position, caused_by, data) VALUES (?, ?, ?, ?, ?)',
    ),
    event: db.prepare('INSERT OR IGNORE INTO events (event_id) VALUES (?)'),
    // An entry that is stored again keeps its turn.
    outbox: db.prepare(
      `INSERT INTO outbox (id, topic, account, key, value) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET topic = excluded.topic, account = excluded.account, key = excluded.key, value = excluded.value`,
    ),
    discard: db.prepare('DELETE FROM chunks WHERE scope_id = ?'),
    chunk: db.prepare(
      `INSERT OR REPLACE INTO chunks (scope_id, number, snapshot_id, item_ids, document_hashes, saved_at)
       VALUES (?, ?, ?, ?, ?, ?)`,
    ),
    history: db.prepare(
      `INSERT OR REPLACE INTO history (scope_id, item_id, position, turn, event, at, reason, snapshot_id, author, evidence, erasable)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
  };
}
