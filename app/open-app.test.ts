import { mkdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { CliWorld, videos } from '../cli/run-cli.test-helper.ts';
import { DEAD_LETTER_HEADER } from '../core/dead-letter.ts';
import { recordKey, SLOT } from '../core/keys.ts';
import { newSyncMetadata, syncMetadataKey } from '../producers/sync-metadata.ts';
import { FakeOpenAi } from '../testing/fake-openai/fake-openai.ts';
import type { App } from './app.ts';
import { loadConfig } from './config.ts';
import { DATA_FILES } from './data-folder.ts';
import { openApp } from './open-app.ts';
import { bindToKafka } from './open-log.ts';
import { asideFolder, type Marker, readMarker, writeMarker } from './restore/marker.ts';
import { KeyRing, readKeyFile } from './secrets.ts';
import { createTelemetry } from './telemetry.ts';
import { listDeadLetters, redriveDeadLetters } from './use-cases/dead-letters.ts';
import { importExport } from './use-cases/import-export.ts';
import { rebuildStore } from './use-cases/rebuild.ts';
import { rotateKeys } from './use-cases/rotate-keys.ts';
import { drain, PIPELINE } from './use-cases/settle.ts';
import { readStatus } from './use-cases/status.ts';

const ACCOUNT = { provider: 'tiktok', user: 'me' };

function open(world: CliWorld, env: Readonly<Record<string, string>> = {}, signal?: AbortSignal): Promise<App> {
  const config = loadConfig({ dataDir: world.dataDir }, { ...world.env, ...env });
  const telemetry = createTelemetry({ level: 'silent', secrets: [] });
  return openApp(config, telemetry, signal === undefined ? {} : { signal });
}

describe('an open data folder', () => {
  let world: CliWorld;
  let app: App;
  beforeEach(async () => {
    world = new CliWorld();
    app = await open(world);
  });
  afterEach(async () => {
    await app.close();
    world.remove();
  });

  it('puts poison into the dead letters, redrives it, and never what belongs to a snapshot', async () => {
    const poison = Buffer.from('no record of ours');
    const item = recordKey(ACCOUNT, 'favorites', '7300000000000000001', 'f1.1');
    const chunk = recordKey(ACCOUNT, 'favorites', SLOT.chunk, 'f1.2');
    const partition = app.log.partitionOf('tiktok/me');
    await app.log.append(
      'ingest',
      partition,
      [item, chunk].map((key) => ({ key, value: poison })),
    );
    await app.roles.ensure(PIPELINE);
    await drain(app, 30_000);
    const letters = await listDeadLetters(app);
    expect(letters).toMatchObject([
      { key: item, stage: 'embed', topic: 'ingest', offset: 0, reason: expect.any(String) },
      { key: chunk, stage: 'embed', topic: 'ingest', offset: 1 },
    ]);
    const report = await redriveDeadLetters(app);
    expect(report).toMatchObject({
      redriven: 1,
      skipped: [{ id: letters[1]?.id, reason: expect.stringContaining('never redriven') }],
    });
    // Still poison, so that it comes back, ordered by its own position and fenced by its first.
    const after = await listDeadLetters(app);
    expect(after.map((letter) => letter.key)).toEqual([chunk, expect.stringMatching(/~r/)]);
    expect((await readStatus(app)).deadLetters).toBe(2);
    const records = await app.log.read('ingest', partition, 2);
    expect(records.find((record) => record.key.startsWith(item))?.headers).toMatchObject({
      'hoardarr-first-position': '0',
      'hoardarr-first-key': item,
    });
    expect(Object.keys(records[0]?.headers ?? {}).some((name) => name === DEAD_LETTER_HEADER.topic)).toBe(false);
  });

  it('encrypts the tokens anew with a new key', async () => {
    const key = syncMetadataKey({ provider: 'reddit', user: 'me' });
    const token = app.keys.encrypt('planted-token', `${key}:refreshToken`);
    await app.metadata.compareAndSet(key, null, {
      ...newSyncMetadata({ provider: 'reddit', user: 'me' }),
      refreshToken: token,
    });
    const [before] = readKeyFile(world.dataDir);
    expect(await rotateKeys(app)).toMatchObject({ rotated: 1 });
    const keys = readKeyFile(world.dataDir);
    expect(keys).toHaveLength(1);
    expect(keys).not.toContain(before);
    const stored = await app.metadata.get(key);
    expect(stored?.value).toMatchObject({ refreshToken: expect.any(String) });
    const { refreshToken } = Object(stored?.value) as { refreshToken: string };
    expect(new KeyRing(keys).decrypt(refreshToken, `${key}:refreshToken`)).toBe('planted-token');
  });

  it('shows the same store to two processes, whichever runs the roles, also across a rebuild', async () => {
    const other = await open(world);
    await other.roles.start(PIPELINE);
    const first = await importExport(app, { provider: 'tiktok', user: 'me', file: world.export('a.json', videos(20)) });
    expect(first).toMatchObject({ new: 20, converged: true });
    const [rebuilt] = await Promise.all([
      rebuildStore(app),
      importExport(app, { provider: 'tiktok', user: 'two', file: world.export('b.json', videos(300)) }),
    ]);
    expect(rebuilt).toMatchObject({ match: true, embeddingCalls: 0, generation: 2 });
    expect(app.stores.generation).toBe(2);
    const [here, there] = [await readStatus(app), await readStatus(other)];
    expect(here.digest).toBe(there.digest);
    expect(here.accounts.map((account) => account.active)).toEqual([20, 300]);
    expect(await rebuildStore(other)).toMatchObject({ match: true, generation: 3 });
    await other.close();
  });

  it('rebuilds one at a time', async () => {
    const other = await open(world);
    const [one, two] = await Promise.allSettled([rebuildStore(app), rebuildStore(other)]);
    expect([one.status, two.status]).toContain('fulfilled');
    await other.close();
  });
});

const embeddedBy = ({ url }: FakeOpenAi): Readonly<Record<string, string>> => ({
  HOARDARR_EMBEDDER: 'openai',
  OPENAI_BASE_URL: url,
  OPENAI_API_KEY: 'test',
  OPENAI_EMBEDDING_DIMENSIONS: '64',
});

describe('another model', () => {
  const world = new CliWorld();
  afterAll(() => world.remove());

  it('is refused until a rebuild embeds everything anew beside the old', async () => {
    const openAi = await FakeOpenAi.start();
    const env = { ...embeddedBy(openAi), OPENAI_EMBEDDING_MODEL: 'text-embedding-3-small' };
    const before = await open(world);
    await importExport(before, { provider: 'tiktok', user: 'me', file: world.export('a.json', videos(20)) });
    await before.close();
    const after = await open(world, env);
    await expect(after.embedder()).rejects.toThrow('hoardarr rebuild --model text-embedding-3-small');
    const report = await rebuildStore(after, { model: 'text-embedding-3-small' });
    expect(report).toMatchObject({ match: null, embeddingCalls: 1 });
    expect((await readStatus(after)).embedder).toMatchObject({
      name: 'openai',
      model: 'text-embedding-3-small',
      dimensions: 64,
      coverage: 1,
    });
    expect(await rebuildStore(after)).toMatchObject({ match: true, embeddingCalls: 0 });
    await after.close();
    await openAi.stop();
  });
});

describe('the model that a rebuild chose', () => {
  const world = new CliWorld();
  afterAll(() => world.remove());

  it('counts also where the cache was lost, and the metadata', async () => {
    const openAi = await FakeOpenAi.start();
    const env = embeddedBy(openAi);
    const reopen = async (was: App, lost: string): Promise<App> => {
      await was.close();
      for (const end of ['', '-wal', '-shm']) rmSync(path.join(world.dataDir, `${lost}${end}`), { force: true });
      return await open(world, env);
    };
    let app = await open(world, env);
    await importExport(app, { provider: 'tiktok', user: 'me', file: world.export('a.json', videos(20)) });
    await rebuildStore(app, { model: 'model-of-now' });
    app = await reopen(app, DATA_FILES.cache);
    expect(await rebuildStore(app)).toMatchObject({ match: true, embeddingCalls: 1 });
    app = await reopen(app, DATA_FILES.metadata);
    expect(await app.embedder()).toMatchObject({ model: 'model-of-now' });
    expect((await readStatus(app)).embedder).toMatchObject({ model: 'model-of-now', dimensions: 64, coverage: 1 });
    await app.close();
    await openAi.stop();
  });
});

describe('a restore whose data were put in place', () => {
  const MARKER: Marker = {
    id: '11111111-2222-4333-8444-555555555555',
    phase: 'placed',
    from: 'backup.tar',
    items: 1,
    backupAt: '2026-01-01T00:00:00.000Z',
    startedAt: '2026-01-02T00:00:00.000Z',
    detail: null,
  };
  let world: CliWorld;
  beforeEach(() => {
    world = new CliWorld();
    mkdirSync(asideFolder(world.dataDir, MARKER), { recursive: true });
    writeMarker(world.dataDir, MARKER);
  });
  afterEach(() => world.remove());
  const openOnServers = (registry: string, signal?: AbortSignal): Promise<App> => {
    const servers = { KAFKA_BROKERS: '127.0.0.1:9', SCHEMA_REGISTRY_URL: registry };
    return open(world, { HOARDARR_EVENT_LOG: 'kafka', ...servers }, signal);
  };

  it('is kept where servers are away, or somebody gives up waiting: that says nothing of the data', async () => {
    const interrupted = new AbortController();
    const ends = { 'cannot be asked': AbortSignal.timeout(50), interrupted: interrupted.signal };
    setTimeout(() => interrupted.abort(new Error('interrupted')), 200);
    for (const [said, signal] of Object.entries(ends))
      await expect(openOnServers('http://127.0.0.1:9', signal)).rejects.toThrow(said);
    expect(readMarker(world.dataDir)).toEqual(MARKER);
  });

  it('is kept where a server refuses our user: neither does that', async () => {
    const registry = createServer((_request, response) => response.writeHead(401).end('{}'));
    await new Promise<void>((resolve) => registry.listen(0, '127.0.0.1', resolve));
    const { port } = registry.address() as AddressInfo;
    await expect(openOnServers(`http://127.0.0.1:${port}`)).rejects.toThrow('SCHEMA_REGISTRY_USERNAME');
    registry.close();
    expect(readMarker(world.dataDir)).toEqual(MARKER);
  });

  it('is undone where they belong to another log', async () => {
    bindToKafka(world.dataDir, 'other.');
    await expect(openOnServers('http://127.0.0.1:9', AbortSignal.timeout(1_000))).rejects.toThrow('cannot be asked');
    expect(readMarker(world.dataDir)).toMatchObject({ phase: 'failed', detail: expect.stringContaining("'other.'") });
  });
});
