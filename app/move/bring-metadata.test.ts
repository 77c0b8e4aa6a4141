import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { StoreUnavailableError } from '../../core/errors.ts';
import type { MetadataStore } from '../../core/ports/metadata-store.ts';
import { openSqliteMetadata } from '../../sinks/sqlite/sqlite-metadata.ts';
import { type Brought, bringMetadata } from './bring-metadata.ts';

let folder: string;
let own: MetadataStore;
let shared: MetadataStore;
beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'bring-metadata-'));
  own = await openSqliteMetadata({ file: path.join(folder, 'own.db') });
  shared = await openSqliteMetadata({ file: path.join(folder, 'shared.db') });
});
afterEach(async () => {
  await Promise.all([own.close(), shared.close()]);
  rmSync(folder, { recursive: true });
});

async function write(store: MetadataStore, documents: Readonly<Record<string, unknown>>): Promise<void> {
  for (const [key, value] of Object.entries(documents))
    expect(await store.compareAndSet(key, (await store.get(key))?.version ?? null, value)).not.toBeNull();
}
async function bring(): Promise<Brought> {
  const { documents, leftAlone } = await bringMetadata(own, shared);
  return { documents, leftAlone };
}
const held = async (store: MetadataStore): Promise<Record<string, unknown>> =>
  Object.fromEntries(
    (await store.list('')).filter(({ key }) => !key.startsWith('brought:')).map(({ key, value }) => [key, value]),
  );

it('brings what means something there, and leaves what was made there by itself', async () => {
  await write(own, {
    'github:me': { token: 'own' },
    'reddit:me': { token: 'r' },
    'process:1': {},
    store: { generation: 7 },
  });
  await write(shared, { 'github:me': { token: 'theirs' }, store: { generation: 2 } });
  expect(await bring()).toEqual({ documents: 1, leftAlone: ['github:me'] });
  expect(await held(shared)).toEqual({
    'github:me': { token: 'theirs' },
    'reddit:me': { token: 'r' },
    store: { generation: 2 },
  });
  await (await bringMetadata(own, shared)).end();
  expect(await shared.list('brought:')).toEqual([]);
});

it('follows the folder where it is repeated, also where it lacks what it had, but for what was changed there meanwhile', async () => {
  await write(own, {
    'github:me': { token: '1' },
    'github:you': { token: '1' },
    'github:her': { token: '1' },
    password: 'old',
  });
  expect(await bring()).toEqual({ documents: 4, leftAlone: [] });
  await write(own, { 'github:me': { token: null }, password: 'new', 'github:her': { token: '2' } });
  await own.remove('github:you');
  await write(shared, { 'github:her': { token: 'renewed there' } });
  expect(await bring()).toEqual({ documents: 3, leftAlone: ['github:her'] });
  const ended = { 'github:me': { token: null }, 'github:her': { token: 'renewed there' }, password: 'new' };
  expect(await held(shared)).toEqual(ended);
  // What the second time wrote is its own too.
  await write(own, { password: 'newer' });
  expect(await bring()).toEqual({ documents: 1, leftAlone: ['github:her'] });
  expect(await held(shared)).toEqual({ ...ended, password: 'newer' });
});

it('brings nothing back that was removed there since, and says so', async () => {
  await write(own, { 'access:password': 'own', notify: { url: 'own' }, 'github:me': { token: '1' } });
  await bring();
  await shared.remove('access:password');
  await shared.remove('notify');
  await write(own, { notify: { url: 'changed here meanwhile' } });
  expect(await bring()).toEqual({ documents: 0, leftAlone: ['access:password', 'notify'] });
  expect(await held(shared)).toEqual({ 'github:me': { token: '1' } });
});

it('brings what it took away itself, once the folder has it again', async () => {
  await write(own, { 'github:me': { token: '1' } });
  await bring();
  await own.remove('github:me');
  expect(await bring()).toEqual({ documents: 1, leftAlone: [] });
  await write(own, { 'github:me': { token: '2' } });
  expect(await bring()).toEqual({ documents: 1, leftAlone: [] });
  expect(await held(shared)).toEqual({ 'github:me': { token: '2' } });
});

it('brings what an attempt had announced that was cut off before it wrote it', async () => {
  await write(own, { 'github:me': { token: '1' }, 'reddit:me': { token: 'r' } });
  const cutOff: MetadataStore = {
    ...shared,
    compareAndSet: async (key, expected, value) => {
      if (key === 'reddit:me') throw new StoreUnavailableError('cut off');
      return await shared.compareAndSet(key, expected, value);
    },
  };
  await expect(bringMetadata(own, cutOff)).rejects.toThrow('cut off');
  expect(await held(shared)).toEqual({ 'github:me': { token: '1' } });
  await shared.remove('github:me');
  expect(await bring()).toEqual({ documents: 1, leftAlone: ['github:me'] });
  expect(await held(shared)).toEqual({ 'reddit:me': { token: 'r' } });
});

it('removes nothing that somebody else wrote there at that moment', async () => {
  await write(own, { 'github:me': { token: 'own' } });
  await bring();
  await own.remove('github:me');
  const busy: MetadataStore = {
    ...shared,
    get: async (key) => {
      const found = await shared.get(key);
      if (key === 'github:me' && JSON.stringify(found?.value) === JSON.stringify({ token: 'own' }))
        await write(shared, { [key]: { token: 'connected again there' } });
      return found;
    },
  };
  const { documents, leftAlone } = await bringMetadata(own, busy);
  expect({ documents, leftAlone }).toEqual({ documents: 0, leftAlone: ['github:me'] });
  expect(await held(shared)).toEqual({ 'github:me': { token: 'connected again there' } });
});

it('leaves each store its own reading of the clock, and tells nobody of it', async () => {
  await write(own, { 'maintenance:clock': { confirmed: 1, latest: 2 } });
  await write(shared, { 'maintenance:clock': { confirmed: 3, latest: 4 } });
  expect(await bring()).toEqual({ documents: 0, leftAlone: [] });
});
