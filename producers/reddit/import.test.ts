import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { InputError } from '../../core/errors.ts';
import type { KnownItem } from '../../core/ports/ledger-view.ts';
import type { RecordName, RecordTypes } from '../../schemas/generated/records.ts';
import { makeZip } from '../../testing/make-zip.ts';
import { ProducerWorld } from '../../testing/producer-world.ts';
import { type InventedLink, inventedComments, inventedPosts, savedCsv } from '../../testing/reddit-requests.ts';
import type { ImportOptions, ImportResult } from '../import-run.ts';
import { changeSyncMetadata, newSyncMetadata, type SyncMetadata, syncMetadataKey } from '../sync-metadata.ts';
import { ways } from '../ways.ts';
import { importReddit } from './import.ts';

const ACCOUNT = { provider: 'reddit', user: 'me' };
const MADE = Date.UTC(2026, 2, 14, 9, 26, 52);

let folder: string;
let world: ProducerWorld;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'import-'));
  world = new ProducerWorld();
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function importFile(
  name: string,
  content: string | Uint8Array,
  options: Partial<ImportOptions> = {},
): Promise<ImportResult> {
  const file = path.join(folder, name);
  writeFileSync(file, content);
  return importReddit(world, file, { user: 'me', ...options });
}
const importPosts = (links: readonly InventedLink[], options: Partial<ImportOptions> = {}): Promise<ImportResult> =>
  importFile('saved_posts.csv', savedCsv(links), options);

async function written<N extends RecordName>(type: N): Promise<RecordTypes[N][]> {
  const records = await world.ingest(ACCOUNT);
  return records.filter((record) => record.type === type).map(({ value }) => value as RecordTypes[N]);
}

const known = (more: Partial<KnownItem>): KnownItem => ({
  state: 'active',
  blocked: false,
  content: 'full',
  savedAt: null,
  documentHash: '',
  ...more,
});

async function setMetadata(change: Partial<SyncMetadata>): Promise<void> {
  await world.metadata.compareAndSet(syncMetadataKey(ACCOUNT), null, { ...newSyncMetadata(ACCOUNT), ...change });
}

describe('an import of a data request', () => {
  it('writes stubs of what the ledger does not know, then the ids, then what they prove', async () => {
    const [first, second, third, fourth] = inventedPosts(4);
    world.ledger.rows.set(`t3_${second?.id}`, known({}));
    world.ledger.rows.set(`t3_${third?.id}`, known({ blocked: true }));
    world.ledger.rows.set(`t3_${fourth?.id}`, known({ state: 'purged', content: 'none' }));
    const result = await importPosts(inventedPosts(4), { asOf: MADE });
    expect(result).toMatchObject({
      processed: 4,
      skipped: 0,
      count: 4,
      asOf: MADE,
      coverage: 'complete',
      warnings: [],
    });
    const types = (await world.ingest(ACCOUNT)).map(({ type }) => type);
    const order = [
      'SyncStarted',
      'SnapshotBegin',
      'RawItem',
      'SnapshotChunk',
      'SnapshotEnd',
      'RawItem',
      'SyncFinished',
    ];
    expect(types).toEqual(order);
    const items = await written('RawItem');
    expect(items.map(({ itemId }) => itemId)).toEqual([`t3_${first?.id}`, `t3_${fourth?.id}`]);
    expect(items[0]).toMatchObject({ content: 'stub', sighting: false, text: 'invented post number 0\ntest' });
    expect(await written('SnapshotEnd')).toMatchObject([
      {
        kinds: ['t3'],
        proof: 'absence',
        coverage: 'complete',
        asOf: MADE,
        oldestRow: null,
        login: null,
        explicitlyEmpty: false,
        count: 4,
      },
    ]);
  });

  it('covers the kinds of the files that are there', async () => {
    const data = savedCsv(inventedComments(2));
    const zip = makeZip([
      { name: 'saved_comments.csv', data, modifiedAt: MADE },
      { name: 'saved_posts.csv', data: savedCsv([]), modifiedAt: MADE },
    ]);
    expect(await importFile('export.zip', zip)).toMatchObject({ count: 2, asOf: MADE, coverage: 'complete' });
    expect(await importFile('saved_comments.csv', data, { asOf: MADE })).toMatchObject({ count: 2 });
    expect(await importPosts([], { asOf: MADE })).toMatchObject({ count: 0, coverage: 'complete' });
    const ends = await written('SnapshotEnd');
    expect(ends.map(({ kinds, explicitlyEmpty }) => [kinds, explicitlyEmpty])).toEqual([
      [['t1', 't3'], false],
      [['t1'], false],
      [['t3'], true],
    ]);
    expect(JSON.parse(ends[0]?.evidence ?? '')).toEqual({
      fileKind: 'zip',
      sources: ['saved_comments.csv', 'saved_posts.csv'],
      rowsRead: 2,
      rowsSkipped: 0,
      skippedReasons: {},
      duplicates: 0,
      listedAt: MADE,
    });
  });

  it('proves nothing by absence without a date, or with a row that could not be read', async () => {
    const undated = await importPosts(inventedPosts(2));
    expect(undated).toMatchObject({ asOf: null, coverage: 'unknown' });
    expect(undated.warnings).toEqual([expect.stringContaining(ways.asOf)]);
    const csv = `${savedCsv(inventedPosts(2))}1abc,https://www.reddit.com/r/mac/\n`;
    const skipping = await importFile('saved_posts.csv', csv, { asOf: MADE });
    expect(skipping).toMatchObject({ processed: 3, skipped: 1, asOf: MADE, coverage: 'unknown' });
    expect(skipping.warnings.join()).toContain('1 rows were skipped: the permalink leads to neither');
  });

  it('prefers the date that is given, and says where the archive contradicts it', async () => {
    const zip = makeZip([{ name: 'saved_posts.csv', data: savedCsv(inventedPosts(1)), modifiedAt: MADE }]);
    const { asOf, warnings } = await importFile('export.zip', zip, { asOf: MADE - 60_000 });
    expect(asOf).toBe(MADE - 60_000);
    expect(warnings).toContain(
      'the lists in the archive are of 2026-03-14T09:26:52.000Z, which is later than the date given for it',
    );
  });

  it('leaves no trace when it is refused', async () => {
    await expect(importFile('saved_posts.csv', '<html></html>')).rejects.toThrow(InputError);
    await expect(importPosts(inventedPosts(1), { asOf: world.clock.now() + 60_000 })).rejects.toThrow('future');
    expect(await world.ingest(ACCOUNT)).toEqual([]);
    expect(await world.metadata.get(syncMetadataKey(ACCOUNT))).toBeNull();
  });

  it('needs a verdict where somebody can be asked, and does not stand for a sync', async () => {
    await setMetadata({ credentialKind: 'oauth', login: '2abc', needsReauth: true });
    await importPosts(inventedPosts(2), { asOf: MADE });
    expect(await written('SnapshotEnd')).toMatchObject([{ proof: 'verdict', login: null }]);
    const metadata = await changeSyncMetadata(world.metadata, ACCOUNT, (stored) => stored);
    // Nobody was asked: whether the credentials are taken is as open as before, and the first sync still is a full one.
    expect(metadata).toMatchObject({ needsReauth: true, lastFullReconciliation: null, login: '2abc' });
    // What tells a listing that is a window from a whole one.
    expect(metadata).toMatchObject({ mostEver: { saved: 2 } });
  });
});
