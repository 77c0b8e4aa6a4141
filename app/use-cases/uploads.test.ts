import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { CliWorld, videos } from '../../cli/run-cli.test-helper.ts';
import { FencedError, LogUnavailableError, StoreUnavailableError } from '../../core/errors.ts';
import type { Importer } from '../../producers/import-run.ts';
import type { App } from '../app.ts';
import { loadConfig } from '../config.ts';
import { openApp } from '../open-app.ts';
import { Presence } from '../presence.ts';
import { createTelemetry } from '../telemetry.ts';
import { drain, waitFor } from './settle.ts';
import { type Upload, Uploads } from './uploads.ts';

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

/** The API that is left of two machines which share a store: the other one received an upload, and is away. */
async function isLeft(
  createdAt: number,
  importers = app.importers,
  movable = app.movable,
  fields: Partial<Upload> = {},
): Promise<Uploads> {
  const upload: Upload = {
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
    createdAt: new Date(createdAt).toISOString(),
    finishedAt: null,
    instance: 'another-machine:7:1:1',
    ...fields,
  };
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
  await app.metadata.remove(`upload:${ID}`);
  const before = Date.now();
  const { seenAt: said = '' } = await (await left({ instance: 'this-machine:7:1:1' })).get(ID);
  expect(Date.parse(said)).toBeGreaterThanOrEqual(before);
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
