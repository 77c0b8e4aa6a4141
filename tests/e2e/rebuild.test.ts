import { rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { FakeOpenAi } from '../../testing/fake-openai/fake-openai.ts';
import { inventedExport, inventedId, inventedRows } from '../../testing/topology/invented-export.ts';
import { DataFolder, type RebuildJson } from './data-folder.test-support.ts';
import { EmbeddingMeter, Story } from './story.test-support.ts';

const DAY_MS = 86_400_000;
const MADE = Date.UTC(2025, 5, 1);
const LIMIT_MS = 180_000;
const SAME = { match: true, embeddingCalls: 0 };
const rows = inventedRows(24);
const idOf = inventedId;
const without = (...gone: readonly number[]): typeof rows => rows.filter((_, n) => !gone.includes(n));

describe('a rebuild', () => {
  let openai: FakeOpenAi;
  let folder: DataFolder;
  beforeAll(async () => {
    openai = await FakeOpenAi.start({ dimensions: 32 });
  });
  afterAll(() => openai.stop());
  beforeEach(async () => {
    folder = new DataFolder({
      LOG_LEVEL: 'error',
      TIKTOK_OEMBED_URL: 'off',
      HOARDARR_EMBEDDER: 'openai',
      OPENAI_API_KEY: 'sk-invented',
      OPENAI_BASE_URL: openai.url,
      OPENAI_EMBEDDING_DIMENSIONS: '32',
    });
    await folder.importExport(inventedExport(rows));
    await folder.importExport(inventedExport(without(5, 6, 7), MADE + DAY_MS));
    await folder.json('restore', 'tiktok', idOf(5));
    await folder.json('purge', 'tiktok', idOf(6), idOf(20));
    openai.resetStats();
  });
  afterEach(() => folder.remove());

  const explanations = async (): Promise<readonly object[]> => {
    const all: object[] = [];
    for (const { id } of rows) all.push(await folder.explain(id));
    return all;
  };

  it(
    'gives the same digest and the same explanations, after erasures too, and embeds nothing',
    async () => {
      const before = await explanations();
      const { digest } = await folder.status();
      expect(await folder.json<RebuildJson>('rebuild')).toMatchObject({
        ...SAME,
        digestBefore: digest,
        digestAfter: digest,
      });
      expect(await explanations()).toEqual(before);
      expect(openai.stats.requests).toBe(0);
      // What was purged is not made again out of what is left of it in the log.
      expect(folder.filesWith(rows[20]?.caption ?? '')).toEqual([]);
      // And it goes on from there.
      expect(await folder.importExport(inventedExport(without(5, 6, 7, 8), MADE + 2 * DAY_MS))).toMatchObject({
        removed: 1,
      });
      expect(await folder.json<RebuildJson>('rebuild')).toMatchObject(SAME);
    },
    LIMIT_MS,
  );

  it.each(['the command that comes next', 'rebuild'])(
    'makes a store whose file was deleted again, in %s',
    async (by) => {
      const before = await explanations();
      const { digest } = await folder.status();
      for (const suffix of ['', '-wal', '-shm']) rmSync(path.join(folder.path, `store-1.db${suffix}`), { force: true });
      if (by === 'rebuild')
        expect(await folder.json<RebuildJson>('rebuild')).toMatchObject({ embeddingCalls: 0, digestAfter: digest });
      expect((await folder.status()).digest).toBe(digest);
      expect(await explanations()).toEqual(before);
      expect(openai.stats.requests).toBe(0);
      expect(await folder.importExport(inventedExport(without(5, 6, 7, 8), MADE + 2 * DAY_MS))).toMatchObject({
        removed: 1,
      });
    },
    LIMIT_MS,
  );

  it(
    'takes the vectors from the log where the cache was deleted too',
    async () => {
      const { digest } = await folder.status();
      for (const name of ['store-1.db', 'cache.db'])
        for (const suffix of ['', '-wal', '-shm']) rmSync(path.join(folder.path, `${name}${suffix}`), { force: true });
      expect((await folder.status()).digest).toBe(digest);
      expect(openai.stats.requests).toBe(0);
    },
    LIMIT_MS,
  );
});

describe('a rebuild while imports go on in another process', () => {
  let meter: EmbeddingMeter;
  beforeAll(async () => {
    meter = await EmbeddingMeter.start();
  });
  afterAll(() => meter.server.stop());

  it(
    'ends in the same digest, as do the imports',
    async () => {
      const files = (folder: DataFolder): readonly string[] =>
        Array.from({ length: 6 }, (_, n) => {
          const taken = inventedRows(300).filter((_row, i) => i % 20 !== n);
          return folder.write(inventedExport(taken.slice(0, 200 + 20 * n), MADE + n * DAY_MS));
        });
      const story = new Story(meter, (folder) => files(folder).map((file) => ['import', 'tiktok', file]));
      const { folder } = story;
      await folder.importExport(inventedExport(inventedRows(100), MADE - DAY_MS));
      const running = story.finish();
      let rebuilds = 0;
      const over = new AbortController();
      const finished = running.finally(() => {
        over.abort();
      });
      finished.catch(() => undefined);
      do {
        expect(await folder.json<RebuildJson>('rebuild')).toMatchObject(SAME);
        rebuilds += 1;
      } while (!over.signal.aborted);
      await finished;
      expect(rebuilds).toBeGreaterThan(0);
      expect(await folder.json<RebuildJson>('rebuild')).toMatchObject(SAME);
      expect(meter.again).toEqual([]);
      // The same imports without a rebuild in between come to the same.
      const { digest } = await folder.status();
      const calm = new Story(meter, (other) => files(other).map((file) => ['import', 'tiktok', file]));
      await calm.folder.importExport(inventedExport(inventedRows(100), MADE - DAY_MS));
      await calm.finish();
      expect((await calm.folder.status()).digest).toBe(digest);
      folder.remove();
      calm.folder.remove();
    },
    LIMIT_MS,
  );
});
