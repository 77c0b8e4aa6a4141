import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { InputError } from '../../../core/errors.ts';
import { makeZip } from '../../../testing/make-zip.ts';
import { ExportFolder, exportOf, exportRow, exportText, ID, idsOf, readFile } from '../../../testing/tiktok-exports.ts';
import type { ParsedExport } from './read-export.ts';

const FIXTURES = path.resolve(__dirname, '../../../../shared/fixtures/tiktok');

let folder: ExportFolder;
beforeEach(() => {
  folder = new ExportFolder();
});
afterEach(() => {
  folder.remove();
});

const write = (name: string, data: string | Uint8Array): string => folder.write(name, data);
const readText = (text: string, name = 'export.json'): Promise<ParsedExport> => folder.read(name, text);
const json = (value: unknown): string => JSON.stringify(value, null, 1);
const row = exportRow;
const wrapped = exportOf;
const read = readFile;
const ids = idsOf;
const textRows = exportText;

async function refusal(reading: Promise<unknown>): Promise<InputError> {
  const error = await reading.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(InputError);
  return error as InputError;
}

describe('a line of nothing but blanks', () => {
  // With an expression for the line it took minutes, and the whole process stood still.
  it.each([
    ['among the favourites', 'Favorite Videos.txt', ''],
    ['with a letter behind them', 'Favorite Videos.txt', 'x'],
    ['before the colon', 'Favorite Videos.txt', 'x:'],
    ['in a list beside them', 'Searches.txt', ''],
  ])('is passed over at once: %s', async (_where, name, end) => {
    const blanks = `${' '.repeat(99_000)}${end}\n`;
    const favorites = `${name === 'Favorite Videos.txt' ? blanks : ''}${textRows([ID[0]])}`;
    const members = [{ name: 'Favorite Videos.txt', data: favorites }];
    if (name !== 'Favorite Videos.txt') members.push({ name, data: blanks });
    const parsed = await folder.read('export.zip', makeZip(members));
    expect(ids(parsed)).toEqual([ID[0]]);
  });
});

describe('real exports', () => {
  const present = existsSync(FIXTURES);
  if (!present) console.warn(`the fixtures are absent (${FIXTURES}): the tests with real exports check nothing`);

  /** The same count by another way: cut the text of the list out, and look for ids in it. */
  const idsByText = (text: string): string[] => {
    const list = /"FavoriteVideoList": \[([\s\S]*?)\]/.exec(text)?.[1] ?? '';
    return [...list.matchAll(/"Link": "[^"]*?(\d{10,})\/?"/g)].map(([, id = '']) => id);
  };

  it.each([
    ['activity.2025-01.tiktok-com-links.json', 2],
    ['likes-and-favorites.2025-04.full.json', 8],
    ['likes-and-favorites.2026-04.json', 290],
    ['your-activity.2025-06.json', 13],
  ])('%s holds its %d favourites and no like', async (name, count) => {
    if (!present) return;
    const parsed = await read(path.join(FIXTURES, name));
    const expected = idsByText(readFileSync(path.join(FIXTURES, name), 'utf8'));
    expect(expected).toHaveLength(count);
    expect(ids(parsed).sort()).toEqual([...new Set(expected)].sort());
    expect(parsed.favorites.rowsRead).toBe(count);
    expect(parsed.favorites.skippedRows).toBe(0);
    expect([...parsed.favorites.savedAt.values()].every((date) => date !== null)).toBe(true);
  });

  it('a TXT export, as a file, as its folder, and in an archive', async () => {
    if (!present) return;
    const texts = path.join(FIXTURES, 'txt-2025-05');
    const favorites = readFileSync(path.join(texts, 'Favorite Videos.txt'));
    const expected = [...favorites.toString().matchAll(/video\/(\d+)/g)].map(([, id = '']) => id);
    expect(expected).toHaveLength(63);
    const single = await read(path.join(texts, 'Favorite Videos.txt'));
    expect(ids(single)).toEqual(expected);
    expect(single.newestDate).toBe(Date.UTC(2025, 4, 21, 8, 59, 11));
    const whole = await read(texts);
    expect(ids(whole)).toEqual(expected);
    // The likes beside it are newer.
    expect(whole.newestDate).toBe(Date.UTC(2025, 4, 21, 11, 27, 20));
    const zip = makeZip(
      ['Favorite Videos.txt', 'Like List.txt'].map((name) => ({
        name: `TikTok/Likes and Favorites/${name}`,
        data: readFileSync(path.join(texts, name)),
      })),
    );
    const archived = await read(write('whatever', zip));
    expect(ids(archived)).toEqual(expected);
    expect(archived.newestDate).toBe(whole.newestDate);
  });

  it('the other lists of a TXT export are not favourites', async () => {
    if (!present) return;
    for (const name of ['Like List.txt', 'Favorite Sounds.txt'])
      await refusal(read(path.join(FIXTURES, 'txt-2025-05', name)));
  });
});

describe('layouts', () => {
  it.each(['Activity', 'Your Activity', 'Likes and Favorites', 'A wrapper of tomorrow'])(
    'wrapper %s',
    async (wrapper) => {
      const parsed = await readText(
        json(
          wrapped(
            ID.map((id) => row(id)),
            wrapper,
          ),
        ),
      );
      expect(ids(parsed)).toEqual([...ID]);
      expect(parsed.section).toBe(`${wrapper} > Favorite Videos > FavoriteVideoList`);
      // The like is newer than the favourites.
      expect(parsed.newestDate).toBe(Date.UTC(2025, 5, 1));
      expect(parsed.favorites.oldestRow).toBe(Date.UTC(2025, 3, 17, 16, 36, 43));
    },
  );

  it('the list at the top, deep down, and twice', async () => {
    expect(ids(await readText(json({ FavoriteVideoList: [row(ID[0])] })))).toEqual([ID[0]]);
    expect(ids(await readText(json({ a: [{ b: wrapped([row(ID[0])]) }] })))).toEqual([ID[0]]);
    const twice = await readText(
      json({ ...wrapped([row(ID[0])], 'Activity'), ...wrapped([row(ID[1]), row(ID[0])], 'Your Activity') }),
    );
    expect(ids(twice)).toEqual([ID[0], ID[1]]);
    expect(twice.favorites.duplicates).toBe(1);
  });

  it('keys in any case, and what third parties add', async () => {
    const rows = [
      {
        DATE: '2025-01-01 00:00:00',
        link: `https://www.tiktok.com/@cook/video/${ID[0]}`,
        Title: ' Bread ',
        Author: 'A cook',
        extra: { deep: [1] },
      },
      { date: '2025-01-02 00:00:00', LINK: `https://www.tiktok.com/@cook/photo/${ID[1]}`, Caption: 'Soup' },
    ];
    const { favorites } = await readText(json(wrapped(rows)));
    expect(favorites.details.get(ID[0])).toEqual({
      title: 'Bread',
      body: null,
      author: 'A cook',
      handle: 'cook',
      photo: false,
    });
    expect(favorites.details.get(ID[1])).toEqual({
      title: 'Soup',
      body: null,
      author: null,
      handle: 'cook',
      photo: true,
    });
    expect(favorites.savedAt.get(ID[1])).toBe(Date.UTC(2025, 0, 2));
  });

  it.each([null, [], {}])('an empty list: %j', async (empty) => {
    const parsed = await readText(json(wrapped(empty)));
    expect(parsed.explicitlyEmpty).toBe(true);
    expect(ids(parsed)).toEqual([]);
    const section = await readText(json({ Activity: { 'Favorite Videos': empty } }));
    expect(section.explicitlyEmpty).toBe(true);
  });

  it('rows that repeat, whose dates cannot be, whose links cannot be read', async () => {
    const rows = [
      row(ID[0], '2025-01-01 00:00:00'),
      row(ID[0], '2025-03-01 00:00:00'),
      row(ID[0], '2025-02-01 00:00:00'),
      row(ID[1], '2025-02-30 00:00:00'),
      { Date: '2025-01-01 00:00:00' },
      7,
      ['x'],
      { Link: 'https://evil-tiktok.com/@a/video/7111111111111111111' },
    ];
    const { favorites } = await readText(json(wrapped(rows)));
    expect([...favorites.savedAt]).toEqual([
      [ID[0], Date.UTC(2025, 2, 1)],
      [ID[1], null],
    ]);
    expect(favorites.rowsRead).toBe(8);
    expect(favorites.duplicates).toBe(2);
    expect(Object.fromEntries(favorites.skipped)).toEqual({
      'row without a link': 1,
      'row is not an object': 1,
      'row is a list': 1,
      'not a link to TikTok': 1,
    });
    expect(favorites.oldestRow).toBe(Date.UTC(2025, 0, 1));
  });

  it('dates later than the import do not tell the age, nor do dates that are not moments', async () => {
    const dated = {
      ...wrapped([row(ID[0])]),
      Other: {
        Date: '2099-01-01 00:00:00',
        ExpireDate: '2026-06-01 00:00:00',
        Content: '2026-07-01 00:00:00',
        CreateDate: '2025-08-01 00:00:00 UTC',
      },
    };
    expect((await readText(json(dated))).newestDate).toBe(Date.UTC(2025, 7, 1));
    expect(
      (await readText(json({ FavoriteVideoList: [{ Link: `https://www.tiktok.com/video/${ID[0]}` }] }))).newestDate,
    ).toBeNull();
  });

  it('byte order marks, UTF-16, CRLF, any file name', async () => {
    const text = json(wrapped(ID.map((id) => row(id))));
    const variants: [string, Uint8Array][] = [
      ['bom.txt', Buffer.from(`\ufeff${text}`)],
      ['crlf.zip', Buffer.from(text.replaceAll('\n', '\r\n'))],
      ['utf16le', Buffer.from(`\ufeff${text}`, 'utf16le')],
      ['utf16be.csv', Buffer.from(`\ufeff${text}`, 'utf16le').swap16()],
      ['archive.json', makeZip([{ name: 'x/y/z/user_data.json', data: text }])],
    ];
    for (const [name, data] of variants) expect(ids(await read(write(name, data)))).toEqual([...ID]);
    for (const eol of ['\r\n', '\r']) {
      const lines = write(`Favorite Videos ${eol.length}.txt`, textRows(ID).replaceAll('\n', eol));
      expect(ids(await read(lines))).toEqual([...ID]);
    }
  });

  it('the TXT form of 2022, without zone, and an empty one', async () => {
    const rows = ID.map(
      (id) => `Date: 2022-05-21 08:59:11\nVideo Link: https://www.tiktokv.com/share/video/${id}/\n\n`,
    ).join('');
    const parsed = await readText(rows, 'Favorite Videos.txt');
    expect(ids(parsed)).toEqual([...ID]);
    expect(parsed.favorites.savedAt.get(ID[0])).toBe(Date.UTC(2022, 4, 21, 8, 59, 11));
    expect((await readText('\n', 'Favorite Videos (1).txt')).explicitlyEmpty).toBe(true);
    await refusal(readText('\n', 'other.txt'));
  });

  it.each(['Favorite Videos (2).txt', 'Favorite Videos _2_.txt', 'Favourite_Videos copy.txt', 'favorite videos 3.txt'])(
    'a TXT list that is called %s is the favourites',
    async (name) => expect(ids(await readText(textRows(ID), name))).toEqual([...ID]),
  );

  it.each([
    'Like List (1).txt',
    'Like List _1_.txt',
    'Like_List.txt',
    'Like List - Copy.txt',
    'Watch_History.txt',
    'upload',
  ])('a TXT list that is called %s is not, though it looks the same inside', async (name) =>
    expect((await refusal(readText(textRows(ID), name))).message).toMatch(/Favorite Videos.txt/),
  );
});
