import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { Importer } from '../../producers/import-run.ts';
import type { Upload } from './upload.ts';
import { gate, ID, UploadsWorld, until } from './uploads-world.test-helper.ts';

const DAY_MS = 86_400_000;

let world: UploadsWorld;
beforeEach(async () => {
  world = await UploadsWorld.open();
});
afterEach(() => world.close());

const ago = (ms: number): string => new Date(Date.now() - ms).toISOString();

it('leaves an upload to the machine that received it, whose disk has it, and gives it up after a day', async () => {
  await world.leave({ createdAt: ago(DAY_MS / 2) }, false);
  const first = world.ofMachine();
  await first.start();
  expect(await first.get(ID)).toMatchObject({ status: 'queued', finishedAt: null });
  await first.stop();
  await world.app.metadata.remove(`upload:${ID}`);
  await world.leave({ createdAt: ago(2 * DAY_MS) }, false);
  const second = world.ofMachine();
  await second.start();
  expect(await second.get(ID)).toMatchObject({ status: 'failed', error: expect.stringContaining('send it again') });
});

it('counts the day from when that machine last said that it has it', async () => {
  await world.leave({ createdAt: ago(3 * DAY_MS), seenAt: ago(DAY_MS / 2) }, false);
  const uploads = world.ofMachine();
  await uploads.start();
  expect(await uploads.get(ID)).toMatchObject({ status: 'queued', finishedAt: null });
});

it('says of an upload from time to time that it has it, as long as it runs', async () => {
  const { metadata } = world.app;
  const uploads = world.uploads();
  const stream = new PassThrough();
  const about = { provider: 'tiktok', user: 'me', fileName: 'y.json', asOf: async () => null };
  const received = uploads.receive(stream, about);
  await until(async () => (await metadata.list('upload:')).length === 1);
  const [document] = await metadata.list('upload:');
  if (document === undefined) throw new Error('there is one');
  const { key, version, value } = document;
  const before = new Date().toISOString();
  await metadata.compareAndSet(key, version, { ...(value as Upload), seenAt: ago(DAY_MS / 2) });
  await uploads.start();
  const stored = await world.stored((value as Upload).id);
  expect(stored?.status).toBe('receiving');
  expect(stored?.seenAt?.localeCompare(before)).toBeGreaterThanOrEqual(0);
  stream.end('{}');
  await received;
});

it('takes up what was left in the order in which it came', async () => {
  const users: string[] = [];
  const importer: Importer = async (_, { asOf }) => {
    users.push(String(asOf));
    throw new Error('of no interest');
  };
  for (const [n, id] of ['ffff', '7777', '0000'].entries()) {
    await world.leave({ id, asOf: n, createdAt: new Date(Date.now() + n).toISOString() });
  }
  await world.uploads({ importers: new Map([['tiktok', importer]]) }).start();
  await until(() => users.length === 3);
  expect(users).toEqual(['0', '1', '2']);
});

it('takes in what lies on this disk, under whatever name the process had that received it', async () => {
  await world.leave();
  const uploads = world.ofMachine();
  await uploads.start();
  expect(await world.ended(uploads)).toMatchObject({ status: 'done', report: { new: 3 } });
  await until(() => !world.hasFile());
});

it('goes on with its own when the API of the same process is started again', async () => {
  const cut = gate();
  const first = world.uploads(
    world.importers(({ signal }) => {
      cut.open();
      return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
    }),
  );
  const id = await world.receive(first);
  await cut.opened;
  await first.stop();
  const second = world.uploads();
  await second.start();
  expect(await world.ended(second, id)).toMatchObject({ status: 'done', report: { new: 3 } });
});

it('imports those of one account one after another, and lets no account wait for another', async () => {
  const held = gate();
  const uploads = world.uploads(world.importers(async ({ user }) => (user === 'slow' ? held.opened : undefined)));
  const slow = [await world.receive(uploads, 'slow'), await world.receive(uploads, 'slow')];
  const quick = await world.receive(uploads, 'quick');
  expect(await world.ended(uploads, quick)).toMatchObject({ status: 'done', report: { new: 3 } });
  expect(world.imports).toEqual(['slow', 'quick']);
  held.open();
  for (const id of slow) await world.ended(uploads, id);
  expect(world.imports).toEqual(['slow', 'quick', 'slow']);
});
