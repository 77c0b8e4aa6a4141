/** What an error of SQLite means for its caller. */
export type DatabaseFault =
  /** no space left: nothing of the transaction was written */
  | 'full'
  /** the disk or the file system failed */
  | 'io'
  /** another connection holds the lock: try again */
  | 'busy'
  /** the bytes are no database, or a damaged one */
  | 'corrupt'
  /** the file cannot be opened or written: permissions, a missing folder, a read-only disk */
  | 'access';

const FAULTS: readonly (readonly [prefix: string, fault: DatabaseFault])[] = [
  ['SQLITE_FULL', 'full'],
  ['SQLITE_IOERR', 'io'],
  ['SQLITE_BUSY', 'busy'],
  ['SQLITE_LOCKED', 'busy'],
  ['SQLITE_PROTOCOL', 'busy'],
  ['SQLITE_NOTADB', 'corrupt'],
  ['SQLITE_CORRUPT', 'corrupt'],
  ['SQLITE_CANTOPEN', 'access'],
  ['SQLITE_READONLY', 'access'],
  ['SQLITE_PERM', 'access'],
];

/**
 * Which fault of the database an error is, or null when it is none: then it is a bug (a constraint, a wrong statement)
 * and should not be retried. Result codes: https://www.sqlite.org/rescode.html
 */
export function databaseFault(error: unknown): DatabaseFault | null {
  // Not by its class: that of better-sqlite3 comes from another realm when a test file is the second in its process.
  if (typeof error !== 'object' || error === null || !('code' in error) || typeof error.code !== 'string') return null;
  const code = error.code;
  return FAULTS.find(([prefix]) => code.startsWith(prefix))?.[1] ?? null;
}
