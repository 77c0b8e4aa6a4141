import type { ItemChange, ItemContent } from '../../core/ports/item-store.ts';
import type { Database, Statement } from '../../sqlite/open.ts';
import { bucketOf, packFlags } from './flags.ts';
import { indexedText } from './fts-text.ts';
import { ledgerValues, listValues, UPSERT_LEDGER } from './ledger-columns.ts';
import type { ScopeIds } from './scope-ids.ts';
import { readSetting, writeSetting } from './settings.ts';
import type { VectorTable } from './vector-table.ts';
import { WordIndex } from './word-index.ts';

/** Bits of `ledger.parts`: what is stored under the doc_id. */
const PART = { content: 1, vector: 2 } as const;

interface Stored {
  readonly docId: number | null;
  readonly parts: number;
  readonly flags: number;
}

type RawStored = readonly [itemId: string, flags: number, docId: number | null, parts: number];
type RawText = readonly [title: string | null, author: string | null, body: string | null, url: string];

const ABSENT: Stored = { docId: null, parts: 0, flags: 0 };

/** Writes items: ledger, content, words, vector. Works within the transaction of its caller, from `begin` to `finish`. */
export class ItemWriter {
  readonly #db: Database;
  readonly #scopes: ScopeIds;
  readonly #vectors: VectorTable;
  readonly #words: WordIndex;
  readonly #findAll: Statement<[string, number], RawStored>;
  readonly #upsert: Statement;
  readonly #putItem: Statement;
  readonly #removeItem: Statement<[number]>;
  readonly #text: Statement<[number], RawText>;
  readonly #eraseHistory: Statement<[number, string]>;
  /** rows of this transaction as they stand, by scope number and item id */
  readonly #stored = new Map<number, Map<string, Stored>>();
  #nextDocId = 1;
  #firstDocId = 1;
  #erased = false;

  constructor(db: Database, scopes: ScopeIds, vectors: VectorTable) {
    this.#db = db;
    this.#scopes = scopes;
    this.#vectors = vectors;
    this.#words = new WordIndex(db);
    this.#findAll = db
      .prepare<[string, number], RawStored>(
        `SELECT l.item_id, l.flags, l.doc_id, l.parts FROM json_each(?) j
         CROSS JOIN ledger l ON l.scope_id = ? AND l.item_id = j.value`,
      )
      .raw();
    this.#upsert = db.prepare(UPSERT_LEDGER);
    this.#putItem = db.prepare(
      `INSERT OR REPLACE INTO items (doc_id, scope_id, item_id, url, title, author, body, saved_at, created_at, thumbnail_url, extra, payload)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#removeItem = db.prepare('DELETE FROM items WHERE doc_id = ?');
    this.#text = db.prepare<[number], RawText>('SELECT title, author, body, url FROM items WHERE doc_id = ?').raw();
    this.#eraseHistory = db.prepare('DELETE FROM history WHERE scope_id = ? AND item_id = ? AND erasable = 1');
  }

  /** Reads in one statement a scope what is stored of the items. Also the way back after a rollback. */
  begin(changes: readonly ItemChange[]): void {
    this.#stored.clear();
    this.#erased = false;
    this.#nextDocId = this.#firstDocId = Number(readSetting(this.#db, 'nextDocId') ?? 1);
    const byScope = new Map<string, string[]>();
    for (const { scope, row } of changes) {
      const ids = byScope.get(scope);
      if (ids === undefined) byScope.set(scope, [row.itemId]);
      else ids.push(row.itemId);
    }
    for (const [scope, ids] of byScope) {
      const scopeId = this.#scopes.findOrAdd(scope);
      const rows = new Map<string, Stored>();
      for (const [itemId, flags, docId, parts] of this.#findAll.all(JSON.stringify(ids), scopeId)) {
        rows.set(itemId, { flags, docId, parts });
      }
      this.#stored.set(scopeId, rows);
    }
  }

  /** Throws what `isItemFault` knows when this item cannot be written; the caller rolls back to before it. */
  write(change: ItemChange): void {
    const { row, content, vector } = change;
    const scopeId = this.#scopes.findOrAdd(change.scope);
    const rows = this.#stored.get(scopeId);
    const before = rows?.get(row.itemId) ?? ABSENT;
    if (vector !== undefined && vector !== null) this.#vectors.check(vector);
    const flags = packFlags(row);
    const parts = partsAfter(before.parts, change);
    const docId = before.docId ?? (parts === 0 ? null : this.#nextDocId++);
    if (docId !== null) {
      if (content !== undefined) this.#writeContent(docId, scopeId, row.itemId, content, before.parts);
      this.#writeVector(docId, scopeId, flags, vector, before);
    }
    const keptId = parts === 0 ? null : docId;
    this.#upsert.run(scopeId, keptId, parts, ...ledgerValues(row, flags), ...listValues(row, flags));
    rows?.set(row.itemId, { docId: keptId, parts, flags });
    if (change.eraseHistory === true && this.#eraseHistory.run(scopeId, row.itemId).changes > 0) this.#erased = true;
  }

  finish(): void {
    if (this.#nextDocId !== this.#firstDocId) writeSetting(this.#db, 'nextDocId', String(this.#nextDocId));
    if (this.#erased) this.#oweErasure();
  }

  /** Never the number of an earlier erasure, also when that is settled: the clock of no machine is asked. */
  #oweErasure(): void {
    const last = Math.max(
      Number(readSetting(this.#db, 'eraseOwed') ?? 0),
      Number(readSetting(this.#db, 'eraseRewritten') ?? 0),
    );
    writeSetting(this.#db, 'eraseOwed', String(last + 1));
  }

  #writeContent(docId: number, scopeId: number, itemId: string, content: ItemContent | null, parts: number): void {
    const exists = (parts & PART.content) !== 0;
    if (content === null) {
      if (!exists) return;
      this.#removeItem.run(docId);
      this.#words.remove(docId);
      this.#erased = true;
      return;
    }
    const isIndexed = exists && this.#hasText(docId, content);
    this.#putItem.run(
      docId,
      scopeId,
      itemId,
      content.url,
      content.title,
      content.author,
      content.body,
      content.savedAt,
      content.createdAt,
      content.thumbnailUrl,
      content.extra,
      content.payload,
    );
    if (isIndexed) return;
    if (exists) this.#words.remove(docId);
    this.#words.add(docId, content);
  }

  /** Counters change often, words seldom: the index is left alone where it can be. */
  #hasText(docId: number, content: ItemContent): boolean {
    const stored = this.#text.get(docId);
    if (stored === undefined) return false;
    const [title, author, body, url] = stored;
    const text = indexedText({ title, author, body, url });
    return indexedText(content).every((column, i) => column === text[i]);
  }

  #writeVector(docId: number, scopeId: number, flags: number, vector: ItemChange['vector'], before: Stored): void {
    const exists = (before.parts & PART.vector) !== 0;
    const bucket = bucketOf(scopeId, flags);
    if (vector === null) {
      if (!exists) return;
      this.#vectors.remove(docId);
      this.#erased = true;
    } else if (vector !== undefined) {
      this.#vectors.write(docId, bucket, vector, exists);
    } else if (exists && bucket !== bucketOf(scopeId, before.flags)) {
      this.#vectors.setBucket(docId, bucket);
    }
  }
}

function partsAfter(before: number, { content, vector }: ItemChange): number {
  let parts = before;
  if (content !== undefined) parts = content === null ? parts & ~PART.content : parts | PART.content;
  if (vector !== undefined) parts = vector === null ? parts & ~PART.vector : parts | PART.vector;
  return parts;
}
