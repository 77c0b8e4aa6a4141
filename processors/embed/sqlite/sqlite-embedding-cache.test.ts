import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ErasedText } from '../../../core/erased-text.ts';
import { scopeName } from '../../../core/keys.ts';
import { textHashOf } from '../../../core/text-hash.ts';
import { testReservations } from '../../../testing/contracts/reservations.ts';
import type { CacheEntry, EmbeddingCache, PendingVector } from '../embedding-cache.ts';
import { openSqliteEmbeddingCache } from './sqlite-embedding-cache.ts';

let folder: string;
let cache: EmbeddingCache;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'hoardarr-cache-'));
  cache = openSqliteEmbeddingCache(folder);
});

afterEach(async () => {
  await cache.close();
  rmSync(folder, { recursive: true });
});

const entry = (text: string, fill = 1): CacheEntry => ({
  textHash: textHashOf(text),
  vector: new Uint8Array(2_048).fill(fill),
  truncated: false,
});

const waiting = (key: string, fields: Partial<PendingVector> = {}): PendingVector => ({
  key,
  partition: 0,
  position: 0,
  provider: 'tiktok',
  user: 'me',
  collection: 'favorites',
  itemId: key,
  textHash: textHashOf(`text of ${key}`),
  text: `text of ${key}`,
  ...fields,
});

const erasedOf = (pending: PendingVector): ErasedText => {
  const { textHash, itemId } = pending;
  return { textHash, scope: scopeName(pending), itemId, position: 2 };
};

const bytesOnDisk = (): Buffer =>
  Buffer.concat(readdirSync(folder).map((file) => readFileSync(path.join(folder, file))));

const claim = (fields: Partial<Parameters<EmbeddingCache['claimPending']>[0]> = {}) =>
  cache.claimPending({ now: 1_000, limit: 10, until: 2_000, longestMs: 10_000, committed: [100], ...fields });

const keysOf = (entries: readonly { readonly key: string }[]): string[] => entries.map(({ key }) => key).toSorted();

describe('embedding cache in SQLite', () => {
  it('finds what was put, for the same model only', async () => {
    await cache.putMany('m1', [entry('a'), { ...entry('b', 2), truncated: true }]);
    const found = await cache.getMany('m1', [textHashOf('a'), textHashOf('b'), textHashOf('c')]);
    expect([...found.keys()]).toEqual([textHashOf('a'), textHashOf('b')]);
    expect(found.get(textHashOf('b'))).toEqual({ vector: Buffer.alloc(2_048, 2), truncated: true });
    expect((await cache.getMany('m2', [textHashOf('a')])).size).toBe(0);
  });

  it('replaces what is there', async () => {
    await cache.putMany('m', [entry('a')]);
    await cache.putMany('m', [entry('a', 9)]);
    expect((await cache.getMany('m', [textHashOf('a')])).get(textHashOf('a'))?.vector).toEqual(Buffer.alloc(2_048, 9));
  });

  it('keeps everything when it is opened again, and shows it to others at once', async () => {
    const other = openSqliteEmbeddingCache(folder);
    await cache.putMany('m', [entry('a')]);
    await cache.addPending([waiting('k')]);
    expect((await other.getMany('m', [textHashOf('a')])).size).toBe(1);
    expect(await other.countPending()).toBe(1);
    await other.close();
    await cache.close();
    cache = openSqliteEmbeddingCache(folder);
    expect((await cache.getMany('m', [textHashOf('a')])).size).toBe(1);
    expect(await cache.countPending()).toBe(1);
  });

  it('erases text and vectors, of all models, from the bytes on disk', async () => {
    const secret = Buffer.from('a secret that nobody may find');
    const vector = Buffer.concat([secret, Buffer.alloc(2_019)]);
    await cache.putMany('m1', [entry('kept'), { ...entry('gone'), vector }]);
    await cache.putMany('m2', [{ ...entry('gone'), vector }]);
    const pending = waiting('k', { text: secret.toString(), textHash: textHashOf('gone') });
    await cache.addPending([pending, waiting('kept')]);
    expect(bytesOnDisk().includes(secret)).toBe(true);
    await cache.remove([erasedOf(pending)]);
    expect(await cache.eraseFreed()).toBe(true);
    expect(bytesOnDisk().includes(secret)).toBe(false);
    expect((await cache.getMany('m1', [textHashOf('kept')])).size).toBe(1);
    expect(await cache.countPending()).toBe(1);
  });

  it('erases of the items that wait for a text only the one whose text was erased: others may say the same', async () => {
    const textHash = textHashOf('the same');
    await cache.putMany('m', [entry('the same')]);
    const own = waiting('mine', { textHash, position: 1 });
    const again = { ...own, key: 'mine, saved again', position: 3 };
    await cache.addPending([own, again, waiting('theirs', { textHash, user: 'next door' }), waiting('other')]);
    await cache.remove([erasedOf(own)]);
    expect((await cache.getMany('m', [textHash])).size).toBe(0);
    expect(keysOf(await claim())).toEqual(['mine, saved again', 'other', 'theirs']);
  });

  it('leaves nothing of what is erased bit by bit from among the rest', async () => {
    const names = Array.from({ length: 600 }, (_, index) => `<marker of ${index}>`);
    const marked = (name: string): CacheEntry => ({
      ...entry(name),
      vector: Buffer.concat([Buffer.from(name), Buffer.alloc(2_048 - name.length, 1)]),
    });
    const pendingOf = (name: string): PendingVector =>
      waiting(name, { key: textHashOf(name), itemId: '', text: name.repeat(20), textHash: textHashOf(name) });
    for (let from = 0; from < names.length; from += 50) {
      await cache.putMany('m', names.slice(from, from + 50).map(marked));
      await cache.addPending(names.slice(from, from + 50).map(pendingOf));
    }
    const gone = new Set<string>();
    for (const step of [7, 5, 3, 2]) {
      for (const [index, name] of names.entries()) if (index % step === 1) gone.add(name);
      await cache.remove([...gone].map(pendingOf).map(erasedOf));
      expect(await cache.eraseFreed()).toBe(true);
      const bytes = bytesOnDisk();
      expect([...gone].filter((name) => bytes.includes(name))).toEqual([]);
      expect(names.filter((name) => !gone.has(name) && !bytes.includes(name))).toEqual([]);
      // What is written afterwards moves rows about.
      await cache.addPending([...names].filter((name) => !gone.has(name)).map(pendingOf));
    }
  });

  it('keeps no vector, and nothing of it on disk, once vectors are kept elsewhere; what waits stays', async () => {
    const secret = Buffer.from('a secret that nobody may find');
    await cache.putMany('m', [{ ...entry('gone'), vector: Buffer.concat([secret, Buffer.alloc(2_019)]) }]);
    await cache.addPending([waiting('k')]);
    // While somebody reads, the next start erases what is left.
    const [first, second] = [openSqliteEmbeddingCache(folder, false), openSqliteEmbeddingCache(folder, false)];
    await first.close();
    await second.close();
    await cache.close();
    cache = openSqliteEmbeddingCache(folder, false);
    expect((await cache.getMany('m', [textHashOf('gone')])).size).toBe(0);
    expect(bytesOnDisk().includes(secret)).toBe(false);
    expect(await cache.countPending()).toBe(1);
  });

  describe('items that wait', () => {
    it('come back whole, each to one claimer until its time is over', async () => {
      const item = waiting('k', { partition: 0, position: 7, text: 'naïve 🎵' });
      await cache.addPending([item]);
      expect(await claim()).toEqual([{ ...item, attempts: 1 }]);
      expect(await claim()).toEqual([]);
      expect(await claim({ now: 2_000, until: 3_000 })).toEqual([{ ...item, attempts: 2 }]);
    });

    it('come only when they are committed in their partition', async () => {
      await cache.addPending([
        waiting('a', { partition: 0, position: 4 }),
        waiting('b', { partition: 0, position: 5 }),
        waiting('c', { partition: 1, position: 0 }),
        waiting('d', { partition: 2, position: 0 }),
      ]);
      expect(keysOf(await claim({ committed: [5, 0] }))).toEqual(['a']);
      expect(keysOf(await claim({ committed: [6, 1, 1] }))).toEqual(['b', 'c', 'd']);
    });

    it('come back when they were put off to, the longest waiting first', async () => {
      await cache.addPending([waiting('a'), waiting('b'), waiting('c')]);
      await claim();
      await cache.postponePending(['a'], 1_500);
      await cache.postponePending(['b', 'c'], 1_200);
      expect(keysOf(await claim({ now: 1_500, limit: 2 }))).toEqual(['b', 'c']);
      expect(keysOf(await claim({ now: 1_500 }))).toEqual(['a']);
    });

    it('come at once when the clock was put back from where they were put off', async () => {
      await cache.addPending([waiting('a'), waiting('b')]);
      await claim();
      await cache.postponePending(['a'], 11_000);
      await cache.postponePending(['b'], 11_001);
      expect(keysOf(await claim())).toEqual(['b']);
      expect(keysOf(await claim({ now: 11_000 }))).toEqual(['a', 'b']);
    });

    it('go when they are removed, and start again when they are added again', async () => {
      await cache.addPending([waiting('a'), waiting('b')]);
      await claim();
      await cache.removePending(['a', 'unknown']);
      await cache.addPending([waiting('b')]);
      expect(await claim()).toMatchObject([{ key: 'b', attempts: 1 }]);
    });
  });
});

testReservations('SQLite', () => {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'hoardarr-cache-'));
  const caches = [openSqliteEmbeddingCache(dataDir), openSqliteEmbeddingCache(dataDir)] as const;
  return {
    caches,
    async close() {
      for (const each of caches) await each.close();
      rmSync(dataDir, { recursive: true });
    },
  };
});
