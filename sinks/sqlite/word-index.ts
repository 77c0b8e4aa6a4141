import type { ItemContent } from '../../core/ports/item-store.ts';
import type { Database, Statement } from '../../sqlite/open.ts';
import { indexedText } from './fts-text.ts';

/** The words of all contents. All methods work within the transaction of their caller. */
export class WordIndex {
  readonly #insert: Statement<[number, string, string, string, string]>;
  readonly #delete: Statement<[number]>;

  constructor(db: Database) {
    this.#insert = db.prepare('INSERT INTO words (rowid, title, author, body, url) VALUES (?, ?, ?, ?, ?)');
    this.#delete = db.prepare('DELETE FROM words WHERE rowid = ?');
  }

  add(docId: number, content: ItemContent): void {
    const [title, author, body, url] = indexedText(content);
    this.#insert.run(docId, title, author, body, url);
  }

  remove(docId: number): void {
    this.#delete.run(docId);
  }
}
