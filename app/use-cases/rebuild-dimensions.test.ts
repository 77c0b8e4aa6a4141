import { rmSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { CliWorld, videos } from '../../cli/run-cli.test-helper.ts';
import { FakeOpenAi } from '../../testing/fake-openai/fake-openai.ts';
import type { App } from '../app.ts';
import { loadConfig } from '../config.ts';
import { openApp } from '../open-app.ts';
import { createTelemetry } from '../telemetry.ts';
import { importExport } from './import-export.ts';
import { rebuildStore } from './rebuild.ts';

const COUNT = 8;
/** As many dimensions as the model has, which nobody was told. */
const OWN = 48;
const MODEL = 'a-model-of-ones-own';

describe('a rebuild with vectors of', () => {
  let world: CliWorld;
  let openAi: FakeOpenAi;
  let app: App;
  beforeEach(async () => {
    world = new CliWorld();
    openAi = await FakeOpenAi.start({ dimensions: OWN, apiKey: null });
  });
  afterEach(async () => {
    await app.close();
    await openAi.stop();
    world.remove();
  });

  const open = async (env: Readonly<Record<string, string>> = {}): Promise<App> => {
    const embedder = {
      HOARDARR_EMBEDDER: 'openai',
      OPENAI_BASE_URL: openAi.url,
      OPENAI_API_KEY: 'invented',
      OPENAI_EMBEDDING_MODEL: MODEL,
    };
    const config = loadConfig({ dataDir: world.dataDir }, { ...world.env, ...embedder, ...env });
    app = await openApp(config, createTelemetry({ level: 'silent', secrets: [] }));
    return app;
  };
  const filled = async (env: Readonly<Record<string, string>> = {}): Promise<void> => {
    await open(env);
    const file = world.export('a.json', videos(COUNT));
    await importExport(app, { provider: 'tiktok', user: 'me', file });
    await expectWhole();
    await app.close();
  };
  const expectWhole = async (): Promise<void> =>
    expect(await app.store.totals()).toMatchObject([{ active: COUNT, withText: COUNT, withVector: COUNT }]);

  it('a model whose dimensions nobody has told yet keeps everything, and asks nobody', async () => {
    await filled();
    const { requests } = openAi.stats;
    await open();
    expect(await rebuildStore(app)).toMatchObject({ match: true, embeddingCalls: 0 });
    await expectWhole();
    expect(openAi.stats.requests).toBe(requests);
  });

  it('such a model is what a lost store is made of again', async () => {
    await filled();
    for (const end of ['', '-wal', '-shm']) rmSync(path.join(world.dataDir, `store-1.db${end}`), { force: true });
    await open();
    await app.roles.ensure(['sink']);
    await expectWhole();
  });

  it('other dimensions of the same model embeds anew, as it is told', async () => {
    await filled({ OPENAI_EMBEDDING_DIMENSIONS: '32' });
    await open({ OPENAI_EMBEDDING_DIMENSIONS: '16' });
    await expect(app.embedder()).rejects.toThrow(
      /with 32 dimensions.*with 16 .*OPENAI_EMBEDDING_DIMENSIONS=32; to change, run: hoardarr rebuild --model a-model-of-ones-own/,
    );
    expect(await rebuildStore(app, { model: MODEL })).toMatchObject({ match: null, embeddingCalls: 1 });
    await expectWhole();
    expect(await rebuildStore(app)).toMatchObject({ match: true, embeddingCalls: 0 });
  });

  it('which the new generation refuses one changes nothing, and says which', async () => {
    await filled();
    await open();
    const row = (await app.store.list({}, 1, null)).items[0];
    if (row === undefined) throw new Error('nothing was imported');
    const { textHash } = (await app.store.rows(row.scope, [row.itemId])).get(row.itemId) ?? { textHash: '' };
    const vector = new Float32Array(OWN / 2).fill(1);
    await app.cache.putMany(MODEL, [{ textHash, vector: new Uint8Array(vector.buffer), truncated: false }]);
    const { generation } = app.stores;
    await expect(rebuildStore(app)).rejects.toThrow(
      'nothing was changed: the new generation refuses tiktok/me/favorites/73',
    );
    expect(app.stores.generation).toBe(generation);
    await expectWhole();
  });
});
