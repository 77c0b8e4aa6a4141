import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ItemChange } from '../../core/ports/item-store.ts';
import { openDatabase } from '../../sqlite/open.ts';
import { testItemStore } from '../../testing/contracts/item-store.ts';
import type { ItemStoreHarness } from '../../testing/contracts/item-store-suite.ts';
import { openSqliteStore, STORE_FILE } from './sqlite-store.ts';

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

function createHarness(): ItemStoreHarness {
  const folder = mkdtempSync(join(tmpdir(), 'hoardarr-store-'));
  const file = join(folder, 'store.db');
  const backupFile = join(folder, 'copies', 'copy.db');
  mkdirSync(join(folder, 'copies'));
  return {
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
