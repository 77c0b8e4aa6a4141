import { setTimeout as delay } from 'node:timers/promises';
import { type Database, truncateWal } from '../../sqlite/open.ts';
import { rewriteFile } from '../../sqlite/rewrite.ts';
import { readSetting, removeSetting, writeSetting } from './settings.ts';

const ATTEMPTS = 20;
const RETRY_MS = 50;
const BUSY_TIMEOUT_MS = 5_000;

/** FTS5 keeps the terms of a deleted row behind a tombstone until segments are merged into one. */
const MERGE_WORDS = "INSERT INTO words (words) VALUES ('optimize')";

/**
 * Takes what was erased out of the bytes on disk: the terms of erased contents, then, by rewriting the file, what SQLite
 * left in the gaps of pages, then the former pages in the WAL. Nothing is done when nothing was erased since the last time.
 */
export class Eraser {
  readonly #db: Database;
  readonly #file: string;
  #rewriting: Promise<void> | null = null;
  #erasing: Promise<void> | null = null;

  constructor(db: Database, file: string) {
    this.#db = db;
    this.#file = file;
  }

  /** Resolves when the file can be written without waiting for it in the event loop. */
  async writable(): Promise<void> {
    while (this.#rewriting !== null) await this.#rewriting.catch(() => undefined);
  }

  /** Resolves when nothing is being erased. */
  async idle(): Promise<void> {
    await this.#erasing?.catch(() => undefined);
  }

  /** When another connection reads for longer than a second, the WAL is left to the next call. */
  async erase(): Promise<void> {
    this.#erasing ??= this.#erase().finally(() => {
      this.#erasing = null;
    });
    await this.#erasing;
  }

  async #erase(): Promise<void> {
    const owed = readSetting(this.#db, 'eraseOwed');
    if (owed === null) return;
    if (readSetting(this.#db, 'eraseRewritten') !== owed) await this.#rewrite(owed);
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      if (this.#truncate()) {
        // What was erased meanwhile has raised the number.
        removeSetting(this.#db, 'eraseOwed', owed);
        return;
      }
      await delay(RETRY_MS);
    }
  }

  async #rewrite(owed: string): Promise<void> {
    this.#rewriting = rewriteFile(this.#file, [MERGE_WORDS], BUSY_TIMEOUT_MS);
    try {
      await this.#rewriting;
    } finally {
      this.#rewriting = null;
    }
    writeSetting(this.#db, 'eraseRewritten', owed);
  }

  /** Without waiting for readers: one in this process could not go on while this waits. */
  #truncate(): boolean {
    const waitMs = Number(this.#db.pragma('busy_timeout', { simple: true }));
    this.#db.pragma('busy_timeout = 0');
    try {
      return truncateWal(this.#db);
    } finally {
      this.#db.pragma(`busy_timeout = ${waitMs}`);
    }
  }
}
