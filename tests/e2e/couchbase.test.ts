import { afterAll, expect, it } from '@jest/globals';
import type { App } from '../../app/app.ts';
import { loadConfig } from '../../app/config.ts';
import { openApp } from '../../app/open-app.ts';
import { createTelemetry } from '../../app/telemetry.ts';
import { backUp } from '../../app/use-cases/backup.ts';
import { importExport } from '../../app/use-cases/import-export.ts';
import { rebuildStore } from '../../app/use-cases/rebuild.ts';
import { searchItems } from '../../app/use-cases/search.ts';
import { readStatus } from '../../app/use-cases/status.ts';
import { applyStoreIndexes } from '../../app/use-cases/store-indexes.ts';
import { CliWorld, videos } from '../../cli/run-cli.test-helper.ts';
import { environmentOf } from '../../testing/couchbase/couchbase-server.ts';
import { describeWithCouchbase } from '../../testing/couchbase/describe-with-couchbase.ts';

describeWithCouchbase('the pipeline with its store in Couchbase', (server) => {
  const world = new CliWorld();
  const opened = new Set<App>();
  afterAll(async () => {
    for (const app of opened) await close(app);
    world.remove();
  });

  async function close(app: App): Promise<void> {
    opened.delete(app);
    await app.close();
  }

  async function open(env: Readonly<Record<string, string>>, claims = false): Promise<App> {
    const config = loadConfig({ dataDir: world.dataDir }, { ...world.env, ...env });
    const app = await openApp(config, createTelemetry({ level: 'silent', secrets: [] }), { claims });
    opened.add(app);
    return app;
  }

  async function makesItsIndex(
    env: Readonly<Record<string, string>>,
    look: (app: App) => Promise<void> = async () => undefined,
  ): Promise<void> {
    const app = await open({ ...env, COUCHBASE_SEARCH_URL: 'http://127.0.0.1:1/' }, true);
    const puts: string[] = [];
    const fetchWith: typeof fetch = async (url, init) => {
      if (init?.method !== 'PUT') return new Response('{}', { status: 404 });
      puts.push(new Request(url).url);
      return new Response('{}');
    };
    const report = await applyStoreIndexes(app, 'deploy/couchbase/search-index.json', fetchWith);
    expect(report).toEqual({ index: 'hoardarr-items', dimensions: expect.any(Number) });
    expect(puts).toEqual(['http://127.0.0.1:1/api/bucket/hoardarr/scope/_default/index/hoardarr-items']);
    await expect(applyStoreIndexes(app, 'none.json', fetchWith)).rejects.toThrow('none.json is no definition');
    await look(app);
    await close(app);
  }

  it('ends like the one in SQLite, finds, rebuilds into another generation, and goes on', async () => {
    const env = environmentOf(server());
    // Before anything is there: so that a new server is set up whole before the roles start.
    await makesItsIndex(env);
    // Another suite may have had the bucket before.
    const app = await open(env, true);
    const first = await importExport(app, { provider: 'tiktok', user: 'me', file: world.export('a.json', videos(60)) });
    expect(first).toMatchObject({ new: 60, converged: true });
    const removed = await importExport(app, {
      provider: 'tiktok',
      user: 'me',
      file: world.export('b.json', videos(60).slice(4)),
      asOf: Date.UTC(2026, 0, 1),
    });
    expect(removed).toMatchObject({ removed: 4, converged: true });
    const before = await readStatus(app);
    expect(before.accounts).toMatchObject([{ active: 56, trash: 4, converged: true }]);
    expect((await searchItems(app, { query: 'part', limit: 5 })).results).toHaveLength(5);
    expect(await rebuildStore(app)).toMatchObject({ match: true, embeddingCalls: 0, generation: 2 });
    expect(await app.generations.list()).toEqual([2]);
    expect((await readStatus(app)).digest).toBe(before.digest);
    expect(
      await importExport(app, { provider: 'tiktok', user: 'two', file: world.export('c.json', videos(10)) }),
    ).toMatchObject({
      new: 10,
    });
    await expect(backUp(app, `${world.dataDir}-backup.tar`, false)).rejects.toThrow('in Couchbase');
    // Positions of another log mean nothing here.
    const otherLog = loadConfig({ dataDir: `${world.dataDir}-other` }, { ...world.env, ...env });
    await expect(openApp(otherLog, createTelemetry({ level: 'silent', secrets: [] }))).rejects.toThrow('another log');
    const { digest } = await readStatus(app);
    await close(app);
    await makesItsIndex(env, (searched) =>
      expect(searchItems(searched, { query: 'part' })).rejects.toThrow('hoardarr store indexes'),
    );
    // The same log, folded by the store that lies in a file.
    const inFile = await open({});
    await expect(applyStoreIndexes(inFile, 'any.json')).rejects.toThrow('by itself');
    expect((await readStatus(inFile)).digest).toBe(digest);
  });
});
