import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, jest } from '@jest/globals';
import { rebuildStore } from '../../app/use-cases/rebuild.ts';
import { searchItems } from '../../app/use-cases/search.ts';
import { couchbaseOf, environmentOf } from '../../testing/couchbase/couchbase-server.ts';
import { FakeOpenAi } from '../../testing/fake-openai/fake-openai.ts';
import { mulberry32 } from '../../testing/producer-world.ts';
import { seedFor } from '../../testing/seeds.ts';
import { describeWithParts, endOwnParts, startOwnParts } from '../../testing/stack/real-parts.ts';
import { inventedExport, inventedId, inventedRows } from '../../testing/topology/invented-export.ts';
import { type CollectionState, stateOn, withAppOn } from './app-on-folder.test-support.ts';
import { DataFolder, OFFLINE, type RebuildJson } from './data-folder.test-support.ts';
import { Program } from './program.test-support.ts';

jest.setTimeout(240_000);

const DAY_MS = 86_400_000;
const MADE = Date.UTC(2025, 5, 1);
const SAME = { match: true, embeddingCalls: 0 };
const MODEL = 'another-model';
const rows = inventedRows(24);
const without = (...gone: readonly number[]): typeof rows => rows.filter((_, n) => !gone.includes(n));

describeWithParts('with the log on Kafka and the store in Couchbase', ['kafka', 'registry', 'couchbase'], (given) => {
  const stateDir = mkdtempSync(path.join(tmpdir(), 'own-couchbase-'));
  let openai: FakeOpenAi;
  let store: Readonly<Record<string, string>>;
  let folder: DataFolder;
  let running: Program | null = null;

  // The bucket belongs to one log, so it is not shared with other suites.
  beforeAll(async () => {
    store = environmentOf(couchbaseOf(await startOwnParts(['couchbase'], stateDir)));
    openai = await FakeOpenAi.start({ dimensions: 32 });
  });
  afterAll(async () => {
    await openai.stop();
    await endOwnParts(stateDir);
  });

  const servers = (): Readonly<Record<string, string>> => {
    const { KAFKA_BROKERS = '', SCHEMA_REGISTRY_URL = '' } = given();
    const prefix = `rebuild-${process.pid}-${Date.now()}.`;
    return { KAFKA_BROKERS, SCHEMA_REGISTRY_URL, HOARDARR_TOPIC_PREFIX: prefix };
  };
  const newModel = (): Readonly<Record<string, string>> => ({
    HOARDARR_EMBEDDER: 'openai',
    OPENAI_API_KEY: 'sk-invented',
    OPENAI_BASE_URL: openai.url,
    OPENAI_EMBEDDING_MODEL: MODEL,
    OPENAI_EMBEDDING_DIMENSIONS: '32',
  });

  beforeEach(async () => {
    openai.resetStats();
    folder = new DataFolder({ ...OFFLINE, ...servers(), ...store, HOARDARR_EVENT_LOG: 'kafka' });
    await folder.json('schemas', 'register');
    // What the test before left is of another log.
    await folder.json('rebuild', '--claim');
  });
  afterEach(async () => {
    await running?.kill();
    running = null;
    folder.remove();
  });

  const stateOf = (of: DataFolder): Promise<CollectionState> =>
    stateOn(
      of,
      rows.map((_, n) => inventedId(n)),
    );

  async function live(of: DataFolder): Promise<void> {
    await of.importExport(inventedExport(rows));
    await of.importExport(inventedExport(without(5, 6, 7), MADE + DAY_MS));
    await of.json('restore', 'tiktok', inventedId(5));
    await of.json('purge', 'tiktok', inventedId(6), inventedId(20));
  }

  it('a rebuild gives the same digest and explanations, after erasures too, also where the store was lost', async () => {
    await live(folder);
    const before = await stateOf(folder);
    expect(await folder.json<RebuildJson>('rebuild')).toMatchObject({ ...SAME, digestAfter: before.digest });
    expect(await stateOf(folder)).toEqual(before);
    await withAppOn(folder, async ({ generations, stores }) => {
      expect(await generations.list()).toEqual([stores.generation]);
      await generations.remove(stores.generation);
    });
    // The command that comes next makes it again.
    expect(await stateOf(folder)).toEqual(before);
    expect(await folder.importExport(inventedExport(without(5, 6, 7, 8), MADE + 2 * DAY_MS))).toMatchObject({
      removed: 1,
    });
    expect(await folder.json<RebuildJson>('rebuild')).toMatchObject(SAME);
  });

  it('another model is made beside the old, which search finds by until all of it is there', async () => {
    await live(folder);
    const texts = (await folder.items()).length;
    const release = openai.hold();
    await withAppOn(folder, async (old) => {
      const search = (): ReturnType<typeof searchItems> => searchItems(old, { query: 'Invented caption', limit: 50 });
      const { generation } = old.stores;
      const rebuilding = withAppOn(folder.with(newModel()), (app) => rebuildStore(app, { model: MODEL }));
      rebuilding.catch(() => undefined);
      while (openai.inFlight === 0) await sleep(5);
      expect(await search()).toMatchObject({ mode: 'hybrid' });
      expect((await search()).results).toHaveLength(texts);
      expect((await old.stores.embedder())?.name).toBe('hash');
      release();
      expect(await rebuilding).toMatchObject({ match: null, generation: generation + 1 });
      await old.stores.refresh();
      // Vectors of two models are never compared: it has to be told of the new one.
      await expect(search()).rejects.toThrow('OPENAI_EMBEDDING_MODEL=another-model');
      expect(await old.generations.list()).toEqual([generation + 1]);
    });
    const after = folder.with(newModel());
    expect(await after.json('search', 'Invented caption')).toMatchObject({ mode: 'hybrid' });
    expect((await after.items()).filter(({ hasVector }) => hasVector)).toHaveLength(texts);
    expect(await after.json<RebuildJson>('rebuild')).toMatchObject(SAME);
    expect(await after.importExport(inventedExport(without(5, 6, 7, 8), MADE + 2 * DAY_MS))).toMatchObject({
      removed: 1,
    });
  });

  it('a rebuild with another model that is killed leaves the old one, and is done by the next', async () => {
    const random = mulberry32(seedFor('REBUILD_SEED'));
    await live(folder);
    const before = await stateOf(folder);
    const after = folder.with(newModel());
    for (let kill = 0; kill < 2; kill++) {
      running = new Program(after, ['rebuild', '--model', MODEL]);
      await running.said(/ready/);
      await sleep(500 + random() * 2_500);
      await running.kill();
      const pinned = await withAppOn(after, (app) => app.stores.embedder());
      if (pinned?.model === MODEL) break;
      expect(await stateOf(folder)).toEqual(before);
      expect(await folder.json('search', 'Invented caption')).toMatchObject({ mode: 'hybrid' });
    }
    // Nothing asks the Search service here: it has to be told of vectors of another length.
    const withSearch = after.with({ COUCHBASE_SEARCH_URL: 'http://127.0.0.1:9' });
    const { warnings } = await withSearch.json<RebuildJson & { warnings: string[] }>('rebuild', '--model', MODEL);
    expect(warnings).toEqual([expect.stringContaining('hoardarr store indexes')]);
    await withAppOn(after, async ({ generations, stores }) => {
      expect(await generations.list()).toEqual([stores.generation]);
    });
    expect((await stateOf(after)).explanations).toEqual(before.explanations);
    expect(await after.json<RebuildJson>('rebuild')).toMatchObject(SAME);
  });

  it('rebuilds while imports go on in another process end in the digest of imports without them', async () => {
    const files = Array.from({ length: 5 }, (_, n) => {
      const taken = inventedRows(120).filter((_row, i) => i % 20 !== n);
      return folder.write(inventedExport(taken.slice(0, 80 + 10 * n), MADE + n * DAY_MS));
    });
    const over = new AbortController();
    const importing = (async () => {
      for (const file of files) {
        running = new Program(folder, ['import', 'tiktok', file]);
        expect([await running.ended(), running.stdout]).toEqual([0, expect.stringContaining('"processed"')]);
      }
    })().finally(() => {
      over.abort();
    });
    importing.catch(() => undefined);
    while (!over.signal.aborted) expect(await folder.json<RebuildJson>('rebuild')).toMatchObject(SAME);
    await importing;
    expect(await folder.json<RebuildJson>('rebuild')).toMatchObject(SAME);
    const calm = new DataFolder();
    for (const file of files) await calm.import(file);
    expect((await folder.status()).digest).toBe((await calm.status()).digest);
    calm.remove();
  });

  it('a bucket is for one log, until another one takes it, and goes with a log that moves to Kafka', async () => {
    await live(folder);
    const embedded = new DataFolder({ ...OFFLINE, ...servers(), ...store });
    const refused = await embedded.run('status');
    expect([refused.status, refused.stdout]).toEqual([2, expect.stringContaining('rebuild --claim')]);
    running = new Program(folder.with({ HOARDARR_PORT: '0' }), ['start']);
    await running.said(/"roles"/);
    await embedded.json('rebuild', '--claim');
    // Whoever runs on the bucket for the other log ends.
    expect([await running.ended(), running.stdout]).toEqual([1, expect.stringContaining('another log')]);
    // Accounts stay, and what they hold is what this log says: nothing yet.
    expect((await embedded.status()).accounts).toMatchObject([{ user: 'me', active: 0, trash: 0 }]);
    expect((await folder.run('status')).status).toBe(2);

    await live(embedded);
    const before = await stateOf(embedded);
    await embedded.json('schemas', 'register');
    expect(await embedded.json('migrate')).toMatchObject({ match: true, digestAfter: before.digest });
    const moved = embedded.with({ HOARDARR_EVENT_LOG: 'kafka' });
    expect(await stateOf(moved)).toEqual(before);
    expect(await moved.json<RebuildJson>('rebuild')).toMatchObject(SAME);
    embedded.remove();
  });
});
