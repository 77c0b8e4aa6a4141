import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '../../sqlite/open.ts';
import { testMetadataStore } from '../../testing/contracts/metadata-store.ts';
import { METADATA_FILE, openSqliteMetadata } from './sqlite-metadata.ts';

testMetadataStore('SQLite', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hoardarr-metadata-'));
  const file = join(folder, 'meta.db');
  return {
    open: () => openSqliteMetadata({ file, busyTimeoutMs: 50 }),
    holds: (text) => readdirSync(folder).some((name) => readFileSync(join(folder, name)).includes(text)),
    whileUnavailable: async (work) => {
      const other = openDatabase(file, METADATA_FILE);
      try {
        other.exec('BEGIN IMMEDIATE');
        await work();
      } finally {
        other.close();
      }
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
});
