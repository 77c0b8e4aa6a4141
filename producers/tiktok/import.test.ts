import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { InputError } from '../../core/errors.ts';
import type { KnownItem } from '../../core/ports/ledger-view.ts';
import { digestOfIds } from '../../core/set-digest.ts';
import { FakeOEmbed } from '../../testing/fake-oembed/fake-oembed.ts';
import { ProducerWorld } from '../../testing/producer-world.ts';
import type { ImportOptions, ImportResult } from '../import-run.ts';
import { createTikTokHttp } from './http.ts';
import { type ImportDeps, importTikTok } from './import.ts';
import { resolveShortLink } from './short-links.ts';

let folder: string;
let world: ProducerWorld;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'import-'));
  world = new ProducerWorld();
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

type Row = { Date?: string; Link: string; Title?: string };
const idOf = (number: number): string => String(7_000_000_000_000_000_000n + BigInt(number));
const row = (number: number, more: Partial<Row> = {}): Row => ({
  Date: `2025-01-01 00:00:${String(number % 60).padStart(2, '0')}`,
  Link: `https://www.tiktokv.com/share/video/${idOf(number)}/`,
  ...more,
});

function importRows(rows: readonly Row[] | null, options: Partial<ImportOptions> = {}): Promise<ImportResult> {
  const file = path.join(folder, 'export.json');
  writeFileSync(file, JSON.stringify({ Activity: { 'Favorite Videos': { FavoriteVideoList: rows } } }));
  return importFile(file, options);
}

function importFile(
  file: string,
  options: Partial<ImportOptions> = {},
  look: ImportDeps['resolveShortLink'] = null,
): Promise<ImportResult> {
  return importTikTok(Object.assign(Object.create(world) as ProducerWorld, { resolveShortLink: look }), file, {
    user: 'me',
    ...options,
  });
}

const known = (more: Partial<KnownItem>): KnownItem => ({
  state: 'active',
  blocked: false,
  content: 'full',
  savedAt: null,
  documentHash: '',
  ...more,
});
const items = async (): Promise<string[]> => (await world.ingestOf('RawItem')).map(({ itemId }) => itemId);

describe('an import', () => {
  it('writes what the ledger does not know, then the ids, then what attests them', async () => {
    const result = await importRows([row(2), row(1), row(1)]);
    const records = await world.ingest();
    expect(records.map(({ type }) => type)).toEqual([
      'SyncStarted',
      'SnapshotBegin',
      'RawItem',
      'RawItem',
      'SnapshotChunk',
      'SnapshotEnd',
      'SyncFinished',
    ]);
    expect(result).toMatchObject({
      processed: 3,
      skipped: 0,
      count: 2,
      coverage: 'complete',
      asOf: Date.UTC(2025, 0, 1, 0, 0, 2),
      warnings: [],
    });
    const [item] = await world.ingestOf('RawItem');
    expect(item).toMatchObject({
      itemId: idOf(1),
      sighting: false,
      content: 'stub',
      text: null,
      documentHash: '',
      payload: null,
    });
    expect(item?.document).toMatchObject({
      url: `https://www.tiktok.com/@/video/${idOf(1)}`,
      title: null,
      savedAt: Date.UTC(2025, 0, 1, 0, 0, 1),
    });
    const [chunk] = await world.ingestOf('SnapshotChunk');
    expect(chunk).toMatchObject({
      index: 0,
      itemIds: [idOf(1), idOf(2)],
      savedAt: [1, 2].map((second) => Date.UTC(2025, 0, 1, 0, 0, second)),
      documentHashes: '',
    });
    const [end] = await world.ingestOf('SnapshotEnd');
    expect(end).toMatchObject({
      status: 'complete',
      chunks: 1,
      count: 2,
      digest: digestOfIds([idOf(1), idOf(2)]),
      digestOnly: false,
      coverage: 'complete',
      kinds: [''],
      proof: 'absence',
      explicitlyEmpty: false,
    });
    expect(end).toMatchObject({
      asOf: Date.UTC(2025, 0, 1, 0, 0, 2),
      oldestRow: Date.UTC(2025, 0, 1, 0, 0, 1),
      snapshotId: result.snapshotId,
      syncId: result.syncId,
    });
    expect(JSON.parse(end?.evidence ?? '')).toEqual({
      fileKind: 'json',
      source: 'export.json',
      section: 'Activity > Favorite Videos > FavoriteVideoList',
      rowsRead: 3,
      rowsSkipped: 0,
      skippedReasons: {},
      duplicates: 1,
      newestDate: Date.UTC(2025, 0, 1, 0, 0, 2),
    });
  });

  it('leaves out what is known, blocked or unchanged', async () => {
    const date = (second: number): number => Date.UTC(2025, 0, 1, 0, 0, second);
    world.ledger.rows.set(idOf(1), known({ savedAt: date(1) }));
    world.ledger.rows.set(idOf(2), known({ savedAt: date(7) }));
    world.ledger.rows.set(idOf(3), known({ savedAt: date(3), content: 'none' }));
    world.ledger.rows.set(idOf(4), known({ savedAt: date(4), content: 'stub' }));
    world.ledger.rows.set(idOf(5), known({ blocked: true, state: 'purged', content: 'none' }));
    world.ledger.rows.set(idOf(6), known({ savedAt: date(6), state: 'trash' }));
    world.ledger.rows.set(idOf(7), known({ savedAt: date(7), state: 'purged', content: 'none' }));
    world.ledger.rows.set(idOf(8), known({ savedAt: date(8) }));
    await importRows([1, 2, 3, 4, 5, 6, 7].map((number) => row(number)).concat(row(8, { Title: 'Bread' })));
    expect(await items()).toEqual([idOf(2), idOf(3), idOf(8), idOf(7)]);
    // Content of a purged item comes after the snapshot that sights it again.
    expect((await world.ingest()).map(({ type }) => type).slice(-3)).toEqual([
      'SnapshotEnd',
      'RawItem',
      'SyncFinished',
    ]);
    expect((await world.ingestOf('SnapshotEnd'))[0]?.count).toBe(8);
  });

  it('takes what the export itself says of a video, once', async () => {
    await importRows([row(1, { Title: 'Bread' })]);
    const [item] = await world.ingestOf('RawItem');
    expect(item).toMatchObject({ content: 'full', text: 'Bread' });
    expect(item?.documentHash).toHaveLength(22);
    world.ledger.rows.set(
      idOf(1),
      known({ savedAt: item?.document.savedAt ?? null, documentHash: item?.documentHash ?? '' }),
    );
    await importRows([row(1, { Title: 'Bread' })]);
    expect(await items()).toHaveLength(1);
    await importRows([row(1, { Title: 'Rye bread' })]);
    expect(await items()).toHaveLength(2);
  });

  it('names an unchanged content by its digest alone, but only when it was the last one begun', async () => {
    const rows = [row(1), row(2)];
    const first = await importRows(rows);
    const [end] = await world.ingestOf('SnapshotEnd');
    const applied = {
      syncId: first.syncId,
      begin: 1,
      at: 0,
      coverage: 'complete',
      kinds: [''],
      proof: 'absence',
      asOf: first.asOf,
      asOfByKind: {},
      seenAt: 0,
      undatedAt: null,
      count: 2,
      digest: end?.digest ?? '',
      contentDigest: end?.contentDigest ?? '',
      partial: false,
    } as const;
    world.ledger.last = { ...applied, snapshotId: first.snapshotId };
    const second = await importRows(rows);
    const again = (await world.ingestOf('SnapshotEnd')).at(-1);
    expect(again).toMatchObject({ digestOnly: true, chunks: 0, count: 2, contentDigest: end?.contentDigest });
    expect(await world.ingestOf('SnapshotChunk')).toHaveLength(1);
    // The ledger still knows the first only; the second may be on its way to it.
    await importRows(rows);
    expect((await world.ingestOf('SnapshotEnd')).at(-1)?.digestOnly).toBe(false);
    world.ledger.last = { ...applied, snapshotId: second.snapshotId };
    await importRows([row(1), row(2, { Date: '2025-01-02 00:00:00' })]);
    expect((await world.ingestOf('SnapshotEnd')).at(-1)?.digestOnly).toBe(false);
  });

  it('an empty list says so itself, and one whose rows cannot be read does not', async () => {
    await importRows(null, { asOf: Date.UTC(2025, 5, 1) });
    expect((await world.ingestOf('SnapshotEnd'))[0]).toMatchObject({
      explicitlyEmpty: true,
      count: 0,
      chunks: 0,
      coverage: 'complete',
      digest: '0'.repeat(32),
    });
    const result = await importRows([{ Link: 'https://example.org/video/1' }], { asOf: Date.UTC(2025, 5, 1) });
    expect((await world.ingestOf('SnapshotEnd'))[1]).toMatchObject({
      explicitlyEmpty: false,
      count: 0,
      coverage: 'unknown',
    });
    expect(result).toMatchObject({ processed: 1, skipped: 1, coverage: 'unknown' });
    expect(result.warnings).toHaveLength(2);
  });

  it('as-of: what the user says, else the newest date, else nothing can be removed', async () => {
    expect((await importRows([row(1)], { asOf: Date.UTC(2025, 5, 1) })).asOf).toBe(Date.UTC(2025, 5, 1));
    const older = await importRows([row(1)], { asOf: Date.UTC(2024, 5, 1) });
    expect(older).toMatchObject({ asOf: Date.UTC(2024, 5, 1), coverage: 'complete' });
    expect(older.warnings[0]).toContain('later than the date given for it');
    const undated = await importRows([{ Link: row(1).Link, Date: '2025-02-30 00:00:00' }]);
    expect(undated).toMatchObject({ asOf: null, coverage: 'unknown', count: 1 });
    expect((await world.ingestOf('SnapshotChunk')).at(-1)?.savedAt).toEqual([-1]);
    await expect(importRows([row(1)], { asOf: Date.now() + 1e6 })).rejects.toThrow(InputError);
  });

  it('where no row has a date, all that is missing may have been cut off', async () => {
    const asOf = Date.UTC(2025, 5, 1);
    await importRows([{ Link: row(1).Link }, { Link: row(2).Link }], { asOf });
    expect((await world.ingestOf('SnapshotEnd'))[0]).toMatchObject({ coverage: 'complete', asOf, oldestRow: asOf });
  });

  it('leaves no trace of a file that is no export', async () => {
    const file = path.join(folder, 'bad.json');
    writeFileSync(file, '{"Activity":{"Favorite Videos":{"FavoriteVideoList":[');
    await expect(importFile(file)).rejects.toThrow(InputError);
    expect(await world.ingest()).toEqual([]);
    expect(await world.metadata.get('tiktok:me')).toBeNull();
  });

  it('a large list is cut into chunks in ascending order, each below the limits', async () => {
    const count = 13_000;
    const rows = Array.from({ length: count }, (_, index) => ({
      Link: `/video/${idOf(index)}`,
      Date: '2025-01-01 00:00:00',
    }));
    await importRows(rows.map((each) => ({ ...each, Link: `www.tiktok.com/@a${each.Link}` })).toReversed());
    const chunks = await world.ingestOf('SnapshotChunk');
    expect(chunks.map(({ index }) => index)).toEqual([0, 1]);
    const ids = chunks.flatMap(({ itemIds }) => itemIds);
    expect(ids).toEqual(Array.from({ length: count }, (_, index) => idOf(index)));
    expect(chunks.every(({ itemIds, savedAt }) => itemIds.length <= 12_000 && savedAt.length === itemIds.length)).toBe(
      true,
    );
    expect((await world.ingestOf('SnapshotEnd'))[0]).toMatchObject({ chunks: 2, count });
  });

  it('is stopped before its run begins', async () => {
    await expect(importRows([row(1)], { signal: AbortSignal.abort(new Error('stop')) })).rejects.toThrow('stop');
    expect(await world.ingest()).toEqual([]);
  });
});

describe('short links', () => {
  let tiktok: FakeOEmbed;
  beforeEach(async () => {
    tiktok = await FakeOEmbed.start();
    tiktok.shortLinks.set('vm.tiktok.com/ZMalive/', `https://m.tiktok.com/v/${idOf(1)}.html?u=1`);
    tiktok.shortLinks.set('www.tiktok.com/t/ZThops', 'https://vt.tiktok.com/ZShops/');
    tiktok.shortLinks.set('vt.tiktok.com/ZShops/', `https://www.tiktok.com/@/video/${idOf(2)}`);
    tiktok.shortLinks.set('vm.tiktok.com/ZMaway/', 'https://evil-tiktok.com/@a/video/7111111111111111111');
    tiktok.shortLinks.set('vm.tiktok.com/ZMloop/', 'https://vm.tiktok.com/ZMloop/');
  });
  afterEach(() => tiktok.close());

  const links = [
    'https://vm.tiktok.com/ZMalive/',
    'https://www.tiktok.com/t/ZThops',
    'https://vm.tiktok.com/ZMaway/',
    'https://vm.tiktok.com/ZMdead/',
    'vm.tiktok.com/ZMloop/',
  ];

  async function importLinks(online: boolean): Promise<ImportResult> {
    const file = path.join(folder, 'Favorite Videos.txt');
    writeFileSync(
      file,
      links
        .map((link) => `Date: 2025-01-01 00:00:00 UTC\nLink: ${link}\n\n`)
        .join('')
        .replace('Link: vm.', 'Link: www.tiktok.com/x\n\nDate: 2025-01-01 00:00:00\nLink: https://vm.'),
    );
    const http = createTikTokHttp({
      clock: world.clock,
      random: world.random,
      fetch: tiktok.fetch,
      requestsPerSecond: 1000,
    });
    const look = (url: string, signal: AbortSignal): ReturnType<typeof resolveShortLink> =>
      resolveShortLink(http, url, signal);
    return importFile(file, {}, online ? look : null);
  }

  it('are followed within TikTok, and a dead one makes absence meaningless', async () => {
    const result = await importLinks(true);
    expect(await items()).toEqual([idOf(1), idOf(2)]);
    expect(result).toMatchObject({ processed: 6, skipped: 4, coverage: 'unknown' });
    expect(result.warnings).toContain('3 rows were skipped: short link leads to no video');
  });

  it('are skipped where the network is off, and where it does not answer', async () => {
    expect((await importLinks(false)).warnings).toContain('5 rows were skipped: short link, and the network is off');
    await tiktok.close();
    const http = createTikTokHttp({
      clock: world.clock,
      random: world.random,
      fetch: tiktok.fetch,
      requestsPerSecond: 1000,
      retryBaseMs: 1,
    });
    expect(await resolveShortLink(http, 'https://vm.tiktok.com/ZMalive/', new AbortController().signal)).toEqual({
      kind: 'unresolved',
      reason: 'short link could not be looked up',
    });
    tiktok = await FakeOEmbed.start();
  });
});
