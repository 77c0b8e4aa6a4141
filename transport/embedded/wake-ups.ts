import type { LogDatabase } from './log-database.ts';
import type { PartitionTable } from './partition-table.ts';

/**
 * Tells readers that there may be something new: at once after an append in this process, and within the poll interval after
 * a change by another one, which `PRAGMA data_version` shows without reading the file.
 */
export class WakeUps {
  readonly #db: LogDatabase;
  readonly #pollIntervalMs: number;
  readonly #onForeignChange: () => void;
  readonly #listeners = new Map<PartitionTable, Set<() => void>>();
  #timer: NodeJS.Timeout | undefined;
  #version: unknown;

  constructor(db: LogDatabase, pollIntervalMs: number, onForeignChange: () => void) {
    this.#db = db;
    this.#pollIntervalMs = pollIntervalMs;
    this.#onForeignChange = onForeignChange;
  }

  start(): void {
    this.#timer ??= setInterval(() => this.#poll(), this.#pollIntervalMs);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Calls back after appends to the partition, until the returned function is called. */
  listen(table: PartitionTable, wake: () => void): () => void {
    const listeners = this.#listeners.get(table) ?? new Set();
    this.#listeners.set(table, listeners.add(wake));
    return () => void listeners.delete(wake);
  }

  wake(tables: Iterable<PartitionTable>): void {
    for (const table of tables) for (const wake of this.#listeners.get(table) ?? []) wake();
  }

  #poll(): void {
    try {
      const version = this.#db.prepare<[], { data_version: number }>('PRAGMA data_version').get()?.data_version;
      if (version === this.#version) return;
      this.#onForeignChange();
      this.wake(this.#listeners.keys());
      this.#version = version; // only now: what failed is looked at again
    } catch {
      // The database cannot be read now; the next poll tries again, and writers report it.
    }
  }
}
