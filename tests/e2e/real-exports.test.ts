import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { FakeOEmbed } from '../../testing/fake-oembed/fake-oembed.ts';
import { FakeOpenAi } from '../../testing/fake-openai/fake-openai.ts';
import { DataFolder, OFFLINE, type RebuildJson } from './data-folder.test-support.ts';
import { IndependentExport, tiktokFixtures } from './fixtures.test-support.ts';

const LIMIT_MS = 180_000;
const fixtures = tiktokFixtures();

describe('real exports', () => {
  it('are here, or it was said loudly that they are not', () => {
    expect(fixtures.length).toBeLessThanOrEqual(5);
  });

  for (const fixture of fixtures) {
    it(
      `${fixture.name}: what it holds comes in, once; what is deleted from it goes, with the reason`,
      async () => {
        const folder = new DataFolder();
        try {
          const independent = new IndependentExport(fixture);
          const { ids, rows } = independent;
          expect(ids.length).toBeGreaterThan(1);
          const first = await folder.import(fixture.file);
          expect(first).toMatchObject({
            processed: rows.length,
            new: ids.length,
            removed: 0,
            held: 0,
            converged: true,
          });
          expect(await folder.ids()).toEqual(ids);
          expect(await folder.import(fixture.file)).toMatchObject({ new: 0, updated: 0, removed: 0, restored: 0 });
          expect(await folder.ids()).toEqual(ids);

          // A quarter at most, so that the guard lets it through.
          const middle = [...new Set(independent.middle.map(({ id }) => id))];
          const gone = middle.filter((_, i) => i % 4 === 1).slice(0, Math.floor(ids.length / 4));
          expect(gone.length).toBeGreaterThanOrEqual(ids.length >= 8 ? 1 : 0);
          const cut = folder.write(independent.without(new Set(gone)), path.basename(fixture.file));
          expect(await folder.import(cut)).toMatchObject({ new: 0, removed: gone.length, held: 0 });
          expect(await folder.ids('trash')).toEqual([...gone].sort());
          for (const id of gone.slice(0, 2)) {
            const { state, history } = await folder.explain(id);
            const removal = history.findLast(({ event }) => event === 'removed');
            expect({ state, removal }).toMatchObject({ state: 'trash', removal: { author: 'sink' } });
            expect(removal?.snapshotId).toMatch(/./);
            expect(removal?.evidence).toMatchObject({ coverage: 'complete' });
          }
          expect(await folder.json<RebuildJson>('rebuild')).toMatchObject({ match: true, embeddingCalls: 0 });
          expect(await folder.ids('trash')).toEqual([...gone].sort());
        } finally {
          folder.remove();
        }
      },
      LIMIT_MS,
    );
  }
});

describe('a real export with metadata and an embedder that counts', () => {
  let openai: FakeOpenAi;
  let oembed: FakeOEmbed;
  let folder: DataFolder;
  const fixture = fixtures.find(({ name }) => name.startsWith('likes-and-favorites.2025-04'));
  beforeAll(async () => {
    openai = await FakeOpenAi.start({ dimensions: 64 });
    oembed = await FakeOEmbed.start();
  });
  afterEach(() => folder?.remove());
  afterAll(async () => {
    await openai.stop();
    await oembed.close();
  });

  it(
    'is embedded once: not by a second import, not by a restore, not by a rebuild',
    async () => {
      if (fixture === undefined) return;
      folder = new DataFolder({
        LOG_LEVEL: OFFLINE['LOG_LEVEL'],
        TIKTOK_OEMBED_URL: oembed.url,
        HOARDARR_EMBEDDER: 'openai',
        OPENAI_API_KEY: 'sk-invented',
        OPENAI_BASE_URL: openai.url,
        OPENAI_EMBEDDING_DIMENSIONS: '64',
      });
      const independent = new IndependentExport(fixture);
      const { ids } = independent;
      await folder.import(fixture.file);
      const items = await folder.items();
      expect(items.map(({ itemId }) => itemId).sort()).toEqual(ids);
      expect(items.every(({ hasVector }) => hasVector)).toBe(true);
      expect(openai.stats.embedded).toBe(ids.length);
      openai.resetStats();

      expect(await folder.import(fixture.file)).toMatchObject({ new: 0, removed: 0 });
      const gone = independent.middle[0]?.id ?? '';
      const cut = folder.write(independent.without(new Set([gone])));
      expect(await folder.import(cut)).toMatchObject({ removed: 1 });
      expect(await folder.json('restore', 'tiktok', gone)).toMatchObject({ restored: 1 });
      expect((await folder.explain(gone)).state).toBe('active');
      expect(await folder.import(cut)).toMatchObject({ removed: 0 });
      expect(await folder.json<RebuildJson>('rebuild')).toMatchObject({ match: true, embeddingCalls: 0 });
      expect(await folder.explain(gone)).toMatchObject({ state: 'active', pinned: true });
      expect(await folder.ids()).toEqual(ids);
      expect(openai.stats.requests).toBe(0);
    },
    LIMIT_MS,
  );
});
