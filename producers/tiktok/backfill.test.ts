import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { BackfillCommand, RawItem } from '../../schemas/generated/records.ts';
import { inventVideo } from '../../testing/fake-oembed/captions.ts';
import { FakeOEmbed, type OEmbedFault } from '../../testing/fake-oembed/fake-oembed.ts';
import { ProducerWorld } from '../../testing/producer-world.ts';
import type { PoliteHttpOptions } from '../polite-http.ts';
import { withRun } from '../run.ts';
import { readSyncMetadata } from '../sync-metadata.ts';
import { type BackfillResult, backfillTikTok } from './backfill.ts';
import { createTikTokHttp } from './http.ts';

let world: ProducerWorld;
let tiktok: FakeOEmbed;
beforeEach(async () => {
  world = new ProducerWorld();
  tiktok = await FakeOEmbed.start();
});
afterEach(() => tiktok.close());

const idOf = (number: number): string => String(7_000_000_000_000_000_000n + BigInt(number));
const idsTo = (count: number): string[] => Array.from({ length: count }, (_, index) => idOf(index + 1));
const commandFor = (itemIds: readonly string[]): BackfillCommand => ({
  eventId: 'command',
  at: 0,
  provider: 'tiktok',
  user: 'me',
  deadline: Date.now() + 1e9,
  causedBy: 'cause',
  collection: 'favorites',
  reason: 'test',
  itemIds,
});

const never = new AbortController().signal;
const QUICK = { requestsPerSecond: 100_000, retryBaseMs: 1, timeoutMs: 5000 };

function backfill(
  itemIds: readonly string[],
  options: Partial<PoliteHttpOptions> = {},
  oembedUrl: string | null = tiktok.url,
): Promise<BackfillResult> {
  const http = createTikTokHttp({
    clock: world.clock,
    random: world.random,
    fetch: tiktok.fetch,
    ...QUICK,
    ...options,
  });
  return backfillTikTok(
    Object.assign(Object.create(world) as ProducerWorld, { http, oembedUrl }),
    commandFor(itemIds),
    never,
  );
}

const failureOf = (item: RawItem | undefined): unknown =>
  (JSON.parse(item?.document.extra ?? '{}') as { failure?: unknown }).failure;

it('fills items in, with the text that is embedded and a hash without what expires', async () => {
  world.ledger.rows.set(idOf(1), { state: 'active', blocked: false, content: 'stub', savedAt: 77, documentHash: '' });
  expect(await backfill([idOf(1), idOf(1)])).toEqual({ fetched: 1, failed: 0 });
  const [item] = await world.ingestOf('RawItem');
  const { title, author, handle } = inventVideo(idOf(1));
  expect(item).toMatchObject({ itemId: idOf(1), sighting: false, content: 'full', text: title, truncated: false });
  expect(item?.document).toMatchObject({
    title,
    author,
    url: `https://www.tiktok.com/@${handle}/video/${idOf(1)}`,
    savedAt: 77,
    body: null,
  });
  expect(item?.document.thumbnailUrl).toContain('x-signature=1');
  expect(JSON.parse(item?.payload ?? '')).toMatchObject({ title, embed_product_id: idOf(1) });
  expect((await world.ingestOf('SyncStarted'))[0]).toMatchObject({
    mode: 'backfill',
    causedBy: 'cause',
    commandId: 'command',
  });
  expect((await world.ingestOf('SyncFinished'))[0]).toMatchObject({
    status: 'done',
    counts: { fetched: 1, failed: 0 },
  });
  await backfill([idOf(1)]);
  const again = (await world.ingestOf('RawItem'))[1];
  expect(again?.document.thumbnailUrl).not.toBe(item?.document.thumbnailUrl);
  expect(again?.documentHash).toBe(item?.documentHash);
});

it('400 is a failure and never a deletion', async () => {
  tiktok.unavailable.add(idOf(2));
  expect(await backfill(idsTo(3))).toEqual({ fetched: 2, failed: 1 });
  const failed = (await world.ingestOf('RawItem')).find(({ itemId }) => itemId === idOf(2));
  expect(failed).toMatchObject({ content: 'failed', text: null, documentHash: '', payload: null });
  expect(failed?.document.title).toBeNull();
  expect(failureOf(failed)).toBe('not available (HTTP 400)');
  expect(tiktok.asked).toHaveLength(3);
});

it.each<[OEmbedFault, string]>([
  ['html', 'the answer is not what oEmbed gives'],
  ['not-json', 'the answer is not what oEmbed gives'],
  ['wrong-shape', 'the answer is not what oEmbed gives'],
  ['other-video', 'the answer is for another video'],
  ['redirect-elsewhere', 'redirected elsewhere'],
])('%s is a failure at once', async (fault, reason) => {
  tiktok.fail(fault);
  expect(await backfill([idOf(1)])).toEqual({ fetched: 0, failed: 1 });
  expect(failureOf((await world.ingestOf('RawItem'))[0])).toBe(reason);
  expect(tiktok.asked).toHaveLength(1);
});

it.each<[OEmbedFault, number]>([
  ['too-many', 1],
  ['server-error', 3],
  ['cut', 2],
  ['huge', 1],
  ['redirect-here', 1],
])('%s is asked again', async (fault, times) => {
  tiktok.fail(fault, times);
  expect(await backfill([idOf(1)])).toEqual({ fetched: 1, failed: 0 });
  expect(tiktok.asked).toHaveLength(times + 1);
});

it('a fault that lasts is given up after three retries', async () => {
  tiktok.fail('server-error', 4);
  expect(await backfill([idOf(1)])).toEqual({ fetched: 0, failed: 1 });
  expect(tiktok.asked).toHaveLength(4);
  expect(failureOf((await world.ingestOf('RawItem'))[0])).toBe('HTTP 503');
});

it('an answer that never comes is given up in time', async () => {
  tiktok.fail('hang', 4);
  expect(await backfill([idOf(1)], { timeoutMs: 30 })).toEqual({ fetched: 0, failed: 1 });
});

it('off: nobody is asked, nothing fails, and the command is done', async () => {
  expect(await backfill(idsTo(1500), {}, null)).toEqual({ fetched: 0, failed: 0 });
  expect(tiktok.asked).toEqual([]);
  expect(await world.ingestOf('RawItem')).toEqual([]);
  expect(await world.ingestOf('SyncStarted')).toHaveLength(1);
  expect(await world.ingestOf('SyncFinished')).toHaveLength(1);
});

it('offline: a few requests find out, and 5,000 items are answered', async () => {
  let requests = 0;
  const offline: typeof fetch = () => {
    requests++;
    return Promise.reject(
      new TypeError('fetch failed', { cause: Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }) }),
    );
  };
  expect(await backfill(idsTo(5000), { fetch: offline, requestsPerSecond: 4 })).toEqual({ fetched: 0, failed: 5000 });
  expect(requests).toBeLessThan(20);
  const items = await world.ingestOf('RawItem');
  expect(new Set(items.map(({ itemId }) => itemId)).size).toBe(5000);
  expect(failureOf(items.at(-1))).toContain('not asked');
});

it('keeps the pace and the concurrency', async () => {
  const startedAt = Date.now();
  await backfill(idsTo(20), { requestsPerSecond: 50, concurrency: 3 });
  // 20 slots of 20 ms: the last begins 380 ms after the first.
  expect(Date.now() - startedAt).toBeGreaterThanOrEqual(370);
  expect(tiktok.mostAtOnce).toBeLessThanOrEqual(3);
});

it('leaves out what is full or blocked by now, and still says that the command is done', async () => {
  world.ledger.rows.set(idOf(1), {
    state: 'active',
    blocked: false,
    content: 'full',
    savedAt: null,
    documentHash: 'h',
  });
  world.ledger.rows.set(idOf(2), { state: 'purged', blocked: true, content: 'none', savedAt: null, documentHash: '' });
  expect(await backfill(idsTo(2))).toEqual({ fetched: 0, failed: 0 });
  expect((await world.ingestOf('SyncStarted'))[0]?.commandId).toBe('command');
});

it('a long command runs in parts, so that others get their turn, and names itself in the last', async () => {
  const isWanted = async (): Promise<boolean> =>
    readSyncMetadata({ provider: 'tiktok', user: 'me' }, (await world.metadata.get('tiktok:me'))?.value).wantedUntil >
    0;
  const whenWanted: typeof fetch = async (...request) => {
    while (!(await isWanted())) await world.clock.sleep(1);
    return tiktok.fetch(...request);
  };
  const long = backfill(idsTo(130), { fetch: whenWanted });
  while ((await world.ingest()).length === 0) await world.clock.sleep(1);
  await withRun(world, { account: { provider: 'tiktok', user: 'me' }, mode: 'import' }, () =>
    Promise.resolve({ value: null, counts: {} }),
  );
  expect(await long).toEqual({ fetched: 130, failed: 0 });
  const runs = await world.ingestOf('SyncStarted');
  expect(runs.filter(({ mode }) => mode === 'backfill').map(({ commandId }) => commandId)).toEqual([
    null,
    null,
    'command',
  ]);
  expect(new Set((await world.ingestOf('RawItem')).map(({ itemId }) => itemId)).size).toBe(130);
  // The import had its turn before the last part.
  expect(runs.at(-1)?.mode).toBe('backfill');
});

it('stopping it ends the run, and nothing is appended after its end', async () => {
  const stop = new AbortController();
  const http = createTikTokHttp({ clock: world.clock, random: world.random, fetch: tiktok.fetch, ...QUICK });
  tiktok.fail('hang', 4);
  const running = backfillTikTok(
    Object.assign(Object.create(world) as ProducerWorld, { http, oembedUrl: tiktok.url }),
    commandFor(idsTo(50)),
    stop.signal,
  );
  const outcome = running.catch((error: unknown) => error);
  while (tiktok.asked.length < 4) await world.clock.sleep(1);
  stop.abort(new Error('shutting down'));
  expect(await outcome).toEqual(new Error('shutting down'));
  expect((await world.ingest()).at(-1)).toMatchObject({
    type: 'SyncFinished',
    value: { status: 'aborted', error: 'shutting down' },
  });
});
