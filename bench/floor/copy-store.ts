import { loadVec } from '../../sqlite/load-vec.ts';
import type { Database, Statement } from '../../sqlite/open.ts';
import { BATCH_ROWS, columnsOf, copyTable, insertInto, TimedWriter, type Written } from './batches.ts';
import { copySchema } from './copy-schema.ts';
import { openForReading, openForWriting } from './open-bare.ts';

/** As sinks/sqlite/vector-table.ts spreads vectors. */
const SHARDS = 16;
const REST = ['scopes', 'runs', 'accounts', 'events', 'progress', 'settings', 'outbox'];
/** As sinks/sqlite opens its file. */
const CACHE_KB = 65_536;

interface Writes {
  readonly ledger: Statement;
  readonly items: Statement;
  readonly vectors: Statement;
  readonly history: Statement;
  readonly words: Statement;
  readonly signs: Statement | null;
}

/** Writes all rows of a store into the same tables of another file, 500 items a transaction. */
export function copyStore(from: string, to: string): Written {
  const source = openForReading(from);
  const target = openForWriting(to, { durability: 'process', cacheKb: CACHE_KB });
  for (const db of [source, target]) loadVec(db);
  copySchema(source, target);
  const writer = new TimedWriter(target);
  copyItems(source, target, writer);
  for (const table of REST) copyTable(source, target, table, writer);
  source.close();
  target.close();
  return writer;
}

function copyItems(source: Database, target: Database, writer: TimedWriter): void {
  const writes = prepareWrites(source, target);
  const reads = prepareReads(source);
  for (let after = 0; ; ) {
    const items = reads.items.all(after);
    const last = items.at(-1);
    if (last === undefined) return;
    const upTo = Number(last[0]);
    const ledger = reads.ledger.all(after, upTo);
    const vectors = reads.vectors.all(after, upTo);
    const history = reads.history.all(after, upTo);
    writer.write(() => {
      for (const row of items) {
        writes.items.run(...row);
        writes.words.run(
          row[0],
          row[4] ?? '',
          row[5] ?? '',
          row[6] ?? '',
          String(row[3]).replace(/^https?:\/\/(www\.)?/, ''),
        );
      }
      for (const row of ledger) writes.ledger.run(...row);
      for (const [docId, bytes, scopeId] of vectors) {
        writes.vectors.run(docId, bytes);
        writes.signs?.run(
          BigInt(Number(docId)),
          bytes,
          BigInt(Number(docId) % SHARDS),
          BigInt(Number(scopeId) * SHARDS + 2),
        );
      }
      for (const row of history) writes.history.run(...row);
    });
    after = upTo;
  }
}

function prepareWrites(source: Database, target: Database): Writes {
  const into = (table: string) => insertInto(target, table, columnsOf(source, table));
  const hasSigns = source.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'signs'").get() !== undefined;
  return {
    ledger: into('ledger'),
    items: into('items'),
    vectors: into('vectors'),
    history: into('history'),
    words: target.prepare('INSERT INTO words (rowid, title, author, body, url) VALUES (?, ?, ?, ?, ?)'),
    signs: hasSigns
      ? target.prepare('INSERT INTO signs (doc_id, bits, shard, bucket) VALUES (?, vec_quantize_binary(?), ?, ?)')
      : null,
  };
}

function prepareReads(source: Database) {
  const of = (table: string, by: string) => {
    const columns = columnsOf(source, table).map((name) => `t.${name}`);
    return source
      .prepare<[number, number], unknown[]>(
        `SELECT ${columns.join(', ')} FROM items i CROSS JOIN ${table} t ON ${by}
         WHERE i.doc_id > ? AND i.doc_id <= ? ORDER BY i.doc_id`,
      )
      .raw();
  };
  const byItem = 't.scope_id = i.scope_id AND t.item_id = i.item_id';
  return {
    items: source
      .prepare<[number], unknown[]>(
        `SELECT ${columnsOf(source, 'items').join(', ')} FROM items WHERE doc_id > ? ORDER BY doc_id LIMIT ${BATCH_ROWS}`,
      )
      .raw(),
    ledger: of('ledger', byItem),
    history: of('history', byItem),
    vectors: source
      .prepare<[number, number], unknown[]>(
        `SELECT v.doc_id, v.bytes, i.scope_id FROM items i CROSS JOIN vectors v ON v.doc_id = i.doc_id
         WHERE i.doc_id > ? AND i.doc_id <= ? ORDER BY i.doc_id`,
      )
      .raw(),
  };
}
