import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { InputError, LogUnavailableError } from '../../core/errors.ts';
import type { Batch, EventLog } from '../../core/ports/event-log.ts';
import { type Database, openDatabase } from '../../sqlite/open.ts';
import { keysOf, readAll, record, records, until } from '../../testing/contracts/event-log-harness.ts';
import { MovableClock } from '../../testing/movable-clock.ts';
import { Appender } from './appender.ts';
import { LogDatabase } from './log-database.ts';
import { openEmbeddedLog } from './open-embedded-log.ts';
import { PartitionTable } from './partition-table.ts';
import { logMigrations } from './schema.ts';

let dataDir: string;
const opened: { close(): unknown }[] = [];

const open = async (partitions?: number): Promise<EventLog> => {
  const log = await openEmbeddedLog({
    dataDir,
    clock: new MovableClock(),
    ...(partitions === undefined ? {} : { partitions }),
  });
  opened.push(log);
  return log;
};

const openRaw = (file: string): Database => {
  const db = openDatabase(join(dataDir, file), { migrations: logMigrations(1), busyTimeoutMs: 2 });
  opened.push(db);
  return db;
};

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'hoardarr-log-'));
});

afterEach(async () => {
  for (const each of opened.splice(0).toReversed()) await each.close();
  await rm(dataDir, { recursive: true, force: true });
});

describe('opening', () => {
  it('keeps the number of partitions, and refuses another one', async () => {
    expect((await open()).partitionCount).toBe(4);
    await expect(open(5)).rejects.toThrow(/log\.db was made with 4 partitions, which cannot change/);
    expect((await open(4)).partitionCount).toBe(4);
    await expect(open(0)).rejects.toThrow(InputError);
  });

  it('takes the number that a log has where none is asked for', async () => {
    await open(2);
    expect((await open()).partitionCount).toBe(2);
  });

  it('refuses a file that is no log', async () => {
    await writeFile(join(dataDir, 'log.db'), 'not a database, but a text of some length '.repeat(50));
    await expect(open()).rejects.toThrow(/no SQLite database, or a damaged one/);
  });

  it('refuses a database of another kind', async () => {
    openRaw('log.db');
    await expect(open()).rejects.toThrow(/not the one that belongs here/);
  });
});

describe('a partition that does not exist', () => {
  it('is a mistake of the caller', async () => {
    const log = await open(2);
    await expect(log.append('ingest', 2, [record('a')])).rejects.toThrow(RangeError);
    await expect(log.read('ingest', -1, 0)).rejects.toThrow(RangeError);
  });
});

describe('a full disk', () => {
  it('refuses appends as unavailable, keeps what there is, and takes more when there is room', async () => {
    const raw = openRaw('full.db');
    const db = new LogDatabase(raw);
    const table = new PartitionTable(db, 'ingest', 0);
    const appender = new Appender({ db, now: () => 1, check: () => {}, onAppended: () => {} });
    await appender.append(table, records('kept', 3));
    raw.pragma(`max_page_count = ${Number(raw.pragma('page_count', { simple: true })) + 2}`);
    const large = { key: 'large', value: new Uint8Array(900_000) };
    await expect(appender.append(table, [record('small'), large])).rejects.toThrow(LogUnavailableError);
    expect(keysOf(table.page(0, 10, 1_000_000).records)).toEqual(['kept0', 'kept1', 'kept2']);
    raw.pragma('max_page_count = 1000000');
    expect(await appender.append(table, [large])).toEqual([3]);
  });
});

describe('a lock of another process', () => {
  it('is waited for without blocking this one', async () => {
    const log = await open();
    const other = openDatabase(join(dataDir, 'log.db'), { migrations: logMigrations(4) });
    opened.push(other);
    other.exec('BEGIN IMMEDIATE');
    let settled = false;
    const append = log.append('ingest', 0, records('k', 2)).finally(() => {
      settled = true;
    });
    for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(settled).toBe(false);
    other.exec('COMMIT');
    expect(await append).toEqual([0, 1]);
  });
});

describe('a clock that jumps ahead, as after a suspend', () => {
  it('does not make consumers of one process take each other for dead', async () => {
    const clock = new MovableClock();
    const log = await openEmbeddedLog({ dataDir, clock, partitions: 2 });
    opened.push(log);
    await log.append('ingest', 0, records('k', 2));
    await log.append('ingest', 1, records('k', 2));
    const held: Batch[] = [];
    const join = () =>
      log.subscribe({ group: 'g', topics: ['ingest'], handler: async (batch) => void held.push(batch) });
    const members = [await join(), await join()];
    await until('they share', () => held.length >= 2 && members.every((member) => member.assignments().length === 1));
    clock.offsetMs += 86_400_000;
    members.push(await join());
    await until('the third has looked', async () => (await log.lag()).length === 2);
    for (const member of members.slice(0, 2)) expect(member.assignments()).toHaveLength(1);
    for (const partition of [0, 1]) await held.findLast((batch) => batch.partition === partition)?.commit(2);
    expect((await log.lag()).map(({ committed }) => committed)).toEqual([2, 2]);
  });
});

describe('compaction', () => {
  it('finds keys in blocks that ended exactly where an earlier compaction did', async () => {
    const log = await open(1);
    for (let i = 0; i < 16_384; i += 4_096) await log.append('ingest', 0, records(`k${i}-`, 4_096));
    await log.compact();
    await log.append('ingest', 0, [record('k0-7', null), record('k12288-4095', null)]);
    await log.compact();
    const left = await readAll(log, 'ingest', 0);
    expect(left).toHaveLength(16_384);
    expect(left.slice(-2).map(({ key, value }) => [key, value])).toEqual([
      ['k0-7', null],
      ['k12288-4095', null],
    ]);
  });

  it('may run in several processes at once, and while others append', async () => {
    const logs = [await open(1), await open(1), await open(1)];
    const [log] = logs as [EventLog];
    await log.append('ingest', 0, records('k', 3_000));
    await log.append(
      'ingest',
      0,
      records('k', 1_500).map(({ key }) => record(key, null)),
    );
    const appends = Array.from({ length: 30 }, (_, i) => log.append('ingest', 0, records(`later${i}-`, 10)));
    await Promise.all([...logs.flatMap((each) => [each.compact(), each.compact()]), ...appends]);
    const left = await readAll(log, 'ingest', 0);
    expect(left.filter(({ value }) => value !== null)).toHaveLength(1_500 + 300);
    expect(left.filter(({ value }) => value === null)).toHaveLength(1_500);
  });
});
