import type { Database } from '../../sqlite/open.ts';

/**
 * nextDocId; vectorModel: JSON of model and dimensions; eraseOwed: rises with each erasure, and is absent when the bytes of
 * all of them are gone; eraseRewritten: the eraseOwed at which the file was last rewritten.
 */
export type SettingName = 'nextDocId' | 'vectorModel' | 'eraseOwed' | 'eraseRewritten';

export function readSetting(db: Database, name: SettingName): string | null {
  const value = db.prepare<[string], string>('SELECT value FROM settings WHERE name = ?').pluck().get(name);
  return value ?? null;
}

export function writeSetting(db: Database, name: SettingName, value: string): void {
  db.prepare('INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)').run(name, value);
}
