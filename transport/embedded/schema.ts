import { TOPIC_NAMES, type TopicName } from '../../core/ports/event-log.ts';
import type { Migration } from '../../sqlite/open.ts';

/** 'Hlog', in the header of log.db. */
export const APPLICATION_ID = 0x486c6f67;

/**
 * Every partition of a topic is a table of its own, so that an append always lands at the right edge of a b-tree: SQLite then
 * fills pages whole and never moves a row, which is what makes an erased record leave nothing behind (decision 0004).
 */
export function tableName(topic: TopicName, partition: number): string {
  return `${topic.replace('-', '_')}_${partition}`;
}

/**
 * A row whose key is null is erased: nothing is left of it but its offset. A null timestamp means `appended`; null headers
 * mean none; a null value beside a key is a tombstone.
 */
const recordTable = (name: string): string => `
  CREATE TABLE ${name} (
    offset INTEGER PRIMARY KEY,
    appended INTEGER,
    timestamp INTEGER,
    key TEXT,
    headers TEXT,
    value BLOB
  );`;

const SHARED_TABLES = `
  CREATE TABLE layout (partitions INTEGER NOT NULL);

  -- start: everything below is erased; compacted: tombstones below were applied
  CREATE TABLE progress (
    topic TEXT NOT NULL,
    partition INTEGER NOT NULL,
    start INTEGER NOT NULL DEFAULT 0,
    compacted INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (topic, partition)
  ) WITHOUT ROWID;

  -- applied tombstones, until their own end
  CREATE TABLE tombstones (
    topic TEXT NOT NULL,
    partition INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    appended INTEGER NOT NULL,
    PRIMARY KEY (topic, partition, offset)
  ) WITHOUT ROWID;

  -- 32-bit hashes of the keys of one block of offsets, in order of offset
  CREATE TABLE key_hashes (
    topic TEXT NOT NULL,
    partition INTEGER NOT NULL,
    block INTEGER NOT NULL,
    hashes BLOB NOT NULL,
    PRIMARY KEY (topic, partition, block)
  );

  CREATE TABLE groups (name TEXT PRIMARY KEY, epoch INTEGER NOT NULL) WITHOUT ROWID;

  CREATE TABLE members (
    id TEXT PRIMARY KEY,
    group_name TEXT NOT NULL,
    topics TEXT NOT NULL,
    host TEXT NOT NULL,
    pid INTEGER NOT NULL,
    started TEXT NOT NULL,
    heartbeat INTEGER NOT NULL
  ) WITHOUT ROWID;

  CREATE TABLE claims (
    group_name TEXT NOT NULL,
    topic TEXT NOT NULL,
    partition INTEGER NOT NULL,
    owner TEXT,
    generation INTEGER NOT NULL DEFAULT 0,
    committed INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (group_name, topic, partition)
  ) WITHOUT ROWID;`;

/** The history of log.db. A new file gets this many partitions. */
export function logMigrations(partitions: number): readonly Migration[] {
  return [
    (db) => {
      db.exec(SHARED_TABLES);
      db.prepare('INSERT INTO layout (partitions) VALUES (?)').run(partitions);
      const insertProgress = db.prepare('INSERT INTO progress (topic, partition) VALUES (?, ?)');
      for (const topic of TOPIC_NAMES) {
        for (let partition = 0; partition < partitions; partition += 1) {
          db.exec(recordTable(tableName(topic, partition)));
          insertProgress.run(topic, partition);
        }
      }
    },
    // id: whose records a copy of them are; held_until, ms, and moved_to: see MovableLog
    `ALTER TABLE layout ADD COLUMN id TEXT;
     ALTER TABLE layout ADD COLUMN held_until INTEGER NOT NULL DEFAULT 0;
     ALTER TABLE layout ADD COLUMN moved_to TEXT;
     UPDATE layout SET id = lower(hex(randomblob(8)));`,
  ];
}
