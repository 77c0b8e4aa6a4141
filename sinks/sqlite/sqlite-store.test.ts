import fs, { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { StoreUnavailableError } from '../../core/errors.ts';
import type { ItemChange } from '../../core/ports/item-store.ts';
import { openDatabase } from '../../sqlite/open.ts';
import { testItemStore } from '../../testing/contracts/item-store.ts';
import { changeOf, commit, item, SCOPE } from '../../testing/contracts/item-store-samples.ts';
import type { ItemStoreHarness } from '../../testing/contracts/item-store-suite.ts';
import { openSqliteStore } from './sqlite-store.ts';
import { STORE_FILE } from './store-file.ts';

/** Holds the write lock of a file for as long as `work` runs. */
async function whileLocked(file: string, work: () => Promise<void>): Promise<void> {
  const other = openDatabase(file, STORE_FILE);
  try {
    other.exec('BEGIN IMMEDIATE');
    await work();
  } finally {
    other.close();
  }
}

function createHarness(): ItemStoreHarness & { readonly file: string } {
  const folder = mkdtempSync(join(tmpdir(), 'hoardarr-store-'));
  const file = join(folder, 'store.db');
  const backupFile = join(folder, 'copies', 'copy.db');
  mkdirSync(join(folder, 'copies'));
  return {
    file,
    open: () => openSqliteStore({ file, busyTimeoutMs: 50 }),
    spoil: (change: ItemChange) => ({
      ...change,
      vector: { model: 'test-model', dimensions: 16, bytes: new Uint8Array(15) },
    }),
    whileUnavailable: (work) => whileLocked(file, work),
    bytes: () =>
      readdirSync(folder, { withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => readFileSync(join(folder, entry.name))),
    backupFile,
    openBackup: () => openSqliteStore({ file: backupFile, readonly: true }),
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

testItemStore('SQLite', createHarness);

/** As many connections and statements as are never let go of in this process. */
const keptObjects = (): number => {
  const kept = (fs as { [name: symbol]: unknown })[Symbol.for('hoardarr.sqlite.kept')] as ReadonlySet<object>;
  return kept.size;
};

describe('openSqliteStore', () => {
  it('keeps no more connections and statements, however often it is written and asked', async () => {
    const harness = createHarness();
    const store = await harness.open();
    const work = async (itemId: string): Promise<void> => {
      await commit(store, { items: [item(itemId, {}, { content: null, eraseHistory: true })] });
      const refused = await store.commit(await changeOf(store, { items: [harness.spoil(item(`${itemId} spoilt`))] }));
      expect(refused).toHaveLength(1);
      await store.eraseFreed();
      await Promise.all([store.totals(), store.digest(), store.countDifferences(SCOPE, 1, ['full'], null)]);
    };
    // Each of three connections may have to answer each of three questions once.
    for (let n = 0; n < 10; n++) await work(`before ${n}`);
    const kept = keptObjects();
    for (let n = 0; n < 10; n++) await work(`after ${n}`);
    expect(keptObjects()).toBe(kept);
    await store.close();
    await harness.close();
  });

  it('gives readers and copies to nobody else, and lets a reader write nothing', async () => {
    const harness = createHarness();
    const store = await harness.open();
    await commit(store, { items: [item('1')] });
    await store.backup(harness.backupFile);
    expect(statSync(harness.backupFile).mode & 0o777).toBe(0o600);
    const reader = await harness.openBackup();
    expect(await reader.digest()).toBe(await store.digest());
    await expect(commit(reader, { items: [item('2')] })).rejects.toThrow(StoreUnavailableError);
    await Promise.all([store.close(), reader.close()]);
    await harness.close();
  });

  it('goes on reading while it erases, and writes afterwards', async () => {
    const harness = createHarness();
    const store = await harness.open();
    await commit(store, { items: [item('1'), item('2')] });
    await commit(store, { items: [item('1', { state: 'purged' }, { content: null })] });
    const erasing = Promise.all([store.eraseFreed(), store.eraseFreed()]);
    expect(await store.item('tiktok/me/favorites', '2')).not.toBeNull();
    await commit(store, { items: [item('2', { state: 'purged' }, { content: null })] });
    await erasing;
    expect(harness.bytes().some((bytes) => Buffer.from(bytes).includes('title of 1'))).toBe(false);
    await store.eraseFreed();
    expect(harness.bytes().some((bytes) => Buffer.from(bytes).includes('title of 2'))).toBe(false);
    await store.close();
    await harness.close();
  });

  it('leaves the rest of an erasure to the next call while another connection reads', async () => {
    const harness = createHarness();
    const store = await harness.open();
    await commit(store, { items: [item('1')] });
    const reader = openDatabase(harness.file, { ...STORE_FILE, readonly: true });
    reader.exec('BEGIN');
    reader.prepare('SELECT count(*) FROM items').get();
    await commit(store, { items: [item('1', { state: 'purged' }, { content: null })] });
    await store.eraseFreed();
    expect(harness.bytes().some((bytes) => Buffer.from(bytes).includes('title of 1'))).toBe(true);
    reader.exec('COMMIT');
    await store.eraseFreed();
    expect(harness.bytes().some((bytes) => Buffer.from(bytes).includes('title of 1'))).toBe(false);
    reader.close();
    await store.close();
    await harness.close();
  });
});
