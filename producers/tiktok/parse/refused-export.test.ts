import { mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { InputError } from '../../../core/errors.ts';
import { makeZip } from '../../../testing/make-zip.ts';
import { ExportFolder, exportOf, exportRow, exportText, ID, idsOf, readFile } from '../../../testing/tiktok-exports.ts';
import type { ParsedExport } from './read-export.ts';

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
    const parsed = await read(path.join(folder.path, 'unpacked'));
    expect(ids(parsed)).toEqual([ID[0]]);
    expect(parsed).toMatchObject({ fileKind: 'folder', source: 'a/user_data_tiktok.json' });
  });

  it('several lists count only when they are the same', async () => {
    const same = makeZip([
      { name: 'user_data.json', data: text },
      { name: 'TikTok/Favorite Videos.txt', data: textRows([ID[0]]) },
    ]);
    expect((await read(write('same.zip', same))).warnings).toHaveLength(1);
    const differ = makeZip([
      { name: 'user_data.json', data: text },
      { name: 'user_data (1).json', data: json(wrapped([row(ID[1])])) },
    ]);
    expect((await refusal(read(write('differ.zip', differ)))).message).toContain('user_data (1).json');
  });

  it('no symbolic link is followed out of a folder', async () => {
    const outside = write('outside/user_data.json', text);
    mkdirSync(path.join(folder.path, 'unpacked'));
    symlinkSync(outside, path.join(folder.path, 'unpacked', 'user_data.json'));
    symlinkSync(path.dirname(outside), path.join(folder.path, 'unpacked', 'linked'));
    await refusal(read(path.join(folder.path, 'unpacked')));
    // A link that the user names is the user's own choice.
    symlinkSync(outside, path.join(folder.path, 'link.json'));
    expect(ids(await read(path.join(folder.path, 'link.json')))).toEqual([ID[0]]);
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
    for (let percent = 1; percent < 100; percent++)
      await refusal(read(write('cut.zip', whole.subarray(0, Math.floor((whole.length * percent) / 100)))));
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
    ['blank.json', ' \n ', 'Favorite Videos.txt'],
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
    const error = await refusal(
      readText(json({ 'Your Activity': { 'Like List': { ItemFavoriteList: [] }, 'Watch History': {} }, Profile: {} })),
    );
    expect(error.message).toContain('Your Activity (Like List, Watch History)');
    expect(error.details).toEqual({
      keys: { 'export.json': { 'Your Activity': ['Like List', 'Watch History'], Profile: [] } },
      files: [],
    });
    await refusal(readText(json({ Activity: { 'Favorite Videos': { App: 1 } } })));
    await refusal(readText(json([])));
    await refusal(read(path.join(folder.path, 'does not exist')));
    await refusal(read(write('empty/readme.md', '')));
    await refusal(read(path.join(folder.path, 'empty')));
  });

  it('a file that was cut off anywhere is refused', async () => {
    const rows = Array.from({ length: 12 }, (_, index) => row(`${7_000_000_000_000n + BigInt(index)}000000`));
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
