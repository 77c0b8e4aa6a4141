import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { hashText } from '../../processors/embed/hash/hash-embedder.ts';
import { inventedExport, inventedId, inventedRows } from '../../testing/topology/invented-export.ts';
import { DataFolder, type ImportJson, type RebuildJson } from './data-folder.test-support.ts';

const DAY_MS = 86_400_000;
const MADE = Date.UTC(2025, 5, 1);
const LIMIT_MS = 180_000;
const rows = inventedRows(60);
const idOf = inventedId;
const without = (...gone: readonly number[]): typeof rows => rows.filter((_, n) => !gone.includes(n));
const range = (from: number, to: number): readonly number[] => Array.from({ length: to - from }, (_, i) => from + i);

interface HeldJson {
  readonly held: readonly {
    readonly id: string;
    readonly scope: string;
    readonly count: number;
    readonly reason: string;
    readonly createdAt: string;
    readonly items: readonly { readonly itemId: string; readonly title: string; readonly url: string }[];
  }[];
}

/** Stretches between two values that are not zero: what is told apart from other vectors, and too short for every one to be split over pages. */
function piecesOf(vector: Float32Array): readonly Buffer[] {
  const bytes = Buffer.from(vector.buffer);
  const places = [...vector.keys()].filter((i) => vector[i] !== 0);
  return places.slice(1).map((to, i) => bytes.subarray((places[i] ?? 0) * 4, (to + 1) * 4));
}

describe('decisions, through the command line', () => {
  let folder: DataFolder;
  beforeEach(() => {
    folder = new DataFolder();
  });
  afterEach(() => folder.remove());

  const rebuilt = async (): Promise<void> => {
    expect(await folder.json<RebuildJson>('rebuild')).toMatchObject({ match: true, embeddingCalls: 0 });
  };

  it(
    'an older export after a newer one changes nothing, and says so',
    async () => {
      await folder.importExport(inventedExport(rows, MADE + DAY_MS));
      const { digest } = await folder.status();
      const report = await folder.importExport(inventedExport(without(1, 2, 3), MADE));
      expect(report).toMatchObject({ new: 0, updated: 0, removed: 0, held: 0, restored: 0 });
      expect(report.warnings.join('\n')).toMatch(/older/);
      expect((await folder.status()).digest).toBe(digest);
    },
    LIMIT_MS,
  );

  it(
    'what was restored stays, through later imports and a rebuild',
    async () => {
      await folder.importExport(inventedExport(rows));
      await folder.importExport(inventedExport(without(5, 6), MADE + DAY_MS));
      expect(await folder.json('restore', 'tiktok', idOf(5))).toMatchObject({ restored: 1 });
      expect(await folder.importExport(inventedExport(without(5, 6, 7), MADE + 2 * DAY_MS))).toMatchObject({
        removed: 1,
      });
      expect(await folder.explain(idOf(5))).toMatchObject({ state: 'active', pinned: true });
      await rebuilt();
      expect(await folder.explain(idOf(5))).toMatchObject({ state: 'active', pinned: true });
      expect(await folder.ids('trash')).toEqual([idOf(6), idOf(7)].sort());
      // Unpinned, the source rules again: the next export that lacks it removes it.
      expect(await folder.json('unpin', 'tiktok', idOf(5))).toMatchObject({ unpinned: 1 });
      await folder.importExport(inventedExport(without(5, 6, 7, 8), MADE + 3 * DAY_MS));
      expect(await folder.ids('trash')).toEqual([idOf(5), idOf(6), idOf(7), idOf(8)].sort());
    },
    LIMIT_MS,
  );

  it(
    'a removal beyond the guard is held and listed, and done after approval',
    async () => {
      await folder.importExport(inventedExport(rows));
      const cut = inventedExport(rows.slice(0, 20), MADE + DAY_MS);
      expect(await folder.importExport(cut)).toMatchObject({ removed: 0, held: 40 });
      expect(await folder.ids()).toHaveLength(20);
      const { held } = await folder.json<HeldJson>('held');
      expect(held).toHaveLength(1);
      expect(held[0]).toMatchObject({ scope: 'tiktok/me/favorites', count: 40 });
      expect(held[0]?.reason).toMatch(/./);
      expect(held[0]?.items.map(({ itemId }) => itemId).sort()).toEqual(range(20, 60).map(idOf).sort());
      expect(held[0]?.items.every(({ title }) => title.startsWith('Invented caption'))).toBe(true);
      // Still there, and found.
      const found = await folder.json<{ results: { itemId: string }[] }>('search', 'caption number 33');
      expect(found.results.map(({ itemId }) => itemId)).toContain(idOf(33));
      expect(await folder.json('held', 'approve', held[0]?.id ?? '')).toMatchObject({ approved: 40 });
      expect(await folder.ids('trash')).toHaveLength(40);
      expect(await folder.json<HeldJson>('held')).toEqual({ held: [] });
      await rebuilt();
      expect(await folder.ids('trash')).toHaveLength(40);
    },
    LIMIT_MS,
  );

  it(
    'a removal that is held is done after a newer export that agrees, and not for what that one lists',
    async () => {
      await folder.importExport(inventedExport(rows));
      const gone = range(10, 35);
      expect(await folder.importExport(inventedExport(without(...gone), MADE + DAY_MS))).toMatchObject({ held: 25 });
      const agreeing = inventedExport(without(...gone.slice(1)), MADE + 2 * DAY_MS);
      expect(await folder.importExport(agreeing)).toMatchObject({ removed: 24 });
      expect(await folder.explain(idOf(10))).toMatchObject({ state: 'active', pinned: false });
      expect(await folder.ids('held')).toEqual([]);
    },
    LIMIT_MS,
  );

  it(
    'a rejected removal pins: the items stay, through later imports and a rebuild',
    async () => {
      await folder.importExport(inventedExport(rows));
      const cut = rows.slice(0, 20);
      await folder.importExport(inventedExport(cut, MADE + DAY_MS));
      const { held } = await folder.json<HeldJson>('held');
      expect(await folder.json('held', 'reject', held[0]?.id ?? '')).toMatchObject({ rejected: 40 });
      expect(await folder.importExport(inventedExport(cut, MADE + 2 * DAY_MS))).toMatchObject({ removed: 0, held: 0 });
      await rebuilt();
      expect(await folder.importExport(inventedExport(cut, MADE + 3 * DAY_MS))).toMatchObject({ removed: 0, held: 0 });
      const items = await folder.items();
      expect(items).toHaveLength(60);
      expect(items.filter(({ pinned }) => pinned)).toHaveLength(40);
    },
    LIMIT_MS,
  );

  it(
    'what is purged is in no byte of the data folder, and stays away through later imports and a rebuild',
    async () => {
      // Of more words than the others, so that its vector has another scale, and no piece in common with theirs.
      const caption = 'Zwirbelquonk the Ungrattled sings softly of flombastic kettles today';
      const secret = rows.map((row, n) => (n === 12 ? { ...row, caption } : row));
      const parts = piecesOf(hashText(caption, 512).vector);
      const vectorFiles = (): readonly string[] => parts.flatMap((part) => folder.filesWith(part));
      await folder.importExport(inventedExport(secret));
      await folder.importExport(
        inventedExport(
          secret.filter((_, n) => n !== 3),
          MADE + DAY_MS,
        ),
      );
      expect(folder.filesWith('Zwirbelquonk')).not.toEqual([]);
      expect(vectorFiles()).not.toEqual([]);

      expect(await folder.json('purge', 'tiktok', idOf(12))).toMatchObject({ purged: 1 });
      for (const text of ['Zwirbelquonk', 'zwirbelquonk', 'Ungrattled', 'ungrattled', 'flombastic'])
        expect({ text, files: folder.filesWith(text) }).toEqual({ text, files: [] });
      expect(vectorFiles()).toEqual([]);
      // The word in UTF-16 is what SQLite would keep in a database of that encoding.
      expect(folder.filesWith(Buffer.from('Zwirbelquonk', 'utf16le'))).toEqual([]);

      const later = inventedExport(secret, MADE + 2 * DAY_MS);
      expect(await folder.importExport(later)).toMatchObject({ new: 0, restored: 1 });
      expect(await folder.explain(idOf(12))).toMatchObject({ state: 'purged', blocked: true });
      await rebuilt();
      await folder.importExport(inventedExport(secret.slice(0, 59), MADE + 3 * DAY_MS));
      expect(await folder.explain(idOf(12))).toMatchObject({ state: 'purged', blocked: true });
      expect(await folder.ids()).not.toContain(idOf(12));
      const found = await folder.json<{ results: { itemId: string }[] }>('search', 'Zwirbelquonk');
      expect(found.results.map(({ itemId }) => itemId)).not.toContain(idOf(12));
      expect(folder.filesWith('Zwirbelquonk')).toEqual([]);
      // Until a person allows it.
      expect(await folder.json('allow', 'tiktok', idOf(12))).toMatchObject({ allowed: 1 });
      await folder.importExport(inventedExport(secret, MADE + 4 * DAY_MS));
      expect(await folder.explain(idOf(12))).toMatchObject({ state: 'active', blocked: false });
    },
    LIMIT_MS,
  );

  describe('a file that cannot be trusted', () => {
    const whole = JSON.stringify(inventedExport(rows, MADE + DAY_MS));
    const files: readonly {
      readonly what: string;
      readonly content: unknown;
      readonly name?: string;
      readonly says: RegExp;
    }[] = [
      { what: 'without the section', content: { 'Your Activity': { 'Login History': {} } }, says: /Your Activity/ },
      {
        what: 'cut off in the middle',
        content: whole.slice(0, whole.length / 2),
        says: /cut|end|incomplete|broken|JSON/i,
      },
      {
        what: 'cut off after the list',
        content: whole.slice(0, whole.indexOf('Like List')),
        says: /cut|end|incomplete|broken|JSON/i,
      },
      {
        what: 'of another kind',
        content: Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'),
        name: 'picture.png',
        says: /./,
      },
      { what: 'empty', content: '', says: /empty/i },
      {
        what: 'with a section that is no list',
        content: { Activity: { 'Favorite Videos': { FavoriteVideoList: 'gone' } } },
        says: /Favorite/,
      },
    ];
    it.each(files)(
      '$what ends with status 2, removes nothing, and says what is wrong',
      async ({ content, name, says }) => {
        await folder.importExport(inventedExport(rows));
        const { digest } = await folder.status();
        const { status, stdout } = await folder.run('import', 'tiktok', folder.write(content, name));
        expect(status).toBe(2);
        const { error } = JSON.parse(stdout) as { readonly error: string };
        expect(error).toMatch(says);
        expect((await folder.status()).digest).toBe(digest);
        expect(await folder.ids()).toHaveLength(60);
      },
      LIMIT_MS,
    );

    it('that is not there ends with status 2', async () => {
      expect(await folder.run('import', 'tiktok', '/nowhere/user_data.json')).toMatchObject({ status: 2 });
    });
  });

  it(
    'an empty list is held, whatever its size, until a person agrees',
    async () => {
      await folder.importExport(inventedExport(rows.slice(0, 5)));
      const empty = inventedExport([], MADE + DAY_MS);
      const report: ImportJson = await folder.importExport(empty);
      expect(report).toMatchObject({ removed: 0 });
      await folder.importExport(inventedExport([], MADE + 2 * DAY_MS));
      expect(await folder.ids('trash')).toEqual([]);
      expect((await folder.ids('held')).length + (await folder.ids()).length).toBe(5);
    },
    LIMIT_MS,
  );
});
