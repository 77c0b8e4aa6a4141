import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { scopeName } from '../../core/keys.ts';
import type { MetadataStore } from '../../core/ports/metadata-store.ts';
import type { Importer } from '../../producers/import-run.ts';
import { Presence } from '../presence.ts';
import { gate, OTHER, UploadsWorld, until } from './uploads-world.test-helper.ts';

let world: UploadsWorld;
beforeEach(async () => {
  world = await UploadsWorld.open();
  await world.leave();
});
afterEach(() => world.close());

const THEIRS = { instance: OTHER, status: 'importing', finishedAt: null, report: null } as const;

it('is taken up by one of two processes that look at once, and its end stays as it is told', async () => {
  const { app } = world;
  const listed = await app.metadata.list('upload:');
  // Both have read the list, and the second one goes on long after that.
  const late: MetadataStore = { ...world.metadataAway(() => false), list: async () => listed };
  const parts = world.importers(async () => undefined);
  const of = (metadata: MetadataStore, n: number) =>
    world.uploads({ ...parts, metadata, presence: new Presence(app.metadata, app.clock, `process-${n}:7:1:1`) });
  const first = of(app.metadata, 1);
  const second = of(late, 2);
  await first.start();
  await until(async () => (await world.stored())?.finishedAt !== null);
  await second.start();
  await first.stop();
  await second.stop();
  expect(await world.stored()).toMatchObject({ status: 'done', report: { new: 3 } });
  expect(world.imports).toHaveLength(1);
});

it('writes nothing of an upload that was taken over before its run began', async () => {
  const uploads = world.uploads(world.importers(() => world.takeOver()));
  await uploads.start();
  expect(await world.ended(uploads)).toMatchObject(THEIRS);
  await uploads.stop();
  expect(await world.stored()).toMatchObject(THEIRS);
  expect(world.hasFile()).toBe(true);
  expect(
    (await world.app.store.scope(scopeName({ provider: 'tiktok', user: 'me', collection: 'favorites' })))?.applied ??
      null,
  ).toBeNull();
});

it.each([
  ['is not done there yet', THEIRS],
  ['has ended there', { ...THEIRS, status: 'failed', error: 'theirs', finishedAt: '2026-01-01T00:00:00.000Z' }],
] as const)('does not tell the end of an upload that was taken over, and %s', async (_, fields) => {
  const importer: Importer = async (file, options) => {
    const result = await world.realImporter(file, options);
    await world.takeOver(fields);
    return result;
  };
  const uploads = world.uploads({ importers: new Map([['tiktok', importer]]) });
  await uploads.start();
  await world.ended(uploads);
  // What lies here goes when it has ended, wherever.
  await until(() => world.hasFile() === (fields.finishedAt === null));
  await uploads.stop();
  expect(await world.stored()).toMatchObject(fields);
  expect(world.hasFile()).toBe(fields.finishedAt === null);
});

it('ends an import under way when its progress cannot be stored any more, as another process has it', async () => {
  const reasons: unknown[] = [];
  const uploads = world.uploads(
    world.importers(async ({ progress, signal }) => {
      await world.takeOver();
      world.passedMs += 2_000;
      progress?.({ phase: 'read', done: 1, total: 3 });
      await new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason))).catch(
        (error: unknown) => {
          reasons.push(error);
          throw error;
        },
      );
    }),
  );
  await uploads.start();
  expect(await world.ended(uploads)).toMatchObject(THEIRS);
  expect(reasons).toEqual([expect.objectContaining({ name: 'TakenOverError' })]);
  expect(world.hasFile()).toBe(true);
});

it('begins with what another process had taken over only when its own import has noticed', async () => {
  const held = gate();
  const uploads = world.uploads(world.importers(() => held.opened));
  await uploads.start();
  await until(() => world.imports.length === 1);
  await world.takeOver({ instance: 'gone:7:1:1' });
  // Many looks.
  await sleep(200);
  expect(await world.stored()).toMatchObject({ instance: 'gone:7:1:1' });
  held.open();
  await until(async () => (await world.stored())?.finishedAt !== null);
  expect(await world.stored()).toMatchObject({ status: 'done', report: { new: 3 } });
  expect(world.imports).toHaveLength(2);
});

it('keeps the runs that were noted when a write of progress comes late', async () => {
  const late = gate();
  const isLate = gate();
  const metadata = world.metadataThat(async (value) => {
    if (value?.progress?.done !== 1) return;
    isLate.open();
    await late.opened;
  });
  let noted: readonly string[] | undefined;
  let syncIds: readonly string[] | undefined;
  const importer: Importer = async (file, options) => {
    world.passedMs += 2_000;
    options.progress?.({ phase: 'read', done: 1, total: 3 });
    await isLate.opened;
    world.passedMs += 2_000;
    options.progress?.({ phase: 'read', done: 2, total: 3 });
    const begun = async (syncId: string): Promise<void> => {
      const noting = options.begun?.(syncId);
      await sleep(50);
      late.open();
      await noting;
      await sleep(50);
      syncIds = [syncId];
      noted = (await world.stored())?.runs;
    };
    return world.realImporter(file, { ...options, begun });
  };
  const uploads = world.uploads({ metadata, importers: new Map([['tiktok', importer]]) });
  await uploads.start();
  expect(await world.ended(uploads)).toMatchObject({ status: 'done' });
  expect(noted).toEqual(syncIds);
  expect(syncIds).toHaveLength(1);
});
