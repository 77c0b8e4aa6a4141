import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { InputError } from '../../../core/errors.ts';
import { makeZip } from '../../../testing/make-zip.ts';
import { type ParsedExport, readExport } from './read-export.ts';

const NOW = Date.UTC(2027, 0, 1);
const FIXTURES = path.resolve(__dirname, '../../../../shared/fixtures/tiktok');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'export-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function write(name: string, data: string | Uint8Array): string {
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, data);
  return file;
}

const read = (file: string): Promise<ParsedExport> => readExport(file, { now: NOW });
const ids = ({ favorites }: ParsedExport): string[] => [...favorites.savedAt.keys()];
const readText = (text: string, name = 'export.json'): Promise<ParsedExport> => read(write(name, text));

async function refusal(reading: Promise<unknown>): Promise<InputError> {
  const error = await reading.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(InputError);
  return error as InputError;
}

const ID = ['7612738946044398861', '7251387037834595630', '6991887885607734533'] as const;
const row = (id: string, date = '2025-04-17 16:36:43'): object => ({ Date: date, Link: `https://www.tiktokv.com/share/video/${id}/` });
const wrapped = (list: unknown, wrapper = 'Likes and Favorites'): object => ({
  [wrapper]: {
    'Favorite Videos': { App: 1, FavoriteVideoList: list },
    'Like List': { App: 1, ItemFavoriteList: [{ date: '2025-06-01 00:00:00', link: 'https://www.tiktokv.com/share/video/7111111111111111111/' }] },
  },
});
const json = (value: unknown): string => JSON.stringify(value, null, 1);
const textRows = (list: readonly string[]): string => list.map((id) => `Date: 2025-05-21 08:59:11 UTC\nLink: https://www.tiktokv.com/share/video/${id}/\n\n`).join('');

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
    const zip = makeZip(['Favorite Videos.txt', 'Like List.txt'].map((name) => ({ name: `TikTok/Likes and Favorites/${name}`, data: readFileSync(path.join(texts, name)) })));
    const archived = await read(write('whatever', zip));
    expect(ids(archived)).toEqual(expected);
    expect(archived.newestDate).toBe(whole.newestDate);
  });

  it('the other lists of a TXT export are not favourites', async () => {
    if (!present) return;
    for (const name of ['Like List.txt', 'Favorite Sounds.txt']) await refusal(read(path.join(FIXTURES, 'txt-2025-05', name)));
  });
});

describe('layouts', () => {
  it.each(['Activity', 'Your Activity', 'Likes and Favorites', 'A wrapper of tomorrow'])('wrapper %s', async (wrapper) => {
    const parsed = await readText(json(wrapped(ID.map((id) => row(id)), wrapper)));
    expect(ids(parsed)).toEqual([...ID]);
    expect(parsed.section).toBe(`${wrapper} > Favorite Videos > FavoriteVideoList`);
    // The like is newer than the favourites.
    expect(parsed.newestDate).toBe(Date.UTC(2025, 5, 1));
    expect(parsed.favorites.oldestRow).toBe(Date.UTC(2025, 3, 17, 16, 36, 43));
  });

  it('the list at the top, deep down, and twice', async () => {
    expect(ids(await readText(json({ FavoriteVideoList: [row(ID[0])] })))).toEqual([ID[0]]);
    expect(ids(await readText(json({ a: [{ b: wrapped([row(ID[0])]) }] })))).toEqual([ID[0]]);
    const twice = await readText(json({ ...wrapped([row(ID[0])], 'Activity'), ...wrapped([row(ID[1]), row(ID[0])], 'Your Activity') }));
    expect(ids(twice)).toEqual([ID[0], ID[1]]);
    expect(twice.favorites.duplicates).toBe(1);
  });

  it('keys in any case, and what third parties add', async () => {
    const rows = [
      { DATE: '2025-01-01 00:00:00', link: `https://www.tiktok.com/@cook/video/${ID[0]}`, Title: ' Bread ', Author: 'A cook', extra: { deep: [1] } },
      { date: '2025-01-02 00:00:00', LINK: `https://www.tiktok.com/@cook/photo/${ID[1]}`, Caption: 'Soup' },
    ];
    const { favorites } = await readText(json(wrapped(rows)));
    expect(favorites.details.get(ID[0])).toEqual({ title: 'Bread', body: null, author: 'A cook', handle: 'cook', photo: false });
    expect(favorites.details.get(ID[1])).toEqual({ title: 'Soup', body: null, author: null, handle: 'cook', photo: true });
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
    const rows = [row(ID[0], '2025-01-01 00:00:00'), row(ID[0], '2025-03-01 00:00:00'), row(ID[0], '2025-02-01 00:00:00'), row(ID[1], '2025-02-30 00:00:00'), { Date: '2025-01-01 00:00:00' }, 7, ['x'], { Link: 'https://evil-tiktok.com/@a/video/7111111111111111111' }];
    const { favorites } = await readText(json(wrapped(rows)));
    expect([...favorites.savedAt]).toEqual([
      [ID[0], Date.UTC(2025, 2, 1)],
      [ID[1], null],
    ]);
    expect(favorites.rowsRead).toBe(8);
    expect(favorites.duplicates).toBe(2);
    expect(Object.fromEntries(favorites.skipped)).toEqual({ 'row without a link': 1, 'row is not an object': 1, 'row is a list': 1, 'not a link to TikTok': 1 });
    expect(favorites.oldestRow).toBe(Date.UTC(2025, 0, 1));
  });

  it('dates later than the import do not tell the age, nor do dates that are not moments', async () => {
    const dated = { ...wrapped([row(ID[0])]), Other: { Date: '2099-01-01 00:00:00', ExpireDate: '2026-06-01 00:00:00', Content: '2026-07-01 00:00:00', CreateDate: '2025-08-01 00:00:00 UTC' } };
    expect((await readText(json(dated))).newestDate).toBe(Date.UTC(2025, 7, 1));
    expect((await readText(json({ FavoriteVideoList: [{ Link: `https://www.tiktok.com/video/${ID[0]}` }] }))).newestDate).toBeNull();
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
      const lines = write(`lines${eol.length}.txt`, textRows(ID).replaceAll('\n', eol));
      expect(ids(await read(lines))).toEqual([...ID]);
    }
  });

  it('the TXT form of 2022, without zone, and an empty one', async () => {
    const rows = ID.map((id) => `Date: 2022-05-21 08:59:11\nVideo Link: https://www.tiktokv.com/share/video/${id}/\n\n`).join('');
    const parsed = await readText(rows, 'Favorite Videos.txt');
    expect(ids(parsed)).toEqual([...ID]);
    expect(parsed.favorites.savedAt.get(ID[0])).toBe(Date.UTC(2022, 4, 21, 8, 59, 11));
    expect((await readText('\n', 'Favorite Videos (1).txt')).explicitlyEmpty).toBe(true);
    await refusal(readText('\n', 'other.txt'));
  });
});

describe('archives and folders', () => {
  const text = json(wrapped([row(ID[0])]));

  it('the list in any folder, beside other products and other files', async () => {
    const members = [
      { name: '__MACOSX/._user_data_tiktok.json', data: Buffer.from([0, 5, 22, 7]) },
      { name: 'a/user_data_lemon8.json', data: json(wrapped([row(ID[1])])) },
      { name: 'a/user_data_tiktok.json', data: text },
      { name: 'a/profile.json', data: '{"Profile":{}}' },
      { name: 'a/picture.png', data: Buffer.from('89504e47', 'hex') },
    ];
    expect(ids(await read(write('data.zip', makeZip(members))))).toEqual([ID[0]]);
    for (const { name, data } of members) write(`unpacked/${name}`, data);
    const parsed = await read(path.join(folder, 'unpacked'));
    expect(ids(parsed)).toEqual([ID[0]]);
    expect(parsed).toMatchObject({ fileKind: 'folder', source: 'a/user_data_tiktok.json' });
  });

  it('several lists count only when they are the same', async () => {
    const same = makeZip([{ name: 'user_data.json', data: text }, { name: 'TikTok/Favorite Videos.txt', data: textRows([ID[0]]) }]);
    expect((await read(write('same.zip', same))).warnings).toHaveLength(1);
    const differ = makeZip([{ name: 'user_data.json', data: text }, { name: 'user_data (1).json', data: json(wrapped([row(ID[1])])) }]);
    expect((await refusal(read(write('differ.zip', differ)))).message).toContain('user_data (1).json');
  });

  it('no symbolic link is followed out of a folder', async () => {
    const outside = write('outside/user_data.json', text);
    mkdirSync(path.join(folder, 'unpacked'));
    symlinkSync(outside, path.join(folder, 'unpacked', 'user_data.json'));
    symlinkSync(path.dirname(outside), path.join(folder, 'unpacked', 'linked'));
    await refusal(read(path.join(folder, 'unpacked')));
    // A link that the user names is the user's own choice.
    symlinkSync(outside, path.join(folder, 'link.json'));
    expect(ids(await read(path.join(folder, 'link.json')))).toEqual([ID[0]]);
  });

  it('hostile and damaged archives are refused', async () => {
    const whole = makeZip([{ name: 'user_data.json', data: text }]);
    const cases: Record<string, Uint8Array> = {
      traversal: makeZip([{ name: '../../user_data.json', data: text }]),
      absolute: makeZip([{ name: '/etc/user_data.json', data: text }]),
      encrypted: makeZip([{ name: 'user_data.json', data: text, encrypted: true }]),
      'wrong size': makeZip([{ name: 'user_data.json', data: text, declaredSize: 10 }]),
      'wrong checksum': makeZip([{ name: 'user_data.json', data: text, declaredCrc: 1 }]),
      'empty list of entries': makeZip([]),
      nested: makeZip([{ name: 'user_data.zip', data: whole }]),
      'nested in disguise': makeZip([{ name: 'user_data.json', data: whole }]),
      'empty member': makeZip([{ name: 'user_data.json', data: '' }]),
      'too many entries': makeZip(Array.from({ length: 20_001 }, (_, index) => ({ name: `${index}.json`, data: '' }))),
      'cut off member': makeZip([{ name: 'user_data.json', data: text.slice(0, 200) }]),
    };
    for (const [name, data] of Object.entries(cases)) await refusal(read(write(`${name}.zip`, data)));
    for (let percent = 1; percent < 100; percent++) await refusal(read(write('cut.zip', whole.subarray(0, Math.floor((whole.length * percent) / 100)))));
  });

  it('a ZIP bomb is stopped by what it unpacks to, whatever it declares', async () => {
    const filler = `"${'x'.repeat(100_000)}",`;
    const bomb = makeZip([{ name: 'user_data.json', data: `{"a":[${filler.repeat(1000)}1]}` }]);
    expect(bomb.length).toBeLessThan(200_000);
    expect((await refusal(read(write('bomb.zip', bomb)))).message).toMatch(/bomb/);
  });
});

describe('what is no export changes nothing and says why', () => {
  it.each([
    ['picture.json', Buffer.from('89504e470d0a1a0a0000', 'hex'), 'PNG'],
    ['page.json', '<!DOCTYPE html><html></html>', 'HTML'],
    ['page.html', '\n <html>', 'HTML'],
    ['nothing.json', '', 'empty'],
    ['blank.json', ' \n ', 'empty list'],
    ['table.csv', 'id,link\n7251387037834595630,https://www.tiktok.com/@a/video/7251387037834595630\n', 'Date'],
    ['links.txt', `https://www.tiktok.com/@a/video/${ID[0]}\n`, 'Date'],
    ['binary', Buffer.from([1, 0, 2, 0, 3]), 'binary'],
    ['archive.gz', Buffer.from('1f8b0800', 'hex'), 'gzip'],
    ['word.json', '"FavoriteVideoList"', 'Date'],
    ['trailing.json', `${json(wrapped([]))} {}`, 'not valid JSON'],
    ['comma.json', '{"FavoriteVideoList":[1,]}', 'not valid JSON'],
    ['colon.json', '{"FavoriteVideoList" []}', 'not valid JSON'],
    ['latin1.json', Buffer.from('{"a":"\xe9\xe9","FavoriteVideoList":[]}', 'latin1'), 'not valid JSON'],
    ['object.json', json(wrapped({ 0: row(ID[0]) })), 'not known'],
    ['string.json', json(wrapped('none')), 'not known'],
    ['missing', '', 'empty'],
  ])('%s', async (name, data, said) => {
    expect((await refusal(read(write(name, data)))).message).toContain(said);
  });

  it('a missing section names the keys that are there', async () => {
    const error = await refusal(readText(json({ 'Your Activity': { 'Like List': { ItemFavoriteList: [] }, 'Watch History': {} }, Profile: {} })));
    expect(error.message).toContain('Your Activity (Like List, Watch History)');
    expect(error.details).toEqual({ keys: { 'export.json': { 'Your Activity': ['Like List', 'Watch History'], Profile: [] } }, files: [] });
    await refusal(readText(json({ Activity: { 'Favorite Videos': { App: 1 } } })));
    await refusal(readText(json([])));
    await refusal(read(path.join(folder, 'does not exist')));
    await refusal(read(write('empty/readme.md', '')));
    await refusal(read(path.join(folder, 'empty')));
  });

  it('a file that was cut off anywhere is refused', async () => {
    const rows = Array.from({ length: 40 }, (_, index) => row(`${7_000_000_000_000n + BigInt(index)}000000`));
    const text = json({ ...wrapped(rows), Later: { Date: '2025-01-01 00:00:00' } });
    for (let length = 0; length < text.length; length += 7) await refusal(readText(text.slice(0, length)));
  });

  it('a TXT list that was cut off within a row is refused, and between rows gives whole rows only', async () => {
    const text = textRows(ID);
    const rowLength = text.length / ID.length;
    const outcomes = new Set<string>();
    for (let length = 1; length < text.length; length++) {
      const part = text.slice(0, length);
      // The link is whole when all of it up to its last slash is there.
      const inLastRow = length % rowLength;
      const whole = inLastRow === 0 || inLastRow >= rowLength - 2;
      const result = await readText(part, 'Favorite Videos.txt').then(
        (parsed) => ids(parsed),
        (error: unknown) => (error instanceof InputError ? 'refused' : Promise.reject(error as Error)),
      );
      if (!whole) expect([length, result]).toEqual([length, 'refused']);
      else expect(result).toEqual(ID.slice(0, Math.ceil(length / rowLength)));
      outcomes.add(String(result));
    }
    expect(outcomes.size).toBe(4);
  });

  it('deep nesting and endless texts are refused before they cost memory', async () => {
    await refusal(readText('['.repeat(1_000_000)));
    await refusal(readText(`{"a":${'{"a":'.repeat(100_000)}`));
    await refusal(readText(`{"a":"${'x'.repeat(17_000_000)}"}`));
    await refusal(readText('x'.repeat(300_000), 'Favorite Videos.txt'));
  });
});
