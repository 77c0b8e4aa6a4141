import { createReadStream, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { CliWorld, videos } from '../../cli/run-cli.test-helper.ts';
import { FencedError, LogUnavailableError, StoreUnavailableError } from '../../core/errors.ts';
import type { MetadataStore } from '../../core/ports/metadata-store.ts';
import type { Importer } from '../../producers/import-run.ts';
import type { App } from '../app.ts';
import { loadConfig } from '../config.ts';
import { openApp } from '../open-app.ts';
import { Presence } from '../presence.ts';
import { createTelemetry } from '../telemetry.ts';
import { drain, waitFor } from './settle.ts';
import type { Upload } from './upload.ts';
import { Uploads } from './uploads.ts';

const ID = '00000000-0000-4000-8000-000000000001';
const DAY_MS = 86_400_000;

let world: CliWorld;
let app: App;
let uploads: Uploads | null;
beforeEach(async () => {
  world = new CliWorld();
  uploads = null;
  app = await openApp(
    loadConfig({ dataDir: world.dataDir }, world.env),
    createTelemetry({ level: 'silent', secrets: [] }),
  );
});
afterEach(async () => {
  await uploads?.stop();
  await app.close();
  world.remove();
});

/** Received by a machine that is away. */
const LEFT: Upload = {
  id: ID,
  provider: 'tiktok',
  user: 'me',
  fileName: 'x.json',
  bytes: 3,
  asOf: null,
  status: 'queued',
  progress: null,
  report: null,
  error: null,
  createdAt: null,
  finishedAt: null,
  instance: 'another-machine:7:1:1',
};

/** The store is away for these writes of uploads; null: a removal. */
function metadataThat(refuses: (value: Upload | null) => boolean): MetadataStore {
  const { metadata } = app;
  const check = (key: string, value: unknown): void => {
    if (key.startsWith('upload:') && refuses(value as Upload | null)) throw new StoreUnavailableError('cut off');
  };
  return {
    get: (key) => metadata.get(key),
    list: (prefix) => metadata.list(prefix),
    eraseFreed: () => metadata.eraseFreed(),
    close: () => metadata.close(),
    async remove(key) {
      check(key, null);
      await metadata.remove(key);
    },
    async compareAndSet(key, expected, value) {
      check(key, value);
      return await metadata.compareAndSet(key, expected, value);
    },
  };
}

/** The API that is left of two machines which share a store: the other one received an upload, and is away. */
async function isLeft(
  createdAt: number,
  importers = app.importers,
  movable = app.movable,
  fields: Partial<Upload> = {},
): Promise<Uploads> {
  const upload: Upload = { ...LEFT, createdAt: new Date(createdAt).toISOString(), ...fields };
  await app.metadata.compareAndSet(`upload:${ID}`, null, upload);
  const presence = new Presence(app.metadata, app.clock, 'this-machine:7:1:1');
  uploads = new Uploads({ ...app, importers, movable, presence, config: { ...app.config, store: 'couchbase' } });
  await uploads.start();
  return uploads;
}

it('leaves an upload to the machine that received it, whose disk has it, and gives it up after a day', async () => {
  expect(await (await isLeft(Date.now() - DAY_MS / 2)).get(ID)).toMatchObject({ status: 'queued', finishedAt: null });
  await uploads?.stop();
  await app.metadata.remove(`upload:${ID}`);
  expect(await (await isLeft(Date.now() - 2 * DAY_MS)).get(ID)).toMatchObject({
    status: 'failed',
    error: expect.stringContaining('send it again'),
  });
});

it('counts the day from when that machine last said that it has it, which it says as long as it runs', async () => {
  const old = Date.now() - 3 * DAY_MS;
  const left = (fields: Partial<Upload>) => isLeft(old, app.importers, app.movable, fields);
  const seenAt = new Date(Date.now() - DAY_MS / 2).toISOString();
  expect(await (await left({ seenAt })).get(ID)).toMatchObject({ status: 'queued', finishedAt: null });
  await uploads?.stop();
  const taking = new Uploads(app);
  uploads = taking;
  const stream = new PassThrough();
  const received = taking.receive(stream, {
    provider: 'tiktok',
    user: 'me',
    fileName: 'y.json',
    asOf: async () => null,
  });
  const ours = async () =>
    (await app.metadata.list('upload:')).find(({ value }) => (value as Upload).fileName === 'y.json');
  let stored = await ours();
  while (stored === undefined) stored = await ours();
  await app.metadata.compareAndSet(stored.key, stored.version, { ...(stored.value as Upload), seenAt });
  const before = Date.now();
  await taking.start();
  const { seenAt: said = '', status } = ((await ours())?.value ?? {}) as Partial<Upload>;
  expect(status).toBe('receiving');
  expect(Date.parse(said)).toBeGreaterThanOrEqual(before);
  stream.end('{}');
  await received;
});

it('says of an upload that the store kept from being taken in, and from being removed, that it is to be sent again', async () => {
  let isAway = false;
  app = { ...app, metadata: metadataThat((value) => isAway && (value === null || value.status === 'queued')) };
  const taking = new Uploads(app);
  uploads = taking;
  const stream = createReadStream(world.export('x.json', videos(3)));
  isAway = true;
  const about = { provider: 'tiktok', user: 'me', fileName: 'x.json', asOf: async () => null };
  await expect(taking.receive(stream, about)).rejects.toThrow('cut off');
  isAway = false;
  await taking.start();
  expect(await taking.recent(0)).toMatchObject([{ status: 'failed', error: expect.stringContaining('send it again') }]);
});

it('is taken up by one of two processes that look at once, and its end stays as it is told', async () => {
  lieHere();
  const importers = new Map([['tiktok', counting()]]);
  await app.metadata.compareAndSet(`upload:${ID}`, null, { ...LEFT, createdAt: new Date().toISOString() });
  const listed = await app.metadata.list('upload:');
  // Both have read the list, and the second one goes on long after that.
  const late: MetadataStore = { ...metadataThat(() => false), list: async () => listed };
  const processes = [app.metadata, late].map((metadata, n) => {
    const presence = new Presence(app.metadata, app.clock, `process-${n}:7:1:1`);
    return new Uploads({ ...app, metadata, importers, presence });
  });
  const [first, second] = processes;
  if (first === undefined || second === undefined) throw new Error('there are two');
  await first.start();
  while ((await storedEnd()) === null) await sleep(10);
  await second.start();
  await Promise.all(processes.map((each) => each.stop()));
  expect((await app.metadata.get(`upload:${ID}`))?.value).toMatchObject({ status: 'done', report: { new: 3 } });
  expect(imports).toHaveLength(1);
});

it('leaves an upload to the process that has taken it over, and does not tell its end a second time', async () => {
  lieHere();
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  const taking = await isLeft(Date.now(), new Map([['tiktok', counting(() => held)]]));
  while (imports.length === 0) await sleep(10);
  const stored = await app.metadata.get(`upload:${ID}`);
  const overtaken = { ...(stored?.value as Upload), instance: 'process-2:7:1:1' };
  expect(await app.metadata.compareAndSet(`upload:${ID}`, stored?.version ?? null, overtaken)).not.toBeNull();
  release();
  await taking.stop();
  expect((await app.metadata.get(`upload:${ID}`))?.value).toMatchObject({
    finishedAt: null,
    instance: 'process-2:7:1:1',
  });
  expect(existsSync(path.join(world.dataDir, 'uploads', ID, 'x.json'))).toBe(true);
});

/** Files of the imports that counting() has seen begin. */
const imports: string[] = [];

function counting(first: () => Promise<void> = async () => undefined): Importer {
  const real = app.importers.get('tiktok');
  if (real === undefined) throw new Error('there is no importer');
  imports.length = 0;
  return async (file, options) => {
    imports.push(file);
    await first();
    return real(file, options);
  };
}

it('takes up what was left in the order in which it came', async () => {
  const users: string[] = [];
  const importer: Importer = async (_, { asOf }) => {
    users.push(String(asOf));
    throw new Error('of no interest');
  };
  for (const [n, id] of ['ffff', '7777', '0000'].entries()) {
    const folder = path.join(world.dataDir, 'uploads', id);
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, 'x.json'), '{}');
    await app.metadata.compareAndSet(`upload:${id}`, null, {
      ...LEFT,
      id,
      asOf: n,
      createdAt: new Date(Date.now() + n).toISOString(),
    });
  }
  const taking = new Uploads({ ...app, importers: new Map([['tiktok', importer]]) });
  uploads = taking;
  await taking.start();
  while (users.length < 3) await sleep(10);
  expect(users).toEqual(['0', '1', '2']);
});

/** The upload lies on this machine's disk. */
function lieHere(): void {
  const folder = path.join(world.dataDir, 'uploads', ID);
  mkdirSync(folder, { recursive: true });
  const list = videos(3).map(({ id, date }) => ({ Date: date, Link: `https://www.tiktokv.com/share/video/${id}/` }));
  const content = { Activity: { 'Favorite Videos': { FavoriteVideoList: list } } };
  writeFileSync(path.join(folder, 'x.json'), JSON.stringify(content));
}

it('takes in what lies on this disk, under whatever name the process had that received it', async () => {
  lieHere();
  const taking = await isLeft(Date.now());
  while ((await taking.get(ID)).finishedAt === null) await sleep(10);
  expect(await taking.get(ID)).toMatchObject({ status: 'done', report: { new: 3 } });
});

it('begins an import anew when the log or the store were away meanwhile', async () => {
  lieHere();
  const away = [new LogUnavailableError('no broker'), new StoreUnavailableError('cut off')];
  const importer: Importer = async (file, options) => {
    const error = away.shift();
    if (error !== undefined) throw error;
    const real = app.importers.get('tiktok');
    if (real === undefined) throw new Error('there is none');
    return real(file, options);
  };
  const taking = await isLeft(Date.now(), new Map([['tiktok', importer]]));
  while ((await taking.get(ID)).finishedAt === null) await sleep(10);
  expect(await taking.get(ID)).toMatchObject({ status: 'done', report: { new: 3 } });
  expect(away).toEqual([]);
});

it('is taken in though the store was away when its turn came, and again when its end was to be written', async () => {
  lieHere();
  const away = ['importing', 'importing', 'done', 'done'];
  app = {
    ...app,
    metadata: metadataThat((value) => {
      if (value?.status !== away[0]) return false;
      away.shift();
      return true;
    }),
  };
  const taking = await isLeft(Date.now());
  while ((await storedEnd()) === null) await sleep(10);
  expect(await taking.get(ID)).toMatchObject({ status: 'done', report: { new: 3 } });
  expect(away).toEqual([]);
  expect(existsSync(path.join(world.dataDir, 'uploads', ID))).toBe(false);
});

async function storedEnd(): Promise<string | null> {
  const upload = (await app.metadata.get(`upload:${ID}`))?.value as Upload | undefined;
  return upload?.finishedAt ?? null;
}

it('keeps what it could not take in because the log was left meanwhile, for the next start', async () => {
  lieHere();
  const { movable } = app;
  if (movable === null) throw new Error('an embedded log can be moved');
  let moved: string | null = null;
  const called: string[] = [];
  const importer: Importer = async (file) => {
    called.push(file);
    moved = 'Kafka';
    throw new FencedError('the event log has moved to Kafka');
  };
  const left = Object.assign(Object.create(movable) as typeof movable, { movedTo: () => moved });
  const taking = await isLeft(Date.now(), new Map([['tiktok', importer]]), left);
  while (called.length === 0) await sleep(10);
  await taking.stop();
  expect((await app.metadata.get(`upload:${ID}`))?.value).toMatchObject({ finishedAt: null });
  expect(existsSync(path.join(world.dataDir, 'uploads', ID, 'x.json'))).toBe(true);
});

it('waits on through an outage of what it asks, and not through a fault', async () => {
  const answers = [new StoreUnavailableError('cut off'), new LogUnavailableError('no broker'), 'there'];
  const ask = async (): Promise<string> => {
    const answer = answers.shift();
    if (typeof answer === 'string') return answer;
    throw answer ?? new Error('a fault');
  };
  expect(await waitFor(app, 'it', ask)).toBe('there');
  await expect(waitFor(app, 'it', ask)).rejects.toThrow('a fault');
  const lag = async (): Promise<never> => {
    throw new LogUnavailableError('no broker');
  };
  expect(await drain({ ...app, log: { ...app.log, lag } }, 50)).toBe(false);
});

it('imports those of one account one after another, and lets no account wait for another', async () => {
  const real = app.importers.get('tiktok');
  if (real === undefined) throw new Error('there is no importer');
  const running: string[] = [];
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  const importer: Importer = async (file, options) => {
    running.push(options.user);
    if (options.user === 'slow') await held;
    return real(file, options);
  };
  const taking = new Uploads({ ...app, importers: new Map([['tiktok', importer]]) });
  uploads = taking;
  const receive = async (user: string): Promise<string> => {
    const stream = createReadStream(world.export(`${user}.json`, videos(3)));
    return (await taking.receive(stream, { provider: 'tiktok', user, fileName: 'x.json', asOf: async () => null })).id;
  };
  const slow = [await receive('slow'), await receive('slow')];
  const quick = await receive('quick');
  while ((await taking.get(quick)).finishedAt === null) await sleep(10);
  expect(await taking.get(quick)).toMatchObject({ status: 'done', report: { new: 3 } });
  expect(running).toEqual(['slow', 'quick']);
  release();
  for (const id of slow) while ((await taking.get(id)).finishedAt === null) await sleep(10);
  expect(running).toEqual(['slow', 'quick', 'slow']);
});
