import fs from 'node:fs';
import type BetterSqlite3 from 'better-sqlite3';

/**
 * Objects that are never let go of. One set for the whole process, also where a test runner loads this module once for
 * every test file: what a file's context held is collected after it.
 */
const KEPT = Symbol.for('hoardarr.sqlite.kept');
const holder = fs as { [KEPT]?: Set<object> };

/**
 * Keeps the connection and its statements from being collected. On Node.js 24.19 and newer the garbage collector aborts the
 * process when it destroys an object of better-sqlite3 12 while no script runs (nodejs/node#65446); version 13 is free of
 * that, but does not run on Node.js 20. See docs/decisions/0011. So the number of statements has to be bounded: prepare a
 * statement once. Iterators cannot be kept: `all` takes their place, and `iterate` throws.
 */
export function keepFromCollection(db: BetterSqlite3.Database): BetterSqlite3.Database {
  holder[KEPT] ??= new Set();
  const kept = holder[KEPT];
  kept.add(db);
  const prepare = db.prepare.bind(db);
  const pragmas = new Map<string, BetterSqlite3.Statement>();
  const keep = (sql: string): BetterSqlite3.Statement => {
    const statement = prepare(sql);
    kept.add(statement);
    return Object.assign(statement, { iterate: refuseToIterate });
  };
  keepBackups(db, kept);
  return Object.assign(db, {
    prepare: keep,
    pragma(source: string, options?: { readonly simple?: boolean }): unknown {
      const statement = pragmas.get(source) ?? keep(`PRAGMA ${source}`);
      pragmas.set(source, statement);
      if (!statement.reader) return statement.run();
      if (options?.simple !== true) return statement.pluck(false).all();
      return statement.pluck().get();
    },
  });
}

function refuseToIterate(): never {
  throw new Error('iterators of better-sqlite3 are let go of, which ends Node.js 24: use all() (decision 0011)');
}

interface Native {
  backup?: (...values: readonly unknown[]) => object;
}

/** A backup's object is handed to nobody: it is caught where the native connection makes it. */
function keepBackups(db: BetterSqlite3.Database, kept: Set<object>): void {
  for (const name of Object.getOwnPropertySymbols(db)) {
    const native = (db as unknown as Record<symbol, Native | undefined>)[name];
    const backup = native?.backup;
    if (native === undefined || typeof backup !== 'function') continue;
    native.backup = (...values) => {
      const made = backup.apply(native, values as unknown[]);
      kept.add(made);
      return made;
    };
  }
}
