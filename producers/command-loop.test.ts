import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  FencedError,
  InputError,
  LogUnavailableError,
  SchemasUnavailableError,
  StoreUnavailableError,
} from '../core/errors.ts';
import { accountName, recordKey } from '../core/keys.ts';
import type { Subscription } from '../core/ports/event-log.ts';
import type { CommandHandler } from '../core/ports/provider.ts';
import type { BackfillCommand } from '../schemas/generated/records.ts';
import { ProducerWorld } from '../testing/producer-world.ts';
import { AccountBusyError } from './account-lease.ts';
import { startCommandLoop } from './command-loop.ts';
import { OffsetTracker } from './offset-tracker.ts';

let world: ProducerWorld;
let loop: Subscription | undefined;
beforeEach(() => {
  world = new ProducerWorld();
});
afterEach(() => loop?.close());

async function send(user: string, eventId: string, deadline = Date.now() + 1e9): Promise<number> {
  const account = { provider: 'tiktok', user };
  const command: BackfillCommand = {
    eventId,
    at: 0,
    ...account,
    deadline,
    causedBy: 'import',
    collection: 'favorites',
    reason: '',
    itemIds: [],
  };
  const partition = world.log.partitionOf(accountName(account));
  await world.log.append('commands', partition, [
    {
      key: recordKey(account, 'favorites', 'backfill', eventId),
      value: world.codec.encode('BackfillCommand', command),
    },
  ]);
  return partition;
}

async function start(backfill: CommandHandler['backfill']): Promise<void> {
  const handler: CommandHandler = { backfill, recheck: () => Promise.resolve(), sync: () => Promise.resolve() };
  loop = await startCommandLoop(
    Object.assign(Object.create(world) as ProducerWorld, { handlers: new Map([['tiktok', handler]]) }),
  );
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await world.clock.sleep(2);
}

const committed = (partition: number): number | undefined => world.log.committed('producer', 'commands', partition);

it('runs one command at a time for an account, and accounts side by side', async () => {
  const running = new Set<string>();
  const overlaps: string[] = [];
  const done: string[] = [];
  await start(async ({ user, eventId }) => {
    if (running.has(user)) overlaps.push(eventId);
    running.add(user);
    // The first of `a` waits for `b`, which would never come if accounts waited for each other.
    if (eventId === 'a1') await until(() => done.includes('b1'));
    running.delete(user);
    done.push(eventId);
  });
  const partition = await send('a', 'a1');
  await send('a', 'a2');
  await send('b', 'b1');
  await until(() => done.length === 3);
  expect(overlaps).toEqual([]);
  expect(done).toEqual(['b1', 'a1', 'a2']);
  await until(() => (committed(partition) ?? 0) >= 2);
});

it('counts a command as read when the log is back that was away when it had finished', async () => {
  const { log } = world;
  const commit = log.commit.bind(log);
  let refused = 0;
  log.commit = (group, topic, of, nextOffset) => {
    if (group === 'producer' && nextOffset > 0 && refused++ < 2) throw new LogUnavailableError('no broker');
    commit(group, topic, of, nextOffset);
  };
  await start(async () => undefined);
  const partition = await send('a', 'a1');
  await until(() => committed(partition) === 1);
  expect(refused).toBe(3);
});

it('counts a record that is no command as read at the next look, where the log failed to note it', async () => {
  const { log } = world;
  const commit = log.commit.bind(log);
  let failed = 0;
  log.commit = (group, topic, of, nextOffset) => {
    if (group === 'producer' && nextOffset > 0 && failed++ === 0) throw new Error('a bug, and no outage');
    commit(group, topic, of, nextOffset);
  };
  await start(async () => undefined);
  await log.append('commands', 0, [{ key: 'tombstone', value: null }]);
  await until(() => committed(0) === 1);
  expect(failed).toBeGreaterThan(1);
});

it('counts a command as read only when its run has finished', async () => {
  let finish = (): void => {};
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  let begun = 0;
  await start(() => {
    begun++;
    return finished;
  });
  const partition = await send('a', 'a1');
  await until(() => begun === 1);
  expect(committed(partition) ?? 0).toBe(0);
  finish();
  await until(() => committed(partition) === 1);
});

it('a command that was not finished is executed by the next', async () => {
  const seen: string[] = [];
  await start((_command, signal) => {
    seen.push('first');
    return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('stopped'))));
  });
  const partition = await send('a', 'a1');
  await until(() => seen.length === 1);
  await loop?.close();
  expect(committed(partition) ?? 0).toBe(0);
  await start(async () => void seen.push('second'));
  await until(() => committed(partition) === 1);
  expect(seen).toEqual(['first', 'second']);
});

it('tries a failing command three times, a wrong one once, a late one never, and goes on', async () => {
  const calls: string[] = [];
  world.random = () => 0;
  await start(async ({ eventId }) => {
    calls.push(eventId);
    if (eventId === 'failing') throw new Error('no');
    if (eventId === 'wrong') throw new InputError('no');
  });
  await send('a', 'failing');
  await send('a', 'wrong');
  await send('a', 'late', Date.now() - 1);
  const partition = await send('a', 'good');
  await until(() => committed(partition) === 4);
  expect(calls).toEqual(['failing', 'failing', 'failing', 'wrong', 'good']);
  expect(world.telemetry.lines.filter(({ level }) => level === 'error')).toHaveLength(2);
});

it('does not give a command up because the store, the log or the registry are away', async () => {
  world.random = () => 0;
  let tries = 0;
  const away = [
    new StoreUnavailableError('cut off'),
    new LogUnavailableError('no broker'),
    new SchemasUnavailableError('no registry'),
    new StoreUnavailableError('cut off'),
  ];
  await start(async () => {
    const error = away[tries++];
    if (error !== undefined) throw error;
  });
  const partition = await send('a', 'a1');
  await until(() => committed(partition) === 1);
  expect(tries).toBe(away.length + 1);
  expect(await world.ingestOf('SyncStarted')).toEqual([]);
});

it('says in the log what it gives up, for whoever waits', async () => {
  world.random = () => 0;
  await start(async ({ eventId }) => {
    if (eventId !== 'good') throw new Error(`no ${eventId}`);
  });
  await send('me', 'failing');
  // As often as a run tries: that it is given up has to be said by another run.
  world.log.failAppends('ingest', 'refuse', 'refuse', 'refuse', 'refuse');
  const partition = await send('me', 'late', Date.now() - 1);
  await until(() => committed(partition) === 2);
  expect(await world.ingestOf('SyncStarted')).toMatchObject([
    { mode: 'backfill', commandId: 'failing', causedBy: 'import' },
    { mode: 'backfill', commandId: 'late', causedBy: 'import' },
  ]);
  expect(await world.ingestOf('SyncFinished')).toMatchObject([
    { status: 'aborted', error: 'the command was given up: no failing' },
    { status: 'aborted', error: 'the command was given up: it came to its turn after its deadline' },
  ]);
});

it('waits for an account that is busy, or taken over, and gives nothing up for that', async () => {
  world.random = () => 0;
  const calls: string[] = [];
  await start(async ({ eventId }) => {
    calls.push(eventId);
    if (calls.length <= 5) throw calls.length % 2 === 0 ? new FencedError('taken over') : new AccountBusyError('busy');
  });
  const partition = await send('me', 'patient');
  await until(() => committed(partition) === 1);
  expect(calls).toHaveLength(6);
  expect(await world.ingest()).toEqual([]);
});

it('a record that is none goes to the dead letters, and the rest goes on', async () => {
  const calls: string[] = [];
  await start(async ({ eventId }) => void calls.push(eventId));
  const partition = await send('a', 'a1');
  await world.log.append('commands', partition, [
    { key: 'poison', value: Uint8Array.of(255, 255, 255, 255) },
    { key: 'tombstone', value: null },
  ]);
  await send('a', 'a2');
  await until(() => committed(partition) === 4);
  expect(calls).toEqual(['a1', 'a2']);
  const letters = await world.log.read('dead-letter', partition, 0);
  expect(letters.map(({ key }) => key)).toEqual(['poison']);
});

it('takes no more than it can hold, and is closed while it waits', async () => {
  let begun = 0;
  await start((_command, signal) => {
    begun++;
    return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('stopped'))));
  });
  for (let index = 0; index < 70; index++) await send('a', `a${index}`);
  await until(() => begun === 1);
  await loop?.close();
  expect(begun).toBe(1);
});

describe('the offset tracker', () => {
  it('commits up to the first that is not done', () => {
    const tracker = new OffsetTracker();
    expect([3, 5, 9].map((offset) => tracker.begin(offset))).toEqual([true, true, true]);
    expect(tracker.finish(5)).toBe(3);
    expect(tracker.finish(9)).toBeNull();
    expect(tracker.begin(5)).toBe(false);
    expect(tracker.finish(3)).toBe(10);
    tracker.begin(10);
    tracker.giveBack(10);
    expect(tracker.begin(10)).toBe(true);
    expect(tracker.finish(10)).toBe(11);
  });

  it('commits again what was given back after its commit had failed', () => {
    const tracker = new OffsetTracker();
    tracker.begin(0);
    expect(tracker.finish(0)).toBe(1);
    tracker.giveBack(0);
    expect(tracker.upTo).toBe(0);
    expect(tracker.begin(0)).toBe(true);
    expect(tracker.finish(0)).toBe(1);
  });
});
