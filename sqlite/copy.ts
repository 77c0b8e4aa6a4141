import BetterSqlite3 from 'better-sqlite3';
import { keepFromCollection } from './keep.ts';

/** More than any file has: all of it in one step, so that a writer in between cannot make it begin again for ever. */
const ALL_PAGES = 2_147_483_647;

/** Copies a SQLite file, whatever its format, as it is at one moment, while other processes write to it. Blocks meanwhile. */
export async function copyDatabase(file: string, to: string): Promise<void> {
  const db = keepFromCollection(new BetterSqlite3(file, { readonly: true, fileMustExist: true }));
  try {
    await db.backup(to, { progress: () => ALL_PAGES });
  } finally {
    db.close();
  }
}
