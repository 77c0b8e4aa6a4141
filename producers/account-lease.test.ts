import { expect, it } from '@jest/globals';
import { FencedError, InputError } from '../core/errors.ts';
import { ProducerWorld } from '../testing/producer-world.ts';
import { AccountBusyError } from './account-lease.ts';
import { type RunResult, withRun } from './run.ts';
import type { RunRecord } from './run-writer.ts';
import { readSyncMetadata, type SyncMetadata } from './sync-metadata.ts';

const account = { provider: 'tiktok', user: 'me' };
const nothing: RunResult<null> = { value: null, counts: {} };

const stored = async (world: ProducerWorld): Promise<SyncMetadata> =>
  readSyncMetadata(account, (await world.metadata.get('tiktok:me'))?.value);

function item(itemId: string, payload: string | null = null): RunRecord {
  const document = {
    url: 'https://example.org/',
    title: null,
    author: null,
    body: null,
    savedAt: null,
    createdAt: null,
    thumbnailUrl: null,
    extra: '{}',
  };
  const value = {
    collection: 'favorites',
    itemId,
    sighting: false,
    content: 'stub',
    document,
    text: null,
    documentHash: '',
    truncated: false,
    payload,
  } as const;
  return { type: 'RawItem', value };
}

/** A promise that a test settles. */
function gate(): { opened: Promise<void>; open: () => void } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

it('a second run waits for the first, and gets the next number', async () => {
  const world = new ProducerWorld();
  const { opened, open } = gate();
  const order: string[] = [];
  const run = (name: string, work: Promise<void>): Promise<null> =>
    withRun(world, { account, mode: 'import' }, async () => {
      order.push(`${name} in`);
      await work;
      order.push(`${name} out`);
      return nothing;
    });
  const first = run('first', opened);
  while (order.length === 0) await world.clock.sleep(1);
  const second = run('second', Promise.resolve());
  await world.clock.sleep(20);
  expect(order).toEqual(['first in']);
  open();
  await Promise.all([first, second]);
  expect(order).toEqual(['first in', 'first out', 'second in', 'second out']);
  expect((await world.ingest()).map(({ value }) => ('fence' in value ? value.fence : 0))).toEqual([1, 1, 2, 2]);
});

it('waiting has a limit, other accounts do not wait', async () => {
  const world = new ProducerWorld();
  const { opened, open } = gate();
  const first = withRun(world, { account, mode: 'import' }, async () => {
    await opened;
    return nothing;
  });
  while ((await world.ingest()).length === 0) await world.clock.sleep(1);
  const impatient = Object.assign(Object.create(world) as ProducerWorld, { limits: { ...world.limits, waitMs: 20 } });
  await expect(withRun(impatient, { account, mode: 'import' }, async () => nothing)).rejects.toThrow(AccountBusyError);
  const other = { provider: 'tiktok', user: 'you' };
  await withRun(world, { account: other, mode: 'import' }, async () => nothing);
  open();
  await first;
});

it('a frozen run is overtaken: it writes nothing more, and says nothing about its end', async () => {
  const world = new ProducerWorld();
  // A process that does not renew its lease, because it is frozen.
  const frozen = Object.assign(Object.create(world) as ProducerWorld, {
    limits: { ...world.limits, leaseMs: 1_000_000 },
  });
  const { opened, open } = gate();
  const first = withRun(frozen, { account, mode: 'import' }, async (run) => {
    await opened;
    await run.update((metadata) => metadata);
    await run.append([item('late')]);
    return nothing;
  });
  const outcome = first.catch((error: unknown) => error);
  while ((await world.ingest()).length === 0) await world.clock.sleep(1);
  world.clock.aheadMs += 2_000_000;
  await withRun(world, { account, mode: 'import' }, async (run) => {
    await run.append([item('new')]);
    return nothing;
  });
  open();
  expect(await outcome).toBeInstanceOf(FencedError);
  const records = await world.ingest();
  expect(records.map(({ type, value }) => `${type} ${'fence' in value ? value.fence : ''}`)).toEqual([
    'SyncStarted 1',
    'SyncStarted 2',
    'RawItem 2',
    'SyncFinished 2',
  ]);
  expect(await stored(world)).toMatchObject({ fence: 2, syncCount: 1, lease: null });
});

it('a run notices by itself that it was overtaken, while it does nothing', async () => {
  const world = new ProducerWorld();
  let seen: unknown;
  const first = withRun(world, { account, mode: 'import' }, async (run) => {
    const document = await world.metadata.get('tiktok:me');
    await world.metadata.compareAndSet('tiktok:me', document?.version ?? null, {
      ...(document?.value as object),
      fence: 9,
      lease: null,
    });
    await new Promise<void>((resolve) => run.signal.addEventListener('abort', () => resolve()));
    seen = run.signal.reason;
    return nothing;
  });
  await expect(first).rejects.toThrow(FencedError);
  expect(seen).toBeInstanceOf(FencedError);
  expect((await world.ingest()).map(({ type }) => type)).toEqual(['SyncStarted']);
});

it('the lease of a process that is gone needs not run out', async () => {
  const world = new ProducerWorld();
  await world.metadata.compareAndSet('tiktok:me', null, {
    ...account,
    fence: 3,
    lease: { holder: 'x', instance: 'dead', expiresAt: Date.now() + 1e9 },
  });
  const deps = Object.assign(Object.create(world) as ProducerWorld, {
    isGone: (instance: string) => instance === 'dead',
  });
  await withRun(deps, { account, mode: 'import' }, async (run) => {
    expect(run.fence).toBe(4);
    return nothing;
  });
});

it('two processes race for an account: numbers are unique and runs do not overlap', async () => {
  const world = new ProducerWorld();
  await Promise.all(
    Array.from({ length: 8 }, (_, index) =>
      withRun(world, { account, mode: 'import' }, async (run) => {
        await run.append([item(`a${index}`)]);
        await world.clock.sleep(1);
        await run.append([item(`b${index}`)]);
        return nothing;
      }),
    ),
  );
  const fences = (await world.ingest()).map(({ value }) => ('fence' in value ? value.fence : 0));
  expect(fences).toEqual(Array.from({ length: 8 }, (_, index) => Array.from({ length: 4 }, () => index + 1)).flat());
});

it('without metadata the number goes above the highest in the log', async () => {
  const world = new ProducerWorld();
  for (let time = 0; time < 3; time++) await withRun(world, { account, mode: 'import' }, async () => nothing);
  await withRun(world, { account: { provider: 'tiktok', user: 'other' }, mode: 'import' }, async () => nothing);
  await world.metadata.remove('tiktok:me');
  await withRun(world, { account, mode: 'import' }, async ({ fence }) => {
    expect(fence).toBe(4);
    return nothing;
  });
  // Restored from a backup that is older than the log.
  const document = await world.metadata.get('tiktok:me');
  await world.metadata.compareAndSet('tiktok:me', document?.version ?? null, {
    ...(document?.value as object),
    fence: 1,
    scannedTo: 2,
  });
  await withRun(world, { account, mode: 'import' }, async ({ fence }) => {
    expect(fence).toBe(5);
    return nothing;
  });
});

it('another login is refused before anything is written', async () => {
  const world = new ProducerWorld();
  await withRun(world, { account, mode: 'full', login: 'one' }, async () => nothing);
  await expect(withRun(world, { account, mode: 'full', login: 'two' }, async () => nothing)).rejects.toThrow(
    InputError,
  );
  expect(await world.ingest()).toHaveLength(2);
});

it('an import goes before backfills that queue up, however many', async () => {
  const world = new ProducerWorld();
  const order: string[] = [];
  const slow = Object.assign(Object.create(world) as ProducerWorld, { limits: { ...world.limits, pollMs: 100 } });
  const backfills = Array.from({ length: 6 }, async () => {
    await withRun(slow, { account, mode: 'backfill' }, async () => {
      // The import comes while the first of them runs.
      if (order.length === 0) while (!(await stored(world)).wantedUntil) await world.clock.sleep(1);
      order.push('backfill');
      return nothing;
    });
  });
  while ((await world.ingest()).length === 0) await world.clock.sleep(1);
  await withRun(slow, { account, mode: 'import' }, async () => {
    order.push('import');
    return nothing;
  });
  await Promise.all(backfills);
  expect(order.indexOf('import')).toBe(1);
  expect(order).toHaveLength(7);
});
