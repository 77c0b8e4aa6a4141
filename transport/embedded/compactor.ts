import { setTimeout as delay } from 'node:timers/promises';
import { LogUnavailableError } from '../../core/errors.ts';
import type { TopicName } from '../../core/ports/event-log.ts';
import { truncateWal } from '../../sqlite/open.ts';
import { BLOCK_OFFSETS, type HashBlock, KeyHashes, keyHash } from './key-hashes.ts';
import type { LogDatabase } from './log-database.ts';
import type { PartitionTable } from './partition-table.ts';

/** Rows handled in one step, so that none blocks the process for long. */
const SCAN_ROWS = 1_024;
const ERASE_ROWS = 128;

/**
 * Erased rows below the start are deleted only if they are this far from a kept one. Deleting makes SQLite merge
 * neighbouring pages, and a kept row that is moved leaves its former bytes behind. Five pages cannot hold more rows.
 */
const MARGIN_ROWS = 8_192;
const TRUNCATE_DEADLINE_MS = 30_000;

export interface Retention {
  /** ms since the append; null: for ever */
  readonly records: Readonly<Record<TopicName, number | null>>;
  /** ms that an applied tombstone stays */
  readonly tombstones: number;
}

interface CompactorDeps {
  readonly db: LogDatabase;
  readonly tables: readonly PartitionTable[];
  readonly retention: Retention;
  readonly now: () => number;
}

interface Tombstone {
  readonly offset: number;
  readonly key: string;
  readonly appended: number;
}

interface ScannedRow {
  readonly offset: number;
  readonly key: string | null;
  readonly appended: number | null;
  readonly isTombstone: number;
}

interface AgedRow {
  readonly offset: number;
  /** null: erased */
  readonly appended: number | null;
}

/**
 * Erases what tombstones and retention say, in short steps that any process may do at any time, twice or at once with
 * another one: each is a transaction, and progress is noted only after the work.
 */
export class Compactor {
  readonly #deps: CompactorDeps;
  readonly #db: LogDatabase;
  #stopped = false;

  constructor(deps: CompactorDeps) {
    this.#deps = deps;
    this.#db = deps.db;
  }

  /** @throws LogUnavailableError also when another process keeps the erased bytes in the WAL for longer than 30 s. */
  async run(): Promise<void> {
    for (const table of this.#deps.tables) {
      await this.#applyTombstones(table);
      await this.#expireTombstones(table);
      await this.#expireRecords(table);
      await this.#deleteErasedPrefix(table);
    }
    await this.#truncate();
  }

  /** Ends a run at its next step; another one, in any process, will go on. */
  stop(): void {
    this.#stopped = true;
  }

  async #nextTurn(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    if (this.#stopped) throw new LogUnavailableError('the event log closes');
  }

  async #applyTombstones(table: PartitionTable): Promise<void> {
    const { start, compacted } = this.#progress(table);
    const end = this.#db.read(() => table.end());
    if (compacted >= end) return;
    const hashes = new KeyHashes(this.#db, table);
    const { tombstones, tail } = await this.#scan(table, hashes, compacted, end);
    if (tombstones.length > 0) {
      const newest = new Map(tombstones.map(({ key, offset }) => [key, offset])); // in order of offset, so the last one counts
      const wanted = new Set([...newest.keys()].map(keyHash));
      for (let from = blockOf(start); from < end; from += BLOCK_OFFSETS) {
        await this.#eraseIn(table, from === tail.from ? tail : hashes.get(from), wanted, newest);
        await this.#nextTurn();
      }
    }
    await this.#noteApplied(table, tombstones, end);
  }

  /** Reads the keys from the block of `compacted` to `end`; stores the hashes of whole blocks, and returns those of the last. */
  async #scan(
    table: PartitionTable,
    hashes: KeyHashes,
    compacted: number,
    end: number,
  ): Promise<{ tombstones: readonly Tombstone[]; tail: HashBlock }> {
    const select = this.#db.prepare<[number, number], ScannedRow>(
      `SELECT offset, key, appended, value IS NULL AS isTombstone FROM ${table.name} WHERE offset >= ? AND offset < ?`,
    );
    const tombstones: Tombstone[] = [];
    let block: HashBlock = { from: blockOf(compacted), hashes: new Int32Array(BLOCK_OFFSETS) };
    for (let at = block.from; at < end; at += SCAN_ROWS) {
      if (at === block.from + BLOCK_OFFSETS) {
        await hashes.put(block);
        block = { from: at, hashes: new Int32Array(BLOCK_OFFSETS) };
      }
      for (const { offset, key, appended, isTombstone } of this.#db.read(() =>
        select.all(at, Math.min(end, at + SCAN_ROWS)),
      )) {
        if (key === null) continue;
        block.hashes[offset - block.from] = keyHash(key);
        if (isTombstone === 1 && offset >= compacted) tombstones.push({ offset, key, appended: appended ?? 0 });
      }
      await this.#nextTurn();
    }
    if (end === block.from + BLOCK_OFFSETS) await hashes.put(block);
    return { tombstones, tail: block };
  }

  async #eraseIn(
    table: PartitionTable,
    block: HashBlock,
    wanted: ReadonlySet<number>,
    newest: ReadonlyMap<string, number>,
  ): Promise<void> {
    const candidates: number[] = [];
    for (const [index, hash] of block.hashes.entries()) if (wanted.has(hash)) candidates.push(block.from + index);
    const keyOf = this.#db.prepare<[number], { key: string | null }>(`SELECT key FROM ${table.name} WHERE offset = ?`);
    const isDoomed = (offset: number): boolean => {
      const key = keyOf.get(offset)?.key;
      return key !== null && key !== undefined && offset < (newest.get(key) ?? 0);
    };
    for (let done = 0; done < candidates.length; done += ERASE_ROWS) {
      const some = candidates.slice(done, done + ERASE_ROWS);
      await this.#erase(
        table,
        this.#db.read(() => some.filter(isDoomed)),
      );
    }
  }

  /** Empties rows where they are: SQLite overwrites their bytes with zeros and moves no other row. */
  async #erase(table: PartitionTable, offsets: readonly number[]): Promise<void> {
    const empty = this.#db.prepare<[number]>(
      `UPDATE ${table.name} SET appended = NULL, timestamp = NULL, key = NULL, headers = NULL, value = NULL WHERE offset = ?`,
    );
    for (let done = 0; done < offsets.length; done += ERASE_ROWS) {
      await this.#db.write('power', () => {
        for (const offset of offsets.slice(done, done + ERASE_ROWS)) empty.run(offset);
      });
      await this.#nextTurn();
    }
  }

  async #noteApplied(table: PartitionTable, tombstones: readonly Tombstone[], end: number): Promise<void> {
    await this.#db.write('power', () => {
      const insert = this.#db.prepare<[string, number, number, number]>(
        'INSERT OR IGNORE INTO tombstones (topic, partition, offset, appended) VALUES (?, ?, ?, ?)',
      );
      for (const { offset, appended } of tombstones) insert.run(table.topic, table.partition, offset, appended);
      this.#db
        .prepare<[number, string, number]>(
          'UPDATE progress SET compacted = max(compacted, ?) WHERE topic = ? AND partition = ?',
        )
        .run(end, table.topic, table.partition);
    });
  }

  async #expireTombstones(table: PartitionTable): Promise<void> {
    const select = `SELECT offset FROM tombstones WHERE topic = ? AND partition = ? AND appended <= ?`;
    const cutoff = this.#deps.now() - this.#deps.retention.tombstones;
    const rows = this.#db.read(() =>
      this.#db.prepare<[string, number, number], { offset: number }>(select).all(table.topic, table.partition, cutoff),
    );
    if (rows.length === 0) return;
    await this.#erase(
      table,
      rows.map(({ offset }) => offset),
    );
    const remove = 'DELETE FROM tombstones WHERE topic = ? AND partition = ? AND appended <= ?';
    await this.#db.write('process', () => {
      this.#db.prepare<[string, number, number]>(remove).run(table.topic, table.partition, cutoff);
    });
  }

  /** Erases from the start what is older than the topic keeps, and moves the start past everything erased. */
  async #expireRecords(table: PartitionTable): Promise<void> {
    const keepMs = this.#deps.retention.records[table.topic];
    const cutoff = keepMs === null ? Number.NEGATIVE_INFINITY : this.#deps.now() - keepMs;
    const select = this.#db.prepare<[number, number], AgedRow>(
      `SELECT offset, appended FROM ${table.name} WHERE offset >= ? ORDER BY offset LIMIT ?`,
    );
    const noteStart = this.#db.prepare<[number, string, number]>(
      'UPDATE progress SET start = max(start, ?) WHERE topic = ? AND partition = ?',
    );
    for (let start = this.#progress(table).start; ; ) {
      const { doomed, next } = this.#db.read(() => expired(select.all(start, SCAN_ROWS), start, cutoff));
      if (next === start) return;
      await this.#erase(table, doomed);
      start = next;
      await this.#db.write('process', () => noteStart.run(start, table.topic, table.partition));
      await this.#nextTurn();
    }
  }

  async #deleteErasedPrefix(table: PartitionTable): Promise<void> {
    const below = this.#progress(table).start - MARGIN_ROWS;
    if (below <= 0) return;
    const remove = this.#db.prepare<[number, number]>(`DELETE FROM ${table.name} WHERE offset < ? LIMIT ?`);
    for (let deleted = SCAN_ROWS; deleted === SCAN_ROWS; ) {
      deleted = await this.#db.write('process', () => remove.run(below, SCAN_ROWS).changes);
      await this.#nextTurn();
    }
  }

  #progress(table: PartitionTable): { readonly start: number; readonly compacted: number } {
    const sql = 'SELECT start, compacted FROM progress WHERE topic = ? AND partition = ?';
    const row = this.#db.read(() =>
      this.#db.prepare<[string, number], { start: number; compacted: number }>(sql).get(table.topic, table.partition),
    );
    return row ?? { start: 0, compacted: 0 };
  }

  /** The WAL still holds what pages were before: it is emptied, which has to wait for readers in other processes. */
  async #truncate(): Promise<void> {
    const deadline = performance.now() + TRUNCATE_DEADLINE_MS;
    while (!(await this.#db.retryBusy(() => truncateWal(this.#db.db)))) {
      if (performance.now() > deadline) {
        throw new LogUnavailableError(
          'erased records are still in the write-ahead log, because another process reads it without end',
        );
      }
      await delay(10);
      await this.#nextTurn();
    }
  }
}

function blockOf(offset: number): number {
  return Math.floor(offset / BLOCK_OFFSETS) * BLOCK_OFFSETS;
}

/** The offsets to erase at the beginning of `rows`, and where the first row that is kept may be. */
function expired(rows: Iterable<AgedRow>, from: number, cutoff: number): { doomed: readonly number[]; next: number } {
  const doomed: number[] = [];
  let next = from;
  for (const { offset, appended } of rows) {
    if (appended !== null && appended > cutoff) break;
    if (appended !== null) doomed.push(offset);
    next = offset + 1;
  }
  return { doomed, next };
}
