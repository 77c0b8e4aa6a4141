import { setTimeout as delay } from 'node:timers/promises';
import { LogUnavailableError, messageOf } from '../../core/errors.ts';
import { databaseFault } from '../../sqlite/faults.ts';
import { type Database, type Statement, transaction } from '../../sqlite/open.ts';

const BUSY_DEADLINE_MS = 10_000;
const BUSY_WAIT_MS = 3;

/** What a write survives: see OpenOptions.durability. */
type Durability = 'power' | 'process';

/**
 * The connection to log.db. SQLite would wait for a lock by blocking the process, so the connection has a busy timeout of
 * nearly nothing, and this waits for it asynchronously.
 */
export class LogDatabase {
  readonly db: Database;
  readonly #statements = new Map<string, Statement>();

  constructor(db: Database) {
    this.db = db;
  }

  /** The statement for this SQL, prepared once. */
  prepare<P extends unknown[], R = unknown>(sql: string): Statement<P, R> {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement as Statement<P, R>;
  }

  /** @throws LogUnavailableError when the database cannot be read now. */
  read<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw this.#unavailable(error);
    }
  }

  /**
   * Runs `work` in a write transaction, waiting for other processes' transactions.
   *
   * @throws LogUnavailableError when the disk is full or failing, or the lock did not come within 10 s.
   */
  async write<T>(durability: Durability, work: () => T): Promise<T> {
    return await this.retryBusy(() => {
      // A later 'power' transaction makes this one durable too: the WAL is one file.
      if (durability === 'process') this.db.pragma('synchronous = NORMAL');
      try {
        return transaction(this.db, work);
      } finally {
        if (durability === 'process') this.db.pragma('synchronous = FULL');
      }
    });
  }

  /** Runs `work` until the database is not busy. */
  async retryBusy<T>(work: () => T): Promise<T> {
    const deadline = performance.now() + BUSY_DEADLINE_MS;
    for (;;) {
      try {
        return work();
      } catch (error) {
        if (databaseFault(error) !== 'busy' || performance.now() > deadline) throw this.#unavailable(error);
      }
      await delay(BUSY_WAIT_MS);
    }
  }

  #unavailable(error: unknown): unknown {
    return this.db.open ? unavailable(error) : new LogUnavailableError('the event log is closed', { cause: error });
  }
}

/** A fault of the database as the error that callers act on; a bug stays what it is. */
export function unavailable(error: unknown): unknown {
  if (databaseFault(error) === null) return error;
  return new LogUnavailableError(`the event log cannot be used: ${messageOf(error)}`, { cause: error });
}
