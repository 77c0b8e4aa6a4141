import type { Database } from '../../sqlite/open.ts';

/**
 * nextDocId; vectorModel: JSON of model and dimensions; eraseOwed: rises with each erasure, and is absent when the bytes of
 * all of them are gone; eraseRewritten: the eraseOwed at which the file was last rewritten.
 */
export type SettingName = 'nextDocId' | 'vectorModel' | 'eraseOwed' | 'eraseRewritten';

/** Prepared once for a connection, which keeps its statements for ever: see sqlite/keep.ts. */
const statements = new WeakMap<Database, ReturnType<typeof prepare>>();

export function readSetting(db: Database, name: SettingName): string | null {
  return statementsOf(db).read.get(name) ?? null;
}

export function writeSetting(db: Database, name: SettingName, value: string): void {
  statementsOf(db).write.run(name, value);
}

/** Removes it where it still has this value. */
export function removeSetting(db: Database, name: SettingName, value: string): void {
  statementsOf(db).remove.run(name, value);
}

function statementsOf(db: Database): ReturnType<typeof prepare> {
  const known = statements.get(db) ?? prepare(db);
  statements.set(db, known);
  return known;
}

function prepare(db: Database) {
  return {
    read: db.prepare<[string], string>('SELECT value FROM settings WHERE name = ?').pluck(),
    write: db.prepare('INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)'),
    remove: db.prepare('DELETE FROM settings WHERE name = ? AND value = ?'),
  };
}
