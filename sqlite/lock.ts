import { closeSync, existsSync, openSync } from 'node:fs';
import BetterSqlite3 from 'better-sqlite3';
import { databaseFault } from './faults.ts';
import { keepFromCollection } from './keep.ts';

/**
 * Takes a lock that the system gives back when the process dies: many hold it `shared`, or one holds it `alone`. The file stays
 * empty.
 *
 * @returns what lets go of it; null while others are in the way
 */
export function lockFile(file: string, how: 'shared' | 'alone'): (() => void) | null {
  // Never for a file that is there: closing it would give back what this process holds of it (POSIX).
  if (!existsSync(file)) closeSync(openSync(file, 'a', 0o600));
  const db = keepFromCollection(new BetterSqlite3(file, { fileMustExist: true, timeout: 0 }));
  try {
    // Not in WAL mode, where readers are in nobody's way.
    db.exec(how === 'alone' ? 'BEGIN EXCLUSIVE' : 'BEGIN; SELECT count(*) FROM sqlite_schema');
    return () => db.close();
  } catch (error) {
    db.close();
    if (databaseFault(error) === 'busy') return null;
    throw error;
  }
}
