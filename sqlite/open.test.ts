import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import BetterSqlite3 from 'better-sqlite3';
import { InputError } from '../core/errors.ts';
import { databaseFault } from './faults.ts';
import { type Database, eraseFreedPages, openDatabase, transaction } from './open.ts';

const applicationId = 0x48524454;
const first = 'CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT NOT NULL)';
const second = "ALTER TABLE notes ADD COLUMN title TEXT NOT NULL DEFAULT ''";

let folder: string;
let file: string;
const opened: Database[] = [];

const open = (options: Parameters<typeof openDatabase>[1] = {}): Database => {
  const db = openDatabase(file, { applicationId, migrations: [first], ...options });
  opened.push(db);
  return db;
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hoardarr-sqlite-'));
  file = join(folder, 'deep', 'notes.db');
});

afterEach(() => {
  for (const db of opened.splice(0)) db.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('openDatabase', () => {
  it('creates the folder and a private file in WAL mode', () => {
    const db = open();
    expect(db.pragma('journal_mode', { simple: true })).toBe('wal');
    expect(db.pragma('secure_delete', { simple: true })).toBe(1);
    expect(db.pragma('foreign_keys', { simple: true })).toBe(1);
    expect(db.pragma('page_size', { simple: true })).toBe(4_096);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(`${file}-wal`).mode & 0o777).toBe(0o600);
  });

  it('syncs each transaction only where power loss counts', () => {
    expect(open().pragma('synchronous', { simple: true })).toBe(1);
    expect(open({ durability: 'power' }).pragma('synchronous', { simple: true })).toBe(2);
  });

  it('applies the missing migrations, once', () => {
    open().prepare("INSERT INTO notes (body) VALUES ('kept')").run();
    const db = open({ migrations: [first, second] });
    expect(db.prepare('SELECT body, title FROM notes').all()).toEqual([{ body: 'kept', title: '' }]);
    expect(open({ migrations: [first, second] }).pragma('user_version', { simple: true })).toBe(2);
  });

  it('leaves the file as it was when a migration fails', () => {
    open();
    expect(() => open({ migrations: [first, second, 'CREATE TABLE nonsense ('] })).toThrow();
    expect(open().prepare('SELECT count(*) FROM pragma_table_info(?)').pluck().get('notes')).toBe(2);
  });

  it('refuses a newer file, a foreign database and a file that is none', () => {
    open({ migrations: [first, second] });
    expect(() => open()).toThrow(/newer version of Hoardarr \(format 2, this one knows 1\)/);
    expect(() => open({ applicationId: 7, migrations: [first, second] })).toThrow(/not the one that belongs here/);
    writeFileSync(
      join(folder, 'other.db'),
      'a text that is long enough to be read as a header of a database'.repeat(20),
    );
    expect(() => openDatabase(join(folder, 'other.db'))).toThrow(InputError);
  });

  it.each(['PRAGMA application_id', 'SELECT count(*) FROM sqlite_schema'])(
    'opens a file that another process makes just before it reads by "%s"',
    (next) => {
      const prepare = BetterSqlite3.prototype.prepare;
      let isMade = false;
      const spy = jest.spyOn(BetterSqlite3.prototype, 'prepare').mockImplementation(function (this: Database, sql) {
        if (sql === next && !isMade) {
          isMade = true;
          open().prepare("INSERT INTO notes (body) VALUES ('theirs')").run();
        }
        return prepare.call(this, sql);
      });
      try {
        expect(open().prepare('SELECT body FROM notes').pluck().all()).toEqual(['theirs']);
      } finally {
        spy.mockRestore();
      }
    },
  );

  it('reads without writing', () => {
    expect(() => open({ readonly: true })).toThrow(/does not exist/);
    open().prepare("INSERT INTO notes (body) VALUES ('seen')").run();
    const db = open({ readonly: true });
    expect(db.prepare('SELECT body FROM notes').pluck().get()).toBe('seen');
    expect(() => db.prepare("INSERT INTO notes (body) VALUES ('no')").run()).toThrow(/readonly/);
    expect(() => open({ readonly: true, migrations: [first, second] })).toThrow(/older version/);
  });
});

it('hands out no iterators, which nothing can keep from the garbage collector', () => {
  expect(() => open().prepare('SELECT id FROM notes').iterate()).toThrow('use all()');
});

describe('transaction', () => {
  it('commits what returns and rolls back what throws', () => {
    const db = open();
    const insert = db.prepare('INSERT INTO notes (body) VALUES (?)');
    expect(transaction(db, () => insert.run('one').changes)).toBe(1);
    expect(() =>
      transaction(db, () => {
        insert.run('two');
        throw new Error('half way');
      }),
    ).toThrow('half way');
    expect(db.prepare('SELECT body FROM notes').pluck().all()).toEqual(['one']);
  });
});

describe('eraseFreedPages', () => {
  const remains = (text: string): boolean => [file, `${file}-wal`].some((path) => readFileSync(path).includes(text));

  it('leaves nothing of deleted rows in the bytes of the file, and gives the space back', () => {
    const db = open();
    const insert = db.prepare('INSERT INTO notes (body) VALUES (?)');
    transaction(db, () => {
      for (let i = 0; i < 2_000; i += 1)
        insert.run(i % 3 === 0 ? `keep-${i} ${'k'.repeat(i % 9_000)}` : `secret-${i}-${'s'.repeat((i * 7) % 9_000)}`);
    });
    expect(eraseFreedPages(db)).toBe(true);
    const before = statSync(file).size;
    expect(remains('secret-')).toBe(true);
    db.prepare("DELETE FROM notes WHERE body LIKE 'secret%'").run();
    expect(eraseFreedPages(db)).toBe(true);
    expect(remains('secret-')).toBe(false);
    expect(remains('ssss')).toBe(false);
    expect(statSync(file).size).toBeLessThan(before / 2);
  });

  it('says so while another connection still reads the former contents', () => {
    const db = open({ busyTimeoutMs: 20 });
    db.prepare("INSERT INTO notes (body) VALUES ('secret')").run();
    const reader = open({ readonly: true });
    reader.exec('BEGIN');
    reader.prepare('SELECT * FROM notes').all();
    db.prepare('DELETE FROM notes').run();
    expect(eraseFreedPages(db)).toBe(false);
    reader.exec('COMMIT');
    expect(eraseFreedPages(db)).toBe(true);
    expect(remains('secret')).toBe(false);
  });
});

describe('databaseFault', () => {
  it('tells a full disk from a busy one and from a bug', () => {
    const db = open({ busyTimeoutMs: 1 });
    db.pragma(`max_page_count = ${Number(db.pragma('page_count', { simple: true })) + 1}`);
    const insert = db.prepare('INSERT INTO notes (body) VALUES (?)');
    const faultOf = (work: () => unknown): unknown => {
      try {
        work();
        return 'none';
      } catch (error) {
        return databaseFault(error);
      }
    };
    expect(faultOf(() => insert.run('x'.repeat(100_000)))).toBe('full');
    const other = open({ busyTimeoutMs: 1 });
    other.exec('BEGIN IMMEDIATE');
    expect(faultOf(() => insert.run('y'))).toBe('busy');
    other.exec('ROLLBACK');
    expect(faultOf(() => insert.run(null))).toBeNull();
  });
});
