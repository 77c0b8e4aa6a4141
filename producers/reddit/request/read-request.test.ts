import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { InputError } from '../../../core/errors.ts';
import { makeZip, type ZipMember } from '../../../testing/make-zip.ts';
import { mulberry32 } from '../../../testing/producer-world.ts';
import { inventedComments, inventedPosts, savedCsv } from '../../../testing/reddit-requests.ts';
import { seedFor } from '../../../testing/seeds.ts';
import { type ParsedRequest, readRequest } from './read-request.ts';

const NOW = Date.UTC(2026, 5, 1);
const MADE = Date.UTC(2026, 2, 14, 9, 26, 52);
const POSTS = savedCsv(inventedPosts(3));
const COMMENTS = savedCsv(inventedComments(2));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'request-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function write(name: string, content: string | Uint8Array): string {
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, content);
  return file;
}
const read = (name: string, content: string | Uint8Array): Promise<ParsedRequest> =>
  readRequest(write(name, content), { now: NOW });
const zipped = (...members: readonly ZipMember[]): Promise<ParsedRequest> => read('export.zip', makeZip(members));
const refusal = async (reading: Promise<unknown>): Promise<string> => {
  const error = await reading.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(InputError);
  return (error as InputError).message;
};

describe('a list of saved things', () => {
  it.each([
    ['as Reddit writes it', POSTS],
    ['with CRLF', POSTS.replaceAll('\n', '\r\n')],
    ['with a byte order mark', `\ufeff${POSTS}`],
    ['in UTF-16', Buffer.from(`\ufeff${POSTS}`, 'utf16le')],
    ['with quotes', POSTS.replaceAll(/^(\w+),(.*)$/gm, '"$1","$2"')],
    ['with blank lines', POSTS.replaceAll('\n', '\n\n')],
    ['without the last line break', POSTS.trimEnd()],
    ['with fullnames as ids', POSTS.replaceAll(/^(?!id)/gm, 't3_').replace(/t3_$/, '')],
    ['with the columns the other way round', POSTS.replaceAll(/^(\w+),(.*)$/gm, '$2,$1')],
    ['with rows that are there twice', POSTS + POSTS.slice(POSTS.indexOf('\n') + 1)],
  ])('is read %s', async (_how, content) => {
    const { fileKind, lists, listedAt, warnings } = await read('saved_posts.csv', content);
    expect({ fileKind, listedAt, warnings }).toEqual({ fileKind: 'csv', listedAt: null, warnings: [] });
    const [list] = lists;
    expect(list).toMatchObject({ kind: 't3', source: 'saved_posts.csv', skipped: new Map() });
    expect([...(list?.items.keys() ?? [])]).toEqual(inventedPosts(3).map(({ id }) => `t3_${id}`));
    expect(list?.rowsRead).toBe(3 + (list?.duplicates ?? 0));
  });

  it.each(['\n', '\r\n', ''])('is explicitly empty with a header alone (ended by %j)', async (end) => {
    for (const [name, kind] of [
      ['saved_posts.csv', 't3'],
      ['saved_comments (1).csv', 't1'],
    ] as const) {
      const { lists } = await read(name, `id,permalink${end}`);
      expect(lists).toMatchObject([{ kind, rowsRead: 0, items: new Map() }]);
    }
  });

  it('is known by its rows where its name says nothing', async () => {
    expect((await read('download.csv', POSTS)).lists).toMatchObject([{ kind: 't3' }]);
    expect((await read('download.txt', COMMENTS)).lists).toMatchObject([{ kind: 't1' }]);
    expect(await refusal(read('download.csv', 'id,permalink\n'))).toContain('which list it is cannot be told');
    expect(await refusal(read('download.csv', POSTS + COMMENTS.slice(13)))).toContain('mixes posts and comments');
  });

  it('is refused when name and rows contradict each other', async () => {
    expect(await refusal(read('saved_comments.csv', POSTS))).toContain('should hold comments');
    expect(await refusal(read('saved_posts.csv', COMMENTS))).toContain('should hold posts');
  });

  it('goes on after a row that cannot be read, and counts it', async () => {
    const rows = [
      '1abc,https://www.reddit.com/r/mac/',
      'other,https://www.reddit.com/r/a/comments/1abc/x/',
      '1abd',
      ',',
    ];
    const { lists } = await read('saved_posts.csv', `${POSTS}${rows.join('\n')}\n${COMMENTS.slice(13)}`);
    expect(lists[0]?.items.size).toBe(3);
    expect(lists[0]?.rowsRead).toBe(8);
    expect(Object.fromEntries(lists[0]?.skipped ?? [])).toEqual({
      'the permalink leads to neither a post nor a comment': 2,
      'id and permalink name different things': 1,
      'the row is none of posts': 2,
    });
  });
});

describe('an archive or a folder', () => {
  it('is as old as the older of its lists, whatever else was packed with them later', async () => {
    const request = await zipped(
      { name: 'saved_posts.csv', data: POSTS, modifiedAt: MADE + 5_000 },
      { name: 'saved_comments.csv', data: COMMENTS.replaceAll('\n', '\r\n'), modifiedAt: MADE },
      { name: 'account_gender.csv', data: 'account_gender\n' },
      { name: 'my notes.txt', data: 'a\n', modifiedAt: NOW - 5_000 },
    );
    expect(request).toMatchObject({ fileKind: 'zip', listedAt: MADE, warnings: [] });
    expect(request.lists.map(({ kind, items }) => [kind, items.size])).toEqual([
      ['t1', 2],
      ['t3', 3],
    ]);
    expect((await zipped({ name: 'saved_posts.csv', data: POSTS })).listedAt).toBeNull();
  });

  it('may have its files in a folder, and one kind alone', async () => {
    const request = await zipped(
      { name: 'export_me_20260314/saved_posts.csv', data: POSTS, modifiedAt: MADE },
      { name: '__MACOSX/export_me_20260314/._saved_posts.csv', data: 'x', modifiedAt: MADE + 60_000 },
    );
    expect(request).toMatchObject({ listedAt: MADE, lists: [{ kind: 't3' }] });
    expect(request.warnings).toEqual(['there is no saved_comments.csv, so comments stay as they are']);
    write('unpacked/export/saved_comments.csv', COMMENTS);
    expect(await readRequest(path.join(folder, 'unpacked'), { now: NOW })).toMatchObject({
      fileKind: 'folder',
      listedAt: null,
      lists: [{ kind: 't1' }],
    });
  });

  it('may hold a list twice, but not two that differ', async () => {
    const data = { name: 'a/saved_posts.csv', data: POSTS };
    expect((await zipped(data, { name: 'b/saved_posts.csv', data: POSTS })).lists).toHaveLength(1);
    expect(await refusal(zipped(data, { name: 'b/saved_posts.csv', data: savedCsv(inventedPosts(2)) }))).toContain(
      'they differ: "a/saved_posts.csv", "b/saved_posts.csv"',
    );
  });

  it('without a list says which files it has', async () => {
    const tiktok = { name: 'TikTok/user_data_tiktok.json', data: '{}' };
    expect(await refusal(zipped(tiktok))).toContain('It has no CSV files at all');
    const votes = { name: 'post_votes.csv', data: 'id,permalink,direction\n' };
    const message = await refusal(zipped(votes, { name: 'hidden_posts.csv', data: POSTS }));
    expect(message).toContain('Its CSV files are: post_votes.csv, hidden_posts.csv');
    expect(message).toContain('https://www.reddit.com/settings/data-request');
  });

  it('with a list that is broken is refused as a whole', async () => {
    const good = { name: 'saved_comments.csv', data: COMMENTS };
    const cut = { name: 'saved_posts.csv', data: POSTS.slice(0, -9) };
    expect(await refusal(zipped(good, cut))).toContain('saved_posts.csv is cut off');
    expect(await refusal(zipped(good, { ...cut, data: POSTS, declaredCrc: 1 }))).toContain('damaged');
    expect(await refusal(zipped(good, { ...cut, data: POSTS, encrypted: true }))).toContain('encrypted');
    expect(await refusal(zipped(good, { ...cut, data: '' }))).toContain('is empty');
  });
});

describe('what is no data request', () => {
  it.each([
    ['x.csv', '', 'is empty'],
    ['x.csv', '\n\n', 'not even a header'],
    ['x.json', '{"Activity": {}}', 'is JSON'],
    ['x.html', '<!doctype html><html></html>', 'is an HTML or XML page'],
    ['x.csv', Buffer.from([0, 1, 2, 3, 4]), 'is a binary file'],
    ['x.txt', 'Date: 2025-01-01 00:00:00\nLink: https://www.tiktok.com/@x/video/1/\n', 'has no header'],
    ['saved_posts.csv', POSTS.slice(POSTS.indexOf('\n') + 1), 'has no header'],
    ['comments.csv', 'id,permalink,date,body\n', 'another list'],
    ['my.csv', 'id,permalink,direction\n', 'another list'],
    ['hidden_posts.csv', POSTS, 'another list'],
    ['saved_posts.csv', `${POSTS}"1abc`, 'is cut off'],
    ['saved_posts.csv', `${POSTS}1ab"c,x\n`, 'cannot be read as CSV'],
  ])('%s: %j', async (name, content, message) => {
    expect(await refusal(read(name, content))).toContain(message);
  });

  it('is a list that ends within a row, wherever that is', async () => {
    const lastRow = POSTS.lastIndexOf('\n', POSTS.length - 2) + 1;
    // A break of the line is all that may be missing, and the end of an address that is closed by a slash.
    for (let end = lastRow + 1; end < POSTS.length - 1; end++) {
      const cut = POSTS.slice(0, end);
      const isClosed = /\/comments\/\w+\/$/.test(cut);
      const reading = read('saved_posts.csv', cut);
      if (isClosed) expect((await reading).lists[0]?.items.size).toBe(3);
      else expect(await refusal(reading)).toContain('is cut off');
    }
  });

  it('never fails in another way, whatever bytes it has', async () => {
    const random = mulberry32(seedFor('REQUEST_SEED'));
    const below = (count: number): number => Math.floor(random() * count);
    const zip = makeZip([
      { name: 'saved_posts.csv', data: POSTS, modifiedAt: MADE },
      { name: 'saved_comments.csv', data: COMMENTS },
    ]);
    let refused = 0;
    for (let turn = 0; turn < 400; turn++) {
      const bytes = Buffer.from([zip, Buffer.from(POSTS), Buffer.from(COMMENTS)][turn % 3] ?? zip);
      for (let change = below(6); change > 0; change--) bytes[below(bytes.length)] = below(256);
      const cut = random() < 0.5 ? bytes.subarray(0, below(bytes.length)) : bytes;
      const name = ['export.zip', 'saved_posts.csv', 'saved_comments.csv'][turn % 3] ?? '';
      try {
        await read(name, cut);
      } catch (error) {
        expect(error).toBeInstanceOf(InputError);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(100);
  });
});
