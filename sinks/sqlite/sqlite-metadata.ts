import type { MetadataDocument, MetadataStore } from '../../core/ports/metadata-store.ts';
import { type Database, eraseFreedPages, type Migration, openDatabase, transaction } from '../../sqlite/open.ts';
import { toStoreError } from './faults.ts';

/**
 * Versions are numbers that are never given twice, not even to a document that was removed and written again: `version` is
 * the highest so far.
 */
const MIGRATIONS: readonly Migration[] = [
  `CREATE TABLE documents (key TEXT PRIMARY KEY, version INTEGER NOT NULL, value TEXT NOT NULL) WITHOUT ROWID;
   CREATE TABLE counter (version INTEGER NOT NULL);
   INSERT INTO counter VALUES (0);`,
];

/** How the file is opened, also by a test that holds its lock. */
export const METADATA_FILE = { applicationId: 0x48524d44, migrations: MIGRATIONS, durability: 'power' } as const;

export interface SqliteMetadataOptions {
  readonly file: string;
  /** How long a write waits, blocking the event loop, while another process writes, ms. Default 5,000. */
  readonly busyTimeoutMs?: number;
}

type RawDocument = readonly [key: string, version: number, value: string];

/**
 * Opens (and creates) the metadata in a SQLite file of its own, which outlives the store: `<data folder>/meta.db`. An
 * acknowledged write survives a power cut, since fencing numbers and cursors depend on it.
 *
 * @throws InputError when the file is not of this version; StoreUnavailableError when it cannot be used now.
 */
export async function openSqliteMetadata(options: SqliteMetadataOptions): Promise<MetadataStore> {
  const { file, ...rest } = options;
  return guarded(() => createMetadata(openDatabase(file, { ...METADATA_FILE, ...rest })));
}

function createMetadata(db: Database): MetadataStore {
  const get = db.prepare<[string], RawDocument>('SELECT key, version, value FROM documents WHERE key = ?').raw();
  const list = db
    .prepare<[string, string, string], RawDocument>(
      'SELECT key, version, value FROM documents WHERE key >= ? AND substr(key, 1, length(?)) = ? ORDER BY key',
    )
    .raw();
  const next = db.prepare<[], number>('UPDATE counter SET version = version + 1 RETURNING version').pluck();
  const put = db.prepare('INSERT OR REPLACE INTO documents (key, version, value) VALUES (?, ?, ?)');
  const remove = db.prepare('DELETE FROM documents WHERE key = ?');
  const removeVersion = db.prepare('DELETE FROM documents WHERE key = ? AND version = ?');
  return {
    get: (key) => guarded(() => toDocument(get.get(key))),
    list: (prefix) => guarded(() => list.all(prefix, prefix, prefix).map((raw) => toDocument(raw))),
    compareAndSet: (key, expected, value) =>
      guarded(() => {
        const json = JSON.stringify(value);
        if (json === undefined) throw new TypeError(`no JSON value was given for ${key}`);
        return transaction(db, () => {
          const stored = toDocument(get.get(key));
          if ((stored?.version ?? null) !== expected) return null;
          const version = next.get();
          if (version === undefined) throw new Error('the metadata have lost their counter');
          put.run(key, version, json);
          return String(version);
        });
      }),
    remove: (key, expected) =>
      guarded(() => void (expected === undefined ? remove.run(key) : removeVersion.run(key, Number(expected)))),
    eraseFreed: () => guarded(() => eraseFreedPages(db)),
    close: () => guarded(() => void db.close()),
  };
}

function toDocument(raw: RawDocument): MetadataDocument;
function toDocument(raw: RawDocument | undefined): MetadataDocument | null;
function toDocument(raw: RawDocument | undefined): MetadataDocument | null {
  if (raw === undefined) return null;
  const [key, version, value] = raw;
  return { key, version: String(version), value: JSON.parse(value) as unknown };
}

async function guarded<T>(work: () => T): Promise<T> {
  try {
    return work();
  } catch (error) {
    throw toStoreError(error);
  }
}
