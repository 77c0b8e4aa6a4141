import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { App } from '../../app/app.ts';
import { systemClock } from '../../app/clock.ts';
import { type Config, loadConfig } from '../../app/config.ts';
import { openApp } from '../../app/open-app.ts';
import { createTelemetry } from '../../app/telemetry.ts';
import { explainItem } from '../../app/use-cases/explain.ts';
import { importExport } from '../../app/use-cases/import-export.ts';
import { type MoveStoreDeps, type MoveStoreReport, moveStore } from '../../app/use-cases/move-store.ts';
import { readStatus } from '../../app/use-cases/status.ts';
import { CliWorld, videos } from '../../cli/run-cli.test-helper.ts';
import type { Connected } from '../../core/ports/provider.ts';
import { textHashOf } from '../../core/text-hash.ts';
import { openSqliteEmbeddingCache } from '../../processors/embed/sqlite/sqlite-embedding-cache.ts';
import { connectedMetadata, decryptCredentials } from '../../producers/credentials.ts';
import { newSyncMetadata, readSyncMetadata, syncMetadataKey } from '../../producers/sync-metadata.ts';
import { couchbaseOf, environmentOf } from '../../testing/couchbase/couchbase-server.ts';
import { describeWithParts, endOwnParts, startOwnParts } from '../../testing/stack/real-parts.ts';

const GITHUB = { provider: 'github', user: `mover-${process.pid}` } as const;
/** As `connect` keeps it. */
const CONNECTED: Connected = {
  login: '7',
  loginName: 'octo-inventor',
  credentials: { kind: 'token', accessToken: 'an invented token', refreshToken: null, expiresAt: null },
};

describeWithParts('moving the store of a data folder to Couchbase', ['couchbase'], () => {
  const stateDir = mkdtempSync(path.join(tmpdir(), 'own-couchbase-'));
  const world = new CliWorld();
  let server: Readonly<Record<string, string>>;
  // The bucket belongs to one log, so it is not shared with other suites.
  beforeAll(async () => {
    server = environmentOf(couchbaseOf(await startOwnParts(['couchbase'], stateDir)));
  });
  afterAll(async () => {
    await endOwnParts(stateDir);
    world.remove();
  });
  const configOf = (env: Readonly<Record<string, string>> = {}): Config =>
    loadConfig({ dataDir: world.dataDir }, { ...world.env, ...env });
  const telemetry = createTelemetry({ level: 'silent', secrets: [] });
  const open = (config: Config): Promise<App> => openApp(config, telemetry, { keepsVectors: true });
  const move = (config: Config, how: Partial<MoveStoreDeps> = {}): Promise<MoveStoreReport> =>
    moveStore(config, {
      open,
      reach: () => ({ clock: systemClock, random: Math.random, log: telemetry.log }),
      ...how,
    });
  const kept = (): readonly string[] => readdirSync(world.dataDir).filter((name) => /^(store|meta).*db$/.test(name));
  async function using<T>(config: Config, work: (app: App) => Promise<T>): Promise<T> {
    const app = await open(config);
    try {
      return await work(app);
    } finally {
      await app.close();
    }
  }

  it('brings items, what is known of them, and accounts with their tokens, and leaves nothing behind', async () => {
    const shared = configOf(server);
    await expect(move(configOf())).rejects.toThrow('HOARDARR_STORE=couchbase');
    await expect(move(shared)).rejects.toThrow('has no collection of its own');
    const [first] = videos(30);
    const { before, explained } = await using(configOf(), async (app) => {
      await importExport(app, { provider: 'tiktok', user: 'me', file: world.export('a.json', videos(30)) });
      await importExport(app, {
        provider: 'tiktok',
        user: 'me',
        file: world.export('b.json', videos(30).slice(1)),
        asOf: Date.UTC(2026, 0, 1),
      });
      await app.metadata.compareAndSet(syncMetadataKey(GITHUB), null, {
        ...newSyncMetadata(GITHUB),
        ...connectedMetadata(app.keys, GITHUB, CONNECTED, 1),
        paused: true,
        syncCount: 7,
      });
      // While a role runs, it would go on in the store that is left.
      await app.roles.start(['sink']);
      await expect(move(shared)).rejects.toThrow('stop what runs on');
      return {
        before: await readStatus(app),
        explained: await explainItem(app, { provider: 'tiktok', user: 'me' }, first?.id ?? ''),
      };
    });
    const report = await move(shared);
    expect(report).toMatchObject({ digestBefore: before.digest, digestAfter: before.digest, match: true });
    expect(report.documents).toBeGreaterThanOrEqual(2);
    expect(readdirSync(world.dataDir).filter((name) => /^(store|meta)/.test(name))).toEqual([]);
    await expect(move(shared)).rejects.toThrow('has no collection of its own');
    await using(shared, async (app) => {
      const account = readSyncMetadata(GITHUB, (await app.metadata.get(syncMetadataKey(GITHUB)))?.value);
      expect(account).toMatchObject({ paused: true, syncCount: 7 });
      expect(decryptCredentials(app.keys, GITHUB, account)).toEqual(CONNECTED.credentials);
      const { digest, accounts } = await readStatus(app);
      expect(digest).toBe(before.digest);
      expect(accounts.find(({ provider, user }) => provider === 'tiktok' && user === 'me')).toMatchObject({
        active: 29,
        trash: 1,
      });
      expect(await explainItem(app, { provider: 'tiktok', user: 'me' }, first?.id ?? '')).toEqual(explained);
      // The number of runs goes on, and so do imports.
      const file = world.export('c.json', videos(31));
      const asOf = Date.UTC(2026, 1, 1);
      const again = await importExport(app, { provider: 'tiktok', user: 'me', file, asOf });
      expect(again).toMatchObject({ new: 1, converged: true });
    });
  });

  it('is refused at its end where somebody has the folder open, running roles or not, and nothing is removed', async () => {
    const shared = configOf(server);
    const opened: App[] = [];
    const opensMeanwhile = async (config: Config): Promise<App> => {
      if (config.store === 'couchbase') opened.push(await open(configOf()));
      return await open(config);
    };
    await using(configOf(), async () => undefined);
    const before = kept();
    await expect(move(shared, { open: opensMeanwhile })).rejects.toThrow('another process has');
    expect(kept()).toEqual(before);
    for (const app of opened) await app.close();
  });

  it('waits for a bucket that was folded before to catch up', async () => {
    const shared = configOf(server);
    await using(configOf(), async (app) => {
      const file = world.export('d.json', videos(2_000));
      await importExport(app, { provider: 'tiktok', user: 'me', file, asOf: Date.UTC(2026, 2, 1) });
    });
    expect(await move(shared)).toMatchObject({ match: true });
    expect(kept()).toEqual([]);
  });

  it('keeps the vectors of the folder where it comes to nothing', async () => {
    await using(configOf(), async () => undefined);
    const model = 'hash';
    const hash = textHashOf('a text');
    const vectors = openSqliteEmbeddingCache(world.dataDir);
    await vectors.putMany(model, [{ textHash: hash, vector: new Uint8Array(128), truncated: false }]);
    await vectors.close();
    const differs = async (config: Config): Promise<App> => {
      const app = await open(config);
      if (config.store !== 'couchbase') return app;
      const store = Object.assign(Object.create(app.store) as App['store'], { digest: async () => 'another' });
      return { ...app, store };
    };
    await expect(move(configOf(server), { open: differs })).rejects.toThrow('the collections differ');
    const again = openSqliteEmbeddingCache(world.dataDir);
    expect([...(await again.getMany(model, [hash])).keys()]).toEqual([hash]);
    await again.close();
  });

  it('is refused where the tokens could not be read there', async () => {
    const key = syncMetadataKey(GITHUB);
    await using(configOf(), async (app) => {
      const connected = { ...newSyncMetadata(GITHUB), ...connectedMetadata(app.keys, GITHUB, CONNECTED, 1) };
      await app.metadata.compareAndSet(key, null, connected);
    });
    const otherKey = { ...server, HOARDARR_ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64') };
    const before = kept();
    await expect(move(configOf(otherKey))).rejects.toThrow(/^github\/mover-.*encrypted with another key/);
    expect(kept()).toEqual(before);
  });

  it('is a command', async () => {
    await using(configOf(), async () => undefined);
    Object.assign(world.env, server);
    const { status, json } = await world.run('store', 'move');
    expect({ status, ...json<{ match: boolean }>() }).toMatchObject({ status: 0, match: true });
  });
});
