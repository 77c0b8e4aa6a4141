import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ChangeSet } from '../../core/ports/item-store.ts';
import { databaseFault } from '../../sqlite/faults.ts';
import { loadVec } from '../../sqlite/load-vec.ts';
import { type Database, openDatabase } from '../../sqlite/open.ts';
import { content, direction, item, searchable } from '../../testing/contracts/item-store-samples.ts';
import { ChangeWriter } from './change-writer.ts';
import { ItemRefusedError, isItemFault, toStoreError } from './faults.ts';
import { STORE_MIGRATIONS } from './schema.ts';
import { ScopeIds } from './scope-ids.ts';
import { VectorTable } from './vector-table.ts';

let folder: string;
let db: Database;
let writer: ChangeWriter;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hoardarr-writer-'));
  db = openDatabase(join(folder, 'store.db'), { migrations: STORE_MIGRATIONS });
  loadVec(db);
  writer = new ChangeWriter(db, new ScopeIds(db), new VectorTable(db));
});

afterEach(() => {
  db.close();
  rmSync(folder, { recursive: true, force: true });
});

const count = (table: string): unknown => db.prepare(`SELECT count(*) FROM ${table}`).pluck().get();

function changeOf(items: ChangeSet['items']): ChangeSet {
  const expected = writer.progress(0);
  const rest = {
    scopes: [],
    accounts: [],
    runs: [],
    history: [],
    events: [],
    outbox: [],
    chunks: [],
    discardChunks: [],
  };
  return { ...rest, partition: 0, expected, position: expected.position + 1, nextOffset: 0, items };
}

describe('ChangeWriter', () => {
  it('writes nothing at all when the disk is full, and all of it when there is space again', () => {
    writer.commit(changeOf([searchable('0', 'before', direction(0))]));
    const pages = Number(db.pragma('page_count', { simple: true }));
    db.pragma(`max_page_count = ${pages + 2}`);
    const items = Array.from({ length: 50 }, (_, i) =>
      item(`a${i}`, {}, { content: content(`t${i}`, { body: 'x'.repeat(9_000) }) }),
    );
    const change = changeOf(items);
    let fault: unknown = null;
    try {
      writer.commit(change);
    } catch (error) {
      fault = error;
    }
    expect(databaseFault(fault)).toBe('full');
    expect((toStoreError(fault) as Error).name).toBe('StoreUnavailableError');
    expect([count('ledger'), count('items'), count('vectors')]).toEqual([1, 1, 1]);
    expect(writer.progress(0).position).toBe(0);
    db.pragma('max_page_count = 1000000');
    expect(writer.commit(change)).toEqual([]);
    expect(count('ledger')).toBe(51);
  });

  it('forgets a scope and a table of vectors that were made in a change that failed', () => {
    db.pragma(`max_page_count = ${Number(db.pragma('page_count', { simple: true })) + 20}`);
    const big = item('big', {}, { scope: 'reddit/new/saved', content: content('t', { body: 'x'.repeat(400_000) }) });
    const change = changeOf([{ ...searchable('1', 'one', direction(1)), scope: 'github/new/starred' }, big]);
    expect(() => writer.commit(change)).toThrow();
    expect(count('scopes')).toBe(0);
    db.pragma('max_page_count = 1000000');
    expect(writer.commit(change)).toEqual([]);
    expect(count('signs')).toBe(1);
  });

  it('never gives a number of a document twice', () => {
    writer.commit(changeOf([item('1'), item('2')]));
    writer.commit(changeOf([item('2', {}, { content: null })]));
    writer.commit(changeOf([item('3'), item('2')]));
    const ids = db.prepare('SELECT item_id, doc_id FROM ledger ORDER BY item_id').raw().all();
    expect(ids).toEqual([
      ['1', 1],
      ['2', 4],
      ['3', 3],
    ]);
  });

  it('leaves the index of words alone when no word changed', () => {
    writer.commit(changeOf([item('1', {}, { content: content('title', { extra: '{"likes":1}' }) })]));
    const state = () => db.prepare('SELECT total(length(block)) FROM words_data').pluck().get();
    const before = state();
    writer.commit(changeOf([item('1', {}, { content: content('title', { extra: '{"likes":2}' }) })]));
    expect(state()).toBe(before);
    expect(db.prepare('SELECT extra FROM items').pluck().all()).toEqual(['{"likes":2}']);
  });

  it('tells faults of an item from faults of the database', () => {
    const withCode = (code: string) => Object.assign(new Error(code), { code });
    expect(
      ['SQLITE_TOOBIG', 'SQLITE_CONSTRAINT_NOTNULL', 'SQLITE_MISMATCH'].map((code) => isItemFault(withCode(code))),
    ).toEqual([true, true, true]);
    expect(
      ['SQLITE_FULL', 'SQLITE_IOERR_WRITE', 'SQLITE_BUSY', 'SQLITE_ERROR'].map((code) => isItemFault(withCode(code))),
    ).toEqual([false, false, false, false]);
    expect([
      isItemFault(new ItemRefusedError('no')),
      isItemFault(new TypeError('SQLite3 can only bind numbers')),
      isItemFault(new TypeError('no')),
    ]).toEqual([true, true, false]);
    expect(toStoreError(withCode('SQLITE_ERROR'))).toMatchObject({ code: 'SQLITE_ERROR' });
  });
});
