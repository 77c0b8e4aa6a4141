import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { Presence } from '../presence.ts';
import { ID, OTHER, UploadsWorld, until } from './uploads-world.test-helper.ts';

let world: UploadsWorld;
beforeEach(async () => {
  world = await UploadsWorld.open();
});
afterEach(() => world.close());

const DONE = { status: 'done', report: { new: 3 } };

it('imports once what is sent again, since the answer was lost', async () => {
  const uploads = world.uploads(world.importers(async () => undefined));
  for (let sending = 0; sending < 2; sending += 1) expect(await world.receive(uploads, 'me', ID)).toBe(ID);
  expect(await world.ended(uploads)).toMatchObject(DONE);
  expect(await world.receive(uploads, 'me', ID)).toBe(ID);
  expect(await uploads.get(ID)).toMatchObject(DONE);
  expect(world.imports).toEqual(['me']);
});

it('takes the later of two sendings at once, where the connection of the first one broke without a word', async () => {
  const uploads = world.uploads(world.importers(async () => undefined));
  const about = { id: ID, provider: 'tiktok', user: 'me', fileName: 'x.json', asOf: async () => null };
  const silent = new PassThrough();
  const first = Promise.allSettled([uploads.receive(silent, about)]);
  silent.write('{"Activity":');
  await until(async () => (await world.stored())?.status === 'receiving');
  expect(await world.receive(uploads, 'me', ID)).toBe(ID);
  expect(await first).toMatchObject([{ status: 'rejected' }]);
  expect(await world.ended(uploads)).toMatchObject(DONE);
  expect(world.imports).toEqual(['me']);
});

it('lets one of two sendings be imported that come in the same moment', async () => {
  const uploads = world.uploads(world.importers(async () => undefined));
  const sent = await Promise.allSettled([world.receive(uploads, 'me', ID), world.receive(uploads, 'me', ID)]);
  expect(sent.map(({ status }) => status)).toContain('fulfilled');
  expect(await world.ended(uploads)).toMatchObject(DONE);
  expect(world.imports).toEqual(['me']);
});

it('receives anew what was cut off with the process that received it', async () => {
  await world.leave({ status: 'receiving' });
  const uploads = world.uploads();
  await uploads.start();
  expect(await uploads.get(ID)).toMatchObject({ status: 'failed' });
  await world.receive(uploads, 'me', ID);
  expect(await world.ended(uploads)).toMatchObject(DONE);
});

it('leaves it to the other process that is still receiving it', async () => {
  const other = new Presence(world.app.metadata, world.app.clock, OTHER);
  await other.beat(['api']);
  await world.leave({ status: 'receiving', instance: other.instance });
  await expect(world.receive(world.uploads(), 'me', ID)).rejects.toThrow('another process is still receiving');
});

it('is refused under an id that the upload of another account has', async () => {
  const uploads = world.uploads(world.importers(async () => undefined));
  await world.receive(uploads, 'me', ID);
  await expect(world.receive(uploads, 'another', ID)).rejects.toThrow('choose a new one');
  expect(await world.ended(uploads)).toMatchObject(DONE);
});
