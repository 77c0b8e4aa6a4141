import { type Database, openDatabase } from '../../sqlite/open.ts';
import { LedgerWalk } from './ledger-walk.ts';
import { STORE_FILE } from './store-file.ts';

interface Reader {
  readonly db: Database;
  readonly ledger: LedgerWalk;
}

/**
 * Connections that only read, each for one walk at a time, in one transaction: all that a walk reads is of the same moment. They are
 * used again, since neither they nor their statements are ever let go of: see sqlite/keep.ts.
 */
export class WalkConnections {
  readonly #file: string;
  readonly #idle: Reader[] = [];
  #closed = false;

  constructor(file: string) {
    this.#file = file;
  }

  async walk<T>(read: (ledger: LedgerWalk) => Promise<T>): Promise<T> {
    const reader = this.#idle.pop() ?? this.#open();
    try {
      reader.db.exec('BEGIN');
      return await read(reader.ledger);
    } finally {
      if (reader.db.inTransaction) reader.db.exec('ROLLBACK');
      if (this.#closed) reader.db.close();
      else this.#idle.push(reader);
    }
  }

  /** Those that are in use close when their walk has ended. */
  close(): void {
    this.#closed = true;
    for (const { db } of this.#idle.splice(0)) db.close();
  }

  #open(): Reader {
    const db = openDatabase(this.#file, { ...STORE_FILE, readonly: true, cacheKb: 2_048 });
    return { db, ledger: new LedgerWalk(db) };
  }
}
