import type { Migration } from '../../sqlite/open.ts';

/** In the header of the file, so that no other database of Hoardarr is taken for a store. */
export const STORE_APPLICATION_ID = 0x48525354;

/**
 * `ledger` is ordered by bytes (BINARY), and item ids are ASCII, which core enforces: so its order is that of UTF-16 code
 * units too. `flags` is packed by flags.ts; the conditions of the partial indexes repeat its layout, since SQLite uses a
 * partial index only where a query states the same condition literally.
 *
 * `doc_id` ties an item to its content, its words and its vector: null when it has none of them. It is never given twice,
 * so that nothing of an erased item can be found under the number of another. `parts` says which of them exist.
 */
const LEDGER = `
CREATE TABLE settings (name TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;

CREATE TABLE scopes (scope_id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, data TEXT);

CREATE TABLE ledger (
  scope_id INTEGER NOT NULL,
  item_id TEXT NOT NULL,
  flags INTEGER NOT NULL,
  document_hash TEXT NOT NULL,
  saved_at INTEGER,
  seen INTEGER NOT NULL,
  content_hash TEXT NOT NULL,
  vector_hash TEXT NOT NULL,
  doc_id INTEGER,
  parts INTEGER NOT NULL,
  first_seen_at INTEGER,
  last_seen_at INTEGER,
  decided INTEGER NOT NULL,
  basis_seen INTEGER NOT NULL,
  person_at INTEGER NOT NULL,
  hold_id TEXT,
  judged_at INTEGER NOT NULL,
  absent_since INTEGER NOT NULL,
  verdict_at INTEGER,
  verdict_seen INTEGER NOT NULL,
  content_at INTEGER NOT NULL,
  purged_at INTEGER NOT NULL,
  trashed_at INTEGER,
  hidden_at INTEGER,
  attempts INTEGER NOT NULL,
  retry_at INTEGER,
  text_hash TEXT NOT NULL,
  content_keys TEXT NOT NULL,
  returned_by TEXT,
  PRIMARY KEY (scope_id, item_id)
) WITHOUT ROWID;

CREATE INDEX ledger_active ON ledger (scope_id, (-ifnull(saved_at, -1)), item_id) WHERE (flags & 7) = 1;
CREATE INDEX ledger_held ON ledger (scope_id, (-ifnull(saved_at, -1)), item_id) WHERE (flags & 7) = 2;
CREATE INDEX ledger_trash ON ledger (scope_id, (-ifnull(saved_at, -1)), item_id) WHERE (flags & 7) = 3;
CREATE INDEX ledger_purged ON ledger (scope_id, (-ifnull(saved_at, -1)), item_id) WHERE (flags & 7) = 4;
CREATE INDEX ledger_expiry ON ledger (trashed_at) WHERE (flags & 15) = 3;
CREATE INDEX ledger_retry ON ledger (ifnull(retry_at, -1)) WHERE (flags & 7) IN (1, 2) AND (flags & 1040) = 0;
CREATE INDEX ledger_hold ON ledger (hold_id) WHERE (flags & 7) = 2 AND hold_id IS NOT NULL;
CREATE INDEX ledger_text ON ledger (substr(text_hash, 1, 16)) WHERE text_hash <> '';
`;

/**
 * `words` keeps no text of its own (content=''): what it was given is in `items`. A deletion there leaves a tombstone, and
 * the terms go when their segments are merged: eraser.ts. The table of the sign bits of vectors is made when the first
 * vector tells how many dimensions there are: vector-table.ts.
 */
const ITEMS = `
CREATE TABLE items (
  doc_id INTEGER PRIMARY KEY,
  scope_id INTEGER NOT NULL,
  item_id TEXT NOT NULL,
  url TEXT NOT NULL,
  title TEXT,
  author TEXT,
  body TEXT,
  saved_at INTEGER,
  created_at INTEGER,
  thumbnail_url TEXT,
  extra TEXT NOT NULL,
  payload TEXT
);

CREATE TABLE vectors (doc_id INTEGER PRIMARY KEY, bytes BLOB NOT NULL);

CREATE VIRTUAL TABLE words USING fts5(
  title, author, body, url,
  content = '', contentless_delete = 1, tokenize = 'porter unicode61 remove_diacritics 2'
);
INSERT INTO words (words, rank) VALUES ('rank', 'bm25(4.0, 3.0, 1.0, 0.5)');
`;

const THE_REST = `
CREATE TABLE history (
  scope_id INTEGER NOT NULL,
  item_id TEXT NOT NULL,
  position INTEGER NOT NULL,
  turn INTEGER NOT NULL,
  event TEXT NOT NULL,
  at INTEGER NOT NULL,
  reason TEXT NOT NULL,
  snapshot_id TEXT,
  author TEXT NOT NULL,
  evidence TEXT NOT NULL,
  erasable INTEGER NOT NULL,
  PRIMARY KEY (scope_id, item_id, position, turn, event)
) WITHOUT ROWID;

CREATE TABLE runs (
  sync_id TEXT PRIMARY KEY,
  account TEXT NOT NULL,
  started_position INTEGER NOT NULL,
  caused_by TEXT,
  data TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX runs_by_account ON runs (account, started_position);
CREATE INDEX runs_by_cause ON runs (caused_by) WHERE caused_by IS NOT NULL;

CREATE TABLE accounts (account TEXT PRIMARY KEY, data TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE events (event_id TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE progress (partition INTEGER PRIMARY KEY, position INTEGER NOT NULL, next_offset INTEGER NOT NULL);

CREATE TABLE outbox (
  turn INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  topic TEXT NOT NULL,
  account TEXT NOT NULL,
  key TEXT NOT NULL,
  value BLOB
);

CREATE TABLE chunks (
  scope_id INTEGER NOT NULL,
  number INTEGER NOT NULL,
  snapshot_id TEXT NOT NULL,
  item_ids TEXT NOT NULL,
  document_hashes TEXT NOT NULL,
  saved_at BLOB NOT NULL,
  PRIMARY KEY (scope_id, number)
);
`;

/**
 * What lists are read from, also at any place in them: the index has all that a filter asks, so that nothing is looked up for
 * what is passed over. That takes columns: for an index over expressions SQLite looks up every row of a table WITHOUT ROWID.
 * `shown` is state and hidden of the flags; `place` is the saved date with its sign turned, so that everything ascends.
 */
const DATES = `
DROP INDEX ledger_active;
DROP INDEX ledger_held;
DROP INDEX ledger_trash;
DROP INDEX ledger_purged;
ALTER TABLE ledger ADD COLUMN shown INTEGER NOT NULL DEFAULT 0;
ALTER TABLE ledger ADD COLUMN place INTEGER NOT NULL DEFAULT 1;
UPDATE ledger SET shown = flags & 39, place = -ifnull(saved_at, -1);
CREATE INDEX ledger_dates ON ledger (shown, place, item_id, scope_id, doc_id);
`;

/** The events of core/journal.ts. A partial index is used only where a query states its condition as it is here. */
export const JOURNAL_CONDITION = `event IN ('removed', 'removal approved', 'hidden', 'restored by a person',
  'removal rejected', 'shown again', 'restored', 'seen again', 'held', 'purged')`;

const JOURNAL = `
CREATE INDEX history_journal ON history (at, scope_id, item_id, position, turn, event) WHERE ${JOURNAL_CONDITION};
`;

export const STORE_MIGRATIONS: readonly Migration[] = [`${LEDGER}${ITEMS}${THE_REST}`, DATES, JOURNAL];
