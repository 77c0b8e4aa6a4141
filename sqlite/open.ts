import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { InputError, messageOf } from '../core/errors.ts';
import { databaseFault } from './faults.ts';
import { keepFromCollection } from './keep.ts';

/** A connection to one SQLite file. Every call on it is synchronous. */
export type Database = BetterSqlite3.Database;
export type Statement<P extends unknown[] = unknown[], R = unknown> = BetterSqlite3.Statement<P, R>;

/** One step of a database's history: SQL to execute, or a function for what SQL cannot say. */
export type Migration = string | ((db: Database) => void);

export interface OpenOptions {
  /** Neither creates nor migrates; the file must exist and be of this version. */
  readonly readonly?: boolean;
  /** Tells the databases of Hoardarr apart: a positive 32-bit number, in the header of the file. */
  readonly applicationId?: number;
  /** All steps since the first release, in order. `user_version` counts those that were applied. */
  readonly migrations?: readonly Migration[];
  /**
   * What an acknowledged transaction survives. `process` (default): the death of the process, since WAL is in the page cache
   * (synchronous=NORMAL; a power cut may lose the newest transactions, never damage the file). `power`: a power cut too
   * (synchronous=FULL: one fsync for each transaction).
   */
  readonly durability?: 'process' | 'power';
  /** How long a statement waits, blocking the event loop, for another connection's lock. Default 5,000 ms. */
  readonly busyTimeoutMs?: number;
  /** Page cache of this connection. Default 16,384 kB. */
  readonly cacheKb?: number;
  /**
   * `all` (default): everything that is deleted is overwritten at once, as far as SQLite does that. `rows`: pages that become
   * free keep what they held until they are used again; for files that `eraseFreedPages` rewrites after every erasure.
   */
  readonly overwrite?: 'all' | 'rows';
  /** Bytes of the file that are read through a memory map. Default 0: a failing disk under a map kills the process. */
  readonly mmapBytes?: number;
  /** Page size of a new file: a power of two from 512 to 65,536. Default 4,096. */
  readonly pageBytes?: number;
  /** Pages in the WAL that make a commit checkpoint it, which blocks for about 10 ms a MB. Default 1,000 (4 MB). */
  readonly checkpointPages?: number;
}

const DEFAULT_BUSY_TIMEOUT_MS = 5_000;
const DEFAULT_CACHE_KB = 16_384;
const DEFAULT_PAGE_BYTES = 4_096;
const DEFAULT_CHECKPOINT_PAGES = 1_000;
const OPEN_ATTEMPTS = 50;

/**
 * Opens (and, unless `readonly`, creates and migrates) a SQLite file in WAL mode, with secure_delete and foreign keys on.
 * A new file is readable by its owner alone, and so are the -wal and -shm beside it.
 *
 * @throws InputError when the file is no database, belongs to another program, was written by a newer version, or (readonly)
 * does not exist or is of an older version. Other errors are SQLite's own: see `databaseFault`.
 */
export function openDatabase(file: string, options: OpenOptions = {}): Database {
  const db = connect(file, options);
  try {
    configure(db, options);
    migrate(db, file, options);
    return db;
  } catch (error) {
    db.close();
    if (databaseFault(error) !== 'corrupt') throw error;
    throw new InputError(
      `${file} is no SQLite database, or a damaged one: restore it from a backup (${messageOf(error)})`,
      {
        file,
      },
    );
  }
}

function connect(file: string, options: OpenOptions): Database {
  const readonly = options.readonly ?? false;
  if (readonly && !existsSync(file)) throw new InputError(`${file} does not exist`, { file });
  if (!readonly && !existsSync(file)) {
    mkdirSync(dirname(file), { recursive: true });
    closeSync(openSync(file, 'a', 0o600)); // SQLite gives the -wal and -shm the mode of the file
  }
  const db = new BetterSqlite3(file, {
    readonly,
    fileMustExist: true,
    timeout: options.busyTimeoutMs ?? DEFAULT_BUSY_TIMEOUT_MS,
  });
  return keepFromCollection(db);
}

function configure(db: Database, options: OpenOptions): void {
  if (!db.readonly) {
    db.pragma(`page_size = ${options.pageBytes ?? DEFAULT_PAGE_BYTES}`); // heeded only while the file is empty
    // The busy handler is not asked when two processes switch a new file to WAL at once, so this waits by itself.
    retryBusy(() => db.pragma('journal_mode = WAL'));
    db.pragma(`secure_delete = ${options.overwrite === 'rows' ? 'FAST' : 'ON'}`);
    db.pragma(`wal_autocheckpoint = ${options.checkpointPages ?? DEFAULT_CHECKPOINT_PAGES}`);
    db.pragma('journal_size_limit = 67108864');
  }
  db.pragma(`synchronous = ${options.durability === 'power' ? 'FULL' : 'NORMAL'}`);
  db.pragma('foreign_keys = ON');
  db.pragma('trusted_schema = OFF');
  db.pragma('temp_store = MEMORY');
  db.pragma(`cache_size = -${options.cacheKb ?? DEFAULT_CACHE_KB}`);
  db.pragma(`mmap_size = ${options.mmapBytes ?? 0}`);
}

function retryBusy(work: () => void): void {
  for (let attempt = 1; ; attempt += 1) {
    try {
      work();
      return;
    } catch (error) {
      if (databaseFault(error) !== 'busy' || attempt === OPEN_ATTEMPTS) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    }
  }
}

function migrate(db: Database, file: string, options: OpenOptions): void {
  const migrations = options.migrations ?? [];
  if (schemaVersion(db, file, options) === migrations.length) return;
  if (db.readonly) {
    throw new InputError(
      `${file} was written by an older version of Hoardarr: start Hoardarr once to bring it up to date`,
      {
        file,
      },
    );
  }
  transaction(db, () => {
    // Read again under the lock: another process may have migrated meanwhile.
    for (const step of migrations.slice(schemaVersion(db, file, options))) {
      if (typeof step === 'string') db.exec(step);
      else step(db);
    }
    db.pragma(`user_version = ${migrations.length}`);
    if (options.applicationId !== undefined) db.pragma(`application_id = ${options.applicationId}`);
  });
}

function schemaVersion(db: Database, file: string, { applicationId, migrations = [] }: OpenOptions): number {
  // In one snapshot: another process may create the file just now, and half of it new would look like somebody else's.
  const { version, owner, tables } = db.transaction(() => ({
    version: Number(db.pragma('user_version', { simple: true })),
    owner: Number(db.pragma('application_id', { simple: true })),
    tables: Number(db.prepare('SELECT count(*) FROM sqlite_schema').pluck().get()),
  }))();
  const isNew = tables === 0 && version === 0 && owner === 0;
  if (!isNew && applicationId !== undefined && owner !== applicationId) {
    throw new InputError(
      `${file} is a SQLite database, but not the one that belongs here: was a file moved or renamed?`,
      {
        file,
      },
    );
  }
  if (version > migrations.length) {
    throw new InputError(
      `${file} was written by a newer version of Hoardarr (format ${version}, this one knows ${migrations.length}): use that version`,
      { file },
    );
  }
  return version;
}

/**
 * Runs `work` in one transaction that takes the write lock at its start, so that it never fails half way because another
 * writer was first. Commits when it returns; rolls back when it throws. Nested calls are savepoints. `work` is synchronous.
 */
export function transaction<T>(db: Database, work: () => T): T {
  return db.transaction(work).immediate();
}

/**
 * Makes sure that what was deleted is gone from the bytes of the file and of its -wal. It rewrites the file (VACUUM), because
 * `secure_delete` alone is not enough: when SQLite moves rows between pages, it leaves their former bytes in the gaps, and a
 * later deletion clears only the present place (sqlite3.c, rebuildPage). So this blocks, for about 15 ms for each MB of the
 * file: call it once for many deletions. Gives free space back to the file system.
 *
 * @returns whether everything is gone; false while another connection still reads or writes: call it again later.
 */
export function eraseFreedPages(db: Database): boolean {
  db.pragma('temp_store = FILE'); // VACUUM makes a copy of everything, which would not fit into memory
  try {
    db.exec('VACUUM');
  } catch (error) {
    if (databaseFault(error) === 'busy') return false;
    throw error;
  } finally {
    db.pragma('temp_store = MEMORY');
  }
  return truncateWal(db);
}

/**
 * Moves every page of the WAL into the file and empties the WAL, whose older frames still hold former contents.
 *
 * @returns false while another connection still reads or writes: call it again later.
 */
export function truncateWal(db: Database): boolean {
  const [result] = db.pragma('wal_checkpoint(TRUNCATE)') as { readonly busy: number }[];
  return result?.busy === 0;
}
