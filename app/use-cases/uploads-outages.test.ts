import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { FencedError, LogUnavailableError, StoreUnavailableError } from '../../core/errors.ts';
import type { MovableLog } from '../../core/ports/movable-log.ts';
import { AccountBusyError } from '../../producers/account-lease.ts';
import type { App } from '../app.ts';
import { drain, waitFor } from './settle.ts';
import { gate, ID, UploadsWorld, until } from './uploads-world.test-helper.ts';

let world: UploadsWorld;
beforeEach(async () => {
  world = await UploadsWorld.open();
});
afterEach(() => world.close());

const DONE = { status: 'done', report: { new: 3 } };

/** Importers that are kept from it by these, one after the other. */
function failing(errors: Error[]): Pick<App, 'importers'> {
  return world.importers(async () => {
    const error = errors.shift();
    if (error !== undefined) throw error;
  });
}

it('says of an upload that the store kept from being taken in, and from being removed, that it is to be sent again', async () => {
  let isAway = true;
  const metadata = world.metadataAway((value) => isAway && (value === null || value.status === 'queued'));
  const uploads = world.ofMachine({ metadata });
  await expect(world.receive(uploads)).rejects.toThrow('cut off');
  isAway = false;
  await uploads.start();
  expect(await uploads.recent(0)).toMatchObject([
    { status: 'failed', error: expect.stringContaining('send it again') },
  ]);
});

it('starts though the store is away, and takes up what was left when it is back', async () => {
  await world.leave();
  let isAway = true;
  const { metadata } = world.app;
  const list = async (prefix: string) => {
    if (isAway) throw new StoreUnavailableError('cut off');
    return metadata.list(prefix);
  };
  const uploads = world.uploads({ metadata: { ...world.metadataAway(() => isAway), list } });
  await uploads.start();
  expect(await world.stored()).toMatchObject({ status: 'queued' });
  isAway = false;
  await until(async () => (await world.stored())?.finishedAt !== null);
  expect(await world.stored()).toMatchObject(DONE);
});

it('takes up the others later where the store goes away between them', async () => {
  const second = ID.replace(/1$/, '2');
  await world.leave({ user: 'first' });
  await world.leave({ id: second, user: 'second', createdAt: new Date(Date.now() + 1).toISOString() });
  let outages = 1;
  const metadata = world.metadataAway((value) => value?.id === second && outages-- > 0);
  const uploads = world.uploads({ metadata, ...failing([]) });
  await uploads.start();
  for (const id of [ID, second]) await until(async () => (await world.stored(id))?.finishedAt !== null);
  for (const id of [ID, second]) expect(await world.stored(id)).toMatchObject(DONE);
  expect(world.imports).toEqual(['first', 'second']);
});

it.each([
  ['the log or the store were away', [new LogUnavailableError('no broker'), new StoreUnavailableError('cut off')]],
  ['another run took the account over', [new FencedError('another run took over tiktok/me')]],
  ['another run worked for the account for long', [new AccountBusyError('another run works for tiktok/me')]],
])('begins an import anew when %s meanwhile', async (_, errors) => {
  await world.leave();
  const left = [...errors];
  const uploads = world.uploads(failing(left));
  await uploads.start();
  expect(await world.ended(uploads)).toMatchObject(DONE);
  expect(left).toEqual([]);
});

it('is taken in though the store was away when its turn came, and again when its end was to be written', async () => {
  await world.leave();
  const away = ['importing', 'importing', 'done', 'done'];
  const metadata = world.metadataAway((value) => {
    if (value?.status !== away[0]) return false;
    away.shift();
    return true;
  });
  const uploads = world.uploads({ metadata });
  await uploads.start();
  await until(async () => (await world.stored())?.finishedAt !== null);
  expect(await uploads.get(ID)).toMatchObject(DONE);
  expect(away).toEqual([]);
  await until(() => !world.hasFile());
});

it('keeps what it could not take in because the log was left meanwhile, for the next start', async () => {
  await world.leave();
  const { movable } = world.app;
  if (movable === null) throw new Error('an embedded log can be moved');
  let moved: string | null = null;
  const called = gate();
  const importers = world.importers(async () => {
    moved = 'Kafka';
    called.open();
    throw new FencedError('the event log has moved to Kafka');
  });
  const left = Object.assign(Object.create(movable) as MovableLog, { movedTo: () => moved });
  const uploads = world.uploads({ ...importers, movable: left });
  await uploads.start();
  await called.opened;
  // Longer than it waits before it tries again.
  await sleep(200);
  await uploads.stop();
  expect(await world.stored()).toMatchObject({ finishedAt: null });
  expect(world.imports).toHaveLength(1);
  expect(world.hasFile()).toBe(true);
});

it('waits on through an outage of what it asks, and not through a fault', async () => {
  const { app } = world;
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
