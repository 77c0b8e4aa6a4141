import BetterSqlite3 from 'better-sqlite3';
import { keepFromCollection } from '../../sqlite/keep.ts';
import type { Database, Statement } from '../../sqlite/open.ts';

export interface BareOptions {
  /** as in sqlite/open.ts: `power` costs an fsync for each transaction */
  readonly durability: 'process' | 'power';
  readonly pageBytes?: number;
  readonly cacheKb?: number;
}

/** A file that is only read, whatever its version. */
export function openForReading(file: string, cacheKb = 16_384): Database {
  const db = keepFromCollection(new BetterSqlite3(file, { readonly: true, fileMustExist: true }));
  db.pragma(`cache_size = -${cacheKb}`);
  return db;
}

/** A new file, with what a script needs to write it fast and as safely as we do, and nothing else. */
export function openForWriting(
  file: string,
  { durability, pageBytes = 4_096, cacheKb = 16_384 }: BareOptions,
): Database {
  const db = keepFromCollection(new BetterSqlite3(file));
  db.pragma(`page_size = ${pageBytes}`);
  db.pragma('journal_mode = WAL');
  db.pragma(`synchronous = ${durability === 'power' ? 'FULL' : 'NORMAL'}`);
  db.pragma(`cache_size = -${cacheKb}`);
  return db;
}

/** See sqlite/keep.ts; a script ends soon, so that here iterators can be kept too. */
const kept: unknown[] = [];

/** The rows, one after the other. */
export function eachOf<R>(statement: Statement<[], R>): IterableIterator<R> {
  const bare = Object.getPrototypeOf(statement) as Statement<[], R>;
  const rows = bare.iterate.call(statement);
  kept.push(rows);
  return rows;
}
