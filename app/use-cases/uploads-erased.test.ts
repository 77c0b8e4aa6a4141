import { existsSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { videos } from '../../cli/run-cli.test-helper.ts';
import { Presence } from '../presence.ts';
import { disconnect } from './accounts.ts';
import { importExport } from './import-export.ts';
import { gate, ID, OTHER, UploadsWorld, until } from './uploads-world.test-helper.ts';

/** An account with something to erase, which is erased while uploads of it are open. */
let world: UploadsWorld;
beforeEach(async () => {
  world = await UploadsWorld.open();
  const file = world.cli.export('before.json', videos(2, 50));
  await importExport(world.app, { provider: 'tiktok', user: 'me', file });
});
afterEach(() => world.close());

const ERASED = { status: 'failed', report: null, error: expect.stringContaining('the account was erased') };

const erase = async (): Promise<void> => {
  expect(await disconnect(world.app, 'tiktok', 'me', true)).toMatchObject({ erased: 2 });
};

it('ends one that is imported, and one that waits for its turn', async () => {
  const began = gate();
  const reasons: unknown[] = [];
  const uploads = world.uploads(
    world.importers(async ({ signal }) => {
      began.open();
      await new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason))).catch(
        (error: unknown) => {
          reasons.push(error);
          throw error;
        },
      );
    }),
  );
  await uploads.start();
  const ids = [await world.receive(uploads), await world.receive(uploads)];
  await began.opened;
  await erase();
  for (const id of ids) {
    expect(await world.stored(id)).toMatchObject(ERASED);
    expect(existsSync(world.folder(id))).toBe(false);
  }
  for (const id of ids) expect(await world.ended(uploads, id)).toMatchObject(ERASED);
  await until(() => reasons.length === 1);
  await uploads.stop();
  expect(world.imports).toHaveLength(1);
  expect(await world.app.store.count({})).toBe(0);
});

it('ends one whose import would begin just then', async () => {
  const held = gate();
  const uploads = world.uploads(world.importers(() => held.opened));
  const id = await world.receive(uploads);
  // It never looks whether it was ended.
  await until(() => world.imports.length === 1);
  await erase();
  held.open();
  expect(await world.ended(uploads, id)).toMatchObject(ERASED);
  expect(await world.app.store.count({})).toBe(0);
});

it('ends one that is still coming in, and tells its sender', async () => {
  const uploads = world.uploads();
  await uploads.start();
  const stream = new PassThrough();
  const about = { id: ID, provider: 'tiktok', user: 'me', fileName: 'x.json', asOf: async () => null };
  const received = uploads.receive(stream, about);
  stream.write('{"Activity":');
  await until(() => world.hasFile());
  await erase();
  expect(await received).toMatchObject(ERASED);
  expect(await uploads.get(ID)).toMatchObject(ERASED);
  // Sent again, as where the answer was lost, it is the same upload.
  expect(await world.receive(uploads, 'me', ID)).toBe(ID);
  expect(await uploads.get(ID)).toMatchObject(ERASED);
  expect(existsSync(world.folder())).toBe(false);
});

it('ends one of another process', async () => {
  const other = new Presence(world.app.metadata, world.app.clock, OTHER);
  await other.beat(['api']);
  await world.leave({ instance: other.instance });
  await erase();
  expect(await world.stored()).toMatchObject(ERASED);
  expect(existsSync(world.folder())).toBe(false);
});

it('removes what is left of one that has ended, which stays as it is', async () => {
  const ended = { status: 'done', finishedAt: new Date().toISOString() } as const;
  await world.leave(ended);
  await erase();
  expect(await world.stored()).toMatchObject(ended);
  expect(existsSync(world.folder())).toBe(false);
});

it('leaves those of other accounts', async () => {
  await world.leave({ user: 'another' });
  await erase();
  expect(await world.stored()).toMatchObject({ status: 'queued', finishedAt: null });
  expect(world.hasFile()).toBe(true);
});
