import { existsSync, mkdirSync, readdirSync, utimesSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { Presence } from '../presence.ts';
import { gate, ID, OTHER, UploadsWorld, until } from './uploads-world.test-helper.ts';

const DAY_MS = 86_400_000;

let world: UploadsWorld;
beforeEach(async () => {
  world = await UploadsWorld.open();
});
afterEach(() => world.close());

/** Made, and changed last, two days ago. */
function age(folder: string): void {
  const seconds = (Date.now() - 2 * DAY_MS) / 1_000;
  utimesSync(folder, seconds, seconds);
}

it('removes the file of an upload that has ended, where the process ended between the two', async () => {
  const finishedAt = new Date().toISOString();
  await world.leave({ status: 'done', finishedAt });
  await world.uploads().start();
  expect(existsSync(world.folder())).toBe(false);
  expect(await world.stored()).toMatchObject({ status: 'done', finishedAt });
});

it('removes files that no document has told of for a day', async () => {
  const fresh = ID.replace(/1$/, '2');
  world.lie();
  world.lie({ id: fresh, fileName: 'x.json' });
  age(world.folder());
  await world.uploads().start();
  expect(readdirSync(path.join(world.cli.dataDir, 'uploads'))).toEqual([fresh]);
});

it('leaves what is none of an upload', async () => {
  const notes = path.join(world.cli.dataDir, 'uploads', 'notes');
  mkdirSync(notes, { recursive: true });
  age(notes);
  await world.uploads().start();
  expect(existsSync(notes)).toBe(true);
});

it('leaves the file of an upload that another process works on', async () => {
  const other = new Presence(world.app.metadata, world.app.clock, OTHER);
  await other.beat(['api']);
  await world.leave({ status: 'importing', instance: other.instance });
  age(world.folder());
  await world.uploads().start();
  expect(world.hasFile()).toBe(true);
});

it('leaves what it receives, also where the document cannot be written for long', async () => {
  const held = gate();
  const metadata = world.metadataThat((value) => (value?.status === 'receiving' ? held.opened : Promise.resolve()));
  const uploads = world.uploads({ metadata });
  const received = world.receive(uploads);
  const all = path.join(world.cli.dataDir, 'uploads');
  await until(() => existsSync(all) && readdirSync(all).length === 1);
  age(path.join(all, readdirSync(all)[0] ?? ''));
  await uploads.start();
  held.open();
  expect(await world.ended(uploads, await received)).toMatchObject({ status: 'done', report: { new: 3 } });
});
