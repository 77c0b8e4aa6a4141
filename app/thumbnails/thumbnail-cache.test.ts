import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { ThumbnailCache } from './thumbnail-cache.ts';

const IMAGE = { type: 'image/gif', bytes: Buffer.from(`GIF89a${'x'.repeat(994)}`) } as const;
const item = (itemId: string) => ({ scope: 'tiktok/me/favorites', itemId });

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'thumbnails-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('keeps images, forgets them, and knows whose they are', async () => {
  const cache = new ThumbnailCache(folder);
  expect([await cache.get(item('1')), await cache.items()]).toEqual([null, []]);
  await cache.put(item('1'), IMAGE);
  await cache.put(item('../../2'), IMAGE);
  expect(await cache.get(item('1'))).toEqual(IMAGE);
  expect((await cache.items()).map(({ itemId }) => itemId).sort()).toEqual(['../../2', '1']);
  await cache.remove(item('1'));
  await cache.remove(item('1'));
  expect([await cache.get(item('1')), await cache.get(item('../../2'))]).toEqual([null, IMAGE]);
});

it('lets go of what was not looked at for the longest time, within its limit', async () => {
  const cache = new ThumbnailCache(folder, 5_500);
  for (const id of ['1', '2', '3', '4', '5']) await cache.put(item(id), IMAGE);
  const files = readdirSync(path.join(folder, 'thumbnails'));
  expect(files.length).toBe(5);
  for (const name of files) await utimes(path.join(folder, 'thumbnails', name), 1_000, 1_000);
  await cache.get(item('2'));
  await cache.put(item('6'), IMAGE);
  const left = (await cache.items()).map(({ itemId }) => itemId);
  expect(left.length).toBe(4);
  expect(left).toEqual(expect.arrayContaining(['2', '6']));
});

it('knows of the others where one is damaged, and keeps nothing of that, or of what was cut off', async () => {
  const cache = new ThumbnailCache(folder);
  await cache.put(item('1'), IMAGE);
  const [whole = ''] = readdirSync(path.join(folder, 'thumbnails'));
  // As a power cut leaves them: the name is there, and the bytes are not.
  writeFileSync(path.join(folder, 'thumbnails', '0'.repeat(64)), '');
  writeFileSync(path.join(folder, 'thumbnails', 'f'.repeat(64)), '{"scope":\n');
  const cutOff = path.join(folder, 'thumbnails', 'cut-off.part');
  writeFileSync(cutOff, IMAGE.bytes);
  await utimes(cutOff, 1_000, 1_000);
  writeFileSync(path.join(folder, 'thumbnails', 'under-way.part'), IMAGE.bytes);
  expect(await cache.items()).toEqual([item('1')]);
  expect(readdirSync(path.join(folder, 'thumbnails')).sort()).toEqual([whole, 'under-way.part'].sort());
});
