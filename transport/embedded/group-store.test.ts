import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Database, openDatabase } from '../../sqlite/open.ts';
import { GroupStore } from './group-store.ts';
import { LogDatabase } from './log-database.ts';
import { logMigrations } from './schema.ts';

const PARTITIONS = 2;
const SESSION_TIMEOUT_MS = 15_000;
const NOW = Date.UTC(2026, 0, 1);
/** of a boot that is over, so that whether the process has ended is not known by its id */
const ELSEWHERE = { host: 'a-machine|an-earlier-boot|pid:[1]', pid: 1, started: '' };

describe('a member whose process cannot be asked about', () => {
  let folder: string;
  let raw: Database;
  let now: number;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'group-store-'));
    raw = openDatabase(join(folder, 'log.db'), { migrations: logMigrations(PARTITIONS) });
    now = NOW;
  });
  afterEach(() => {
    raw.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** A process of its own, with a member of this id. */
  const processWith = async (...ids: readonly string[]): Promise<GroupStore> => {
    const store = new GroupStore({
      db: new LogDatabase(raw),
      partitionCount: PARTITIONS,
      sessionTimeoutMs: SESSION_TIMEOUT_MS,
      now: () => now,
    });
    for (const id of ids) await store.join('g', { id, topics: ['ingest'] }, ELSEWHERE);
    return store;
  };
  /** How many partitions it has after a look; null where it was taken for dead. */
  const look = async (store: GroupStore, id: string): Promise<number | null> =>
    (await store.step('g', id))?.keep.length ?? null;

  it.each([
    ['silent for less than its session', SESSION_TIMEOUT_MS, 0],
    ['silent for longer', SESSION_TIMEOUT_MS + 1, PARTITIONS],
    ['of a clock that was a little ahead', -SESSION_TIMEOUT_MS, 0],
    ['of a clock that was far ahead, and was put right', -SESSION_TIMEOUT_MS - 1, PARTITIONS],
  ])('%s', async (_, sinceItsBeatMs, taken) => {
    expect(await look(await processWith('one'), 'one')).toBe(PARTITIONS);
    now += sinceItsBeatMs;
    expect(await look(await processWith('two'), 'two')).toBe(taken);
  });

  it('joins anew where it lives: the clock is set back under all of them', async () => {
    const [first, second] = [await processWith('one'), await processWith('two')];
    expect(await look(first, 'one')).toBe(1);
    now -= 365 * 86_400_000;
    expect(await look(second, 'two')).toBe(PARTITIONS);
    expect(await look(first, 'one')).toBeNull();
    await first.join('g', { id: 'one again', topics: ['ingest'] }, ELSEWHERE);
    const standing = await second.step('g', 'two');
    for (const { topic, partition } of standing?.giveUp ?? []) await second.release('g', 'two', topic, partition);
    expect(await look(first, 'one again')).toBe(1);
    expect(await look(second, 'two')).toBe(1);
  });

  it('is never one of this process: what set its clock back did so with ours', async () => {
    const store = await processWith('one', 'two');
    expect(await look(store, 'one')).toBe(1);
    now -= 365 * 86_400_000;
    expect(await look(store, 'two')).toBe(1);
    expect(await look(store, 'one')).toBe(1);
  });
});
