import type { HistoryEntry, LedgerRow } from '../../core/ledger.ts';
import type { HeldGroup, ItemContent, StoredVector } from '../../core/ports/item-store.ts';
import type { Database } from '../../sqlite/open.ts';
import { LEDGER_COLUMN_COUNT, LEDGER_COLUMNS, type RawRow, toLedgerRow } from './ledger-columns.ts';
import type { ScopeIds } from './scope-ids.ts';
import { CONTENT_COLUMNS, type RawContent, toContent } from './summaries.ts';
import type { VectorTable } from './vector-table.ts';

type RawRowWithDoc = readonly [...RawRow, docId: number | null];
type RawHistory = readonly [
  position: number,
  at: number,
  event: string,
  reason: string,
  snapshotId: string | null,
  author: string,
  evidence: string,
  erasable: number,
];
type RawHeld = readonly [holdId: string, scopeId: number, itemId: string];

/** What people ask of single items, and of the removals that wait for them. */
export class ItemReads {
  readonly #scopes: ScopeIds;
  readonly #vectors: VectorTable;
  readonly #statements: ReturnType<typeof prepare>;

  constructor(db: Database, scopes: ScopeIds, vectors: VectorTable) {
    this.#scopes = scopes;
    this.#vectors = vectors;
    this.#statements = prepare(db);
  }

  item(
    scope: string,
    itemId: string,
  ): { readonly row: LedgerRow; readonly content: ItemContent | null; readonly vector: StoredVector | null } | null {
    const scopeId = this.#scopes.find(scope);
    const raw = scopeId === null ? undefined : this.#statements.row.get(scopeId, itemId);
    if (raw === undefined) return null;
    const docId = raw[LEDGER_COLUMN_COUNT];
    const content = docId === null ? undefined : this.#statements.content.get(docId);
    return {
      row: toLedgerRow(raw as unknown as RawRow),
      content: content === undefined ? null : toContent(content),
      vector: docId === null ? null : this.#vector(docId),
    };
  }

  history(scope: string, itemId: string): readonly HistoryEntry[] {
    const scopeId = this.#scopes.find(scope);
    if (scopeId === null) return [];
    return this.#statements.history.all(scopeId, itemId).map((raw) => {
      const [position, at, event, reason, snapshotId, author, evidence, erasable] = raw;
      return { scope, itemId, position, at, event, reason, snapshotId, author, evidence, erasable: erasable === 1 };
    });
  }

  held(): readonly HeldGroup[] {
    const groups = new Map<string, { readonly scopeId: number; readonly itemIds: string[] }>();
    for (const [holdId, scopeId, itemId] of this.#statements.held.all()) {
      const group = groups.get(holdId);
      if (group === undefined) groups.set(holdId, { scopeId, itemIds: [itemId] });
      else group.itemIds.push(itemId);
    }
    return [...groups].map(([id, { scopeId, itemIds }]) => ({
      id,
      scope: this.#scopes.name(scopeId),
      count: itemIds.length,
      createdAt: this.#statements.heldSince.get(scopeId, itemIds[0] ?? '') ?? 0,
      itemIds,
    }));
  }

  #vector(docId: number): StoredVector | null {
    const bytes = this.#statements.vector.get(docId);
    const model = this.#vectors.model();
    return bytes === undefined || model === null ? null : { ...model, bytes };
  }
}

function prepare(db: Database) {
  return {
    row: db
      .prepare<[number, string], RawRowWithDoc>(
        `SELECT ${LEDGER_COLUMNS}, l.doc_id FROM ledger l WHERE l.scope_id = ? AND l.item_id = ?`,
      )
      .raw(),
    content: db.prepare<[number], RawContent>(`SELECT ${CONTENT_COLUMNS} FROM items i WHERE i.doc_id = ?`).raw(),
    vector: db.prepare<[number], Uint8Array>('SELECT bytes FROM vectors WHERE doc_id = ?').pluck(),
    history: db
      .prepare<[number, string], RawHistory>(
        `SELECT position, at, event, reason, snapshot_id, author, evidence, erasable FROM history
         WHERE scope_id = ? AND item_id = ? ORDER BY position, turn, event`,
      )
      .raw(),
    held: db
      .prepare<[], RawHeld>(
        `SELECT hold_id, scope_id, item_id FROM ledger
         WHERE (flags & 7) = 2 AND hold_id IS NOT NULL ORDER BY hold_id, scope_id, item_id`,
      )
      .raw(),
    // The hold is the last decision of the items that it holds.
    heldSince: db
      .prepare<[number, string], number>(
        `SELECT h.at FROM ledger l JOIN history h ON h.scope_id = l.scope_id AND h.item_id = l.item_id AND h.position = l.decided
         WHERE l.scope_id = ? AND l.item_id = ? ORDER BY h.turn LIMIT 1`,
      )
      .pluck(),
  };
}
