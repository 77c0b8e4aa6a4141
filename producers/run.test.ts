import { expect, it } from '@jest/globals';
import { FencedError, LogUnavailableError, ReauthorizationError, RecordTooLargeError } from '../core/errors.ts';
import { recordKey } from '../core/keys.ts';
import { ProducerWorld } from '../testing/producer-world.ts';
import { type Run, type RunResult, UntoldRunError, withRun } from './run.ts';
import type { RunRecord } from './run-writer.ts';
import { changeSyncMetadata, readSyncMetadata, type SyncMetadata } from './sync-metadata.ts';

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

const begin: RunRecord = {
  type: 'SnapshotBegin',
  value: { collection: 'favorites', snapshotId: 's', login: null, asOf: null },
};

it('begins, numbers, ends, and only then advances the metadata', async () => {
  const world = new ProducerWorld();
  const value = await withRun(
    world,
    { account, mode: 'import', login: 'l', causedBy: 'c', commandId: 'd' },
    async (run) => {
      await Promise.all([run.append([item('1'), item('2')]), run.append([item('3')])]);
      expect((await stored(world)).syncCount).toBe(0);
      return { value: 7, counts: { listed: 3 }, advance: (metadata) => ({ ...metadata, cursor: { favorites: 'x' } }) };
    },
  );
  expect(value).toBe(7);
  const records = await world.ingest();
  expect(records.map(({ type }) => type)).toEqual(['SyncStarted', 'RawItem', 'RawItem', 'RawItem', 'SyncFinished']);
  expect(records.map(({ value: record }) => ('eventId' in record ? record.eventId : ''))).toEqual([
    'f1.0',
    'f1.1',
    'f1.2',
    'f1.3',
    'f1.4',
  ]);
  expect(records.map(({ value: record }) => ('seq' in record ? record.seq : -1))).toEqual([0, 1, 2, 3, 4]);
  expect(records[0]?.value).toMatchObject({ fence: 1, mode: 'import', login: 'l', causedBy: 'c', commandId: 'd' });
  expect(records[2]?.key).toBe(recordKey(account, 'favorites', '2', 'f1.2'));
  expect(records[4]?.value).toMatchObject({ status: 'done', error: null, counts: { listed: 3 } });
  expect(new Set(records.map(({ key }) => key)).size).toBe(5);
  expect(await stored(world)).toMatchObject({
    fence: 1,
    syncCount: 1,
    lease: null,
    login: 'l',
    cursor: { favorites: 'x' },
  });
});

it('work that fails ends its snapshot and its run as aborted, and advances nothing', async () => {
  const world = new ProducerWorld();
  const failing = withRun(world, { account, mode: 'full' }, async (run) => {
    await run.append([begin, item('1')]);
    throw new Error('page 7 failed');
  });
  await expect(failing).rejects.toThrow('page 7 failed');
  const records = await world.ingest();
  expect(records.map(({ type }) => type)).toEqual([
    'SyncStarted',
    'SnapshotBegin',
    'RawItem',
    'SnapshotEnd',
    'SyncFinished',
  ]);
  expect(records[3]?.value).toMatchObject({
    status: 'aborted',
    reason: 'page 7 failed',
    snapshotId: 's',
    coverage: 'unknown',
  });
  expect(records[4]?.value).toMatchObject({ status: 'aborted', error: 'page 7 failed' });
  expect(await stored(world)).toMatchObject({ syncCount: 0, lastSyncAt: null, lease: null, needsReauth: false });
});

it('a refused token marks the account', async () => {
  const world = new ProducerWorld();
  await expect(
    withRun(world, { account, mode: 'full' }, () => Promise.reject(new ReauthorizationError('401'))),
  ).rejects.toThrow('401');
  expect((await stored(world)).needsReauth).toBe(true);
});

it('an import does not show that refused credentials are taken again, a sync does', async () => {
  const world = new ProducerWorld();
  const refused = withRun(world, { account, mode: 'full' }, () => Promise.reject(new ReauthorizationError('401')));
  await expect(refused).rejects.toThrow('401');
  const nothing = async (): Promise<{ value: null; counts: Record<string, number> }> => ({ value: null, counts: {} });
  await withRun(world, { account, mode: 'import' }, nothing);
  expect(await stored(world)).toMatchObject({ needsReauth: true, lastError: { message: '401' }, syncCount: 1 });
  await withRun(world, { account, mode: 'delta' }, nothing);
  expect(await stored(world)).toMatchObject({ needsReauth: false, lastError: null, syncCount: 2 });
});

it('a refusal of former credentials says nothing of those that the account was connected with meanwhile', async () => {
  const world = new ProducerWorld();
  const failing = withRun(world, { account, mode: 'full' }, async () => {
    await changeSyncMetadata(world.metadata, account, (metadata) => ({ ...metadata, connectedAt: 5 }));
    throw new ReauthorizationError('401');
  });
  await expect(failing).rejects.toThrow('401');
  expect(await stored(world)).toMatchObject({ needsReauth: false, lastError: null, lease: null });
});

it('an append that is tried again takes new keys and keeps its event ids', async () => {
  const world = new ProducerWorld();
  await withRun(world, { account, mode: 'import' }, async (run) => {
    world.log.failAppends('ingest', 'lose-answer');
    world.log.failAppends('ingest', 'refuse');
    await run.append([item('1'), item('2')]);
    return nothing;
  });
  const items = (await world.ingest()).filter(({ type }) => type === 'RawItem');
  expect(items.map(({ value }) => ('eventId' in value ? value.eventId : ''))).toEqual(['f1.1', 'f1.2', 'f1.1', 'f1.2']);
  expect(new Set(items.map(({ key }) => key)).size).toBe(4);
});

it('a log that stays away ends the run; the lease is given back', async () => {
  const world = new ProducerWorld();
  const run = withRun(world, { account, mode: 'import' }, async (active) => {
    for (let time = 0; time < 4; time++) world.log.failAppends('ingest', 'refuse');
    await active.append([item('1')]);
    return nothing;
  });
  await expect(run).rejects.toThrow(LogUnavailableError);
  expect((await stored(world)).lease).toBeNull();
  expect((await world.ingest()).at(-1)?.value).toMatchObject({ status: 'aborted' });
});

it('says so where the log stayed away for longer than the run could wait to tell its end', async () => {
  const world = new ProducerWorld();
  const run = withRun(world, { account, mode: 'import' }, async () => {
    for (let time = 0; time < 4; time++) world.log.failAppends('ingest', 'refuse');
    throw new Error('page 7 failed');
  });
  await expect(run).rejects.toMatchObject({ message: 'page 7 failed', cause: { message: 'page 7 failed' } });
  await expect(run).rejects.toThrow(UntoldRunError);
  expect((await world.ingest()).map(({ type }) => type)).toEqual(['SyncStarted']);
});

it('a run that another one took over says so, whatever it failed of: what it says of its end counts for nobody', async () => {
  const world = new ProducerWorld();
  const takeOver = (metadata: SyncMetadata): SyncMetadata => ({ ...metadata, fence: metadata.fence + 1, lease: null });
  const run = withRun(world, { account, mode: 'recheck' }, async () => {
    await changeSyncMetadata(world.metadata, account, takeOver);
    throw new Error('page 7 failed');
  });
  await expect(run).rejects.toThrow(FencedError);
  await expect(run).rejects.toThrow('another run took over tiktok/me');
});

it('stopping a run ends it as aborted', async () => {
  const world = new ProducerWorld();
  const stop = new AbortController();
  const run = withRun(world, { account, mode: 'backfill', signal: stop.signal }, async (active: Run) => {
    stop.abort(new Error('shutting down'));
    await active.append([item('1')]);
    return nothing;
  });
  await expect(run).rejects.toThrow('shutting down');
  expect((await world.ingest()).map(({ type }) => type)).toEqual(['SyncStarted', 'SyncFinished']);
});

it('batches stay below the limit of the broker, and no record exceeds its own', async () => {
  const world = new ProducerWorld();
  const sizes: number[] = [];
  const codec = {
    encode: (_: string, value: { payload?: string | null }) => new Uint8Array(value.payload?.length ?? 10),
    decode: world.codec.decode,
  };
  const append: typeof world.log.append = (topic, partition, records) => {
    sizes.push(records.reduce((sum, { value }) => sum + (value?.length ?? 0), 0));
    return world.log.append(topic, partition, records);
  };
  const log = {
    append,
    partitionOf: (name: string) => world.log.partitionOf(name),
    read: world.log.read.bind(world.log),
  };
  const deps = Object.assign(Object.create(world) as ProducerWorld, { codec, log });
  await withRun(deps, { account, mode: 'import' }, async (run) => {
    await run.append(Array.from({ length: 12 }, (_, index) => item(String(index), 'x'.repeat(250_000))));
    await run.append(Array.from({ length: 1100 }, (_, index) => item(String(index), 'x')));
    await expect(run.append([item('9', 'x'.repeat(1_000_001))])).rejects.toThrow(RecordTooLargeError);
    return nothing;
  });
  expect(sizes).toEqual([10, 750_000, 750_000, 750_000, 750_000, 500, 500, 100, 10]);
});
