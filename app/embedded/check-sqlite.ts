import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadVec } from '../../sqlite/load-vec.ts';
import { openDatabase } from '../../sqlite/open.ts';

/** Versions of SQLite and sqlite-vec, as they load here. Throws what either says when it does not. */
export function checkSqlite(): { readonly sqlite: string; readonly vec: string } {
  const folder = mkdtempSync(path.join(tmpdir(), 'hoardarr-check-'));
  try {
    const db = openDatabase(path.join(folder, 'check.db'));
    try {
      loadVec(db);
      return db.prepare('SELECT sqlite_version() AS sqlite, vec_version() AS vec').get() as {
        sqlite: string;
        vec: string;
      };
    } finally {
      db.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
