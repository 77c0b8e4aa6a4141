import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FencedError, StoreUnavailableError } from '../../core/errors.ts';
import { changeOf, content, item, SCOPE } from '../../testing/contracts/item-store-samples.ts';
import { couchbaseOf } from '../../testing/couchbase/couchbase-server.ts';
import { describeWithCouchbase } from '../../testing/couchbase/describe-with-couchbase.ts';
import { FaultyDocuments } from '../../testing/couchbase/faulty-documents.ts';
import { storyChanges, storyEnd, tellStory } from '../../testing/couchbase/store-story.ts';
import { endOwnParts, startOwnParts } from '../../testing/stack/real-parts.ts';
import { type OpenBucket, openBucket } from './bucket.ts';
import { openDocumentStore } from './couchbase-store.ts';
import { inParallel } from './documents.ts';
import type { Directory } from './sorted-table.ts';

const LIMIT_MS = 300_000;
/** Merged after each change, into shards of a few rows. */
const TINY = { pendingBytes: 0, pendingSegments: 0, shardBytes: 1_000 };
/** Each on its own documents: the tests wait for answers most of the time. */
const WORLDS_AT_ONCE = 6;

let bucket: OpenBucket;
let worlds = 0;

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

/** A fresh place, and a process that works on it. */
function newWorld(limits = TINY) {
  const prefix = `crash-${process.pid}-${worlds++}:`;
  const faulty = new FaultyDocuments();
  const open = (documents = faulty) => openDocumentStore(documents.wrap(bucket.spaces(prefix)), { limits });
  return { prefix, faulty, open };
}

async function undisturbed(limits = TINY) {
  const { faulty, open } = newWorld(limits);
  const store = open();
  await tellStory(store);
  const operations = [...faulty.operations];
  return { operations, end: await storyEnd(store) };
}

/** Documents of the ledger that are there, and that nothing names. */
async function unnamed(prefix: string, keys: Iterable<string>): Promise<readonly string[]> {
  const { ledger } = bucket.spaces(prefix);
  const lost: string[] = [];
  for (const key of keys) {
    const [kind = '', partition = '', ...rest] = key.split(':');
    if ((kind !== 'shard' && kind !== 'segment' && kind !== 'chunk') || (await ledger.get(key)) === null) continue;
    const stored = kind === 'shard' ? await ledger.get(`table:${partition}:${rest[0]}`) : null;
    const directory = stored?.value as Directory | undefined;
    if (directory?.shards.some(([, number]) => number === Number(rest[1])) !== true) lost.push(key);
  }
  return lost;
}

/** Keys of documents, of the ledger and of items, that hold what was erased. */
async function holding(prefix: string, keys: Iterable<string>, erased: RegExp): Promise<readonly string[]> {
  const { ledger, items } = bucket.spaces(prefix);
  const found: string[] = [];
  for (const key of keys) if (erased.test(JSON.stringify((await ledger.get(key)) ?? ''))) found.push(key);
  for (const id of ['1', '2', '3', '4']) {
    const key = `${SCOPE}/${id}`;
    if (erased.test(JSON.stringify((await items('tiktok').get(key)) ?? ''))) found.push(key);
  }
  return found;
}

type End = Awaited<ReturnType<typeof undisturbed>>['end'];

/** One process is cut off around an operation, the next tells the rest. */
async function cutOff(limits: typeof TINY, number: number, moment: 'before' | 'after', end: End): Promise<void> {
  const { prefix, faulty, open } = newWorld(limits);
  faulty.faults = {
    fails: (operation) => (operation.number < number ? null : operation.number === number ? moment : 'before'),
  };
  await tellStory(open()).catch((error: unknown) => expect(error).toBeInstanceOf(StoreUnavailableError));
  faulty.faults = { fails: () => null };
  const next = open();
  await tellStory(next);
  expect([number, moment, await storyEnd(next)]).toEqual([number, moment, end]);
  await next.commit(await changeOf(next, { items: [item('4', {}, { content: null, eraseHistory: true })] }));
  await next.eraseFreed();
  expect([number, moment, await unnamed(prefix, faulty.ledgerKeys)]).toEqual([number, moment, []]);
  expect([number, moment, await holding(prefix, faulty.ledgerKeys, /secret-[14]|title 1/)]).toEqual([
    number,
    moment,
    [],
  ]);
}

/** One process stands still before an operation, another tells the rest of the story, the first wakes and goes on. */
async function freeze(limits: typeof TINY, number: number, end: End): Promise<unknown> {
  const { faulty, open } = newWorld(limits);
  const asleep = deferred();
  const wake = deferred();
  faulty.beforeEach = async () => {
    if (faulty.operations.length - 1 < number) return;
    asleep.resolve();
    await wake.promise;
  };
  const late = tellStory(open()).then(
    () => null,
    (error: unknown) => error,
  );
  await asleep.promise;
  const other = open(new FaultyDocuments());
  await tellStory(other);
  wake.resolve();
  const error = await late;
  expect([number, await storyEnd(other)]).toEqual([number, end]);
  expect([number, await storyEnd(open(new FaultyDocuments()))]).toEqual([number, end]);
  return error;
}

describeWithCouchbase('Crashes around operations', (server) => {
  beforeAll(async () => {
    bucket = await openBucket({ ...server(), scope: '_default', collections: false, durability: 'none' });
  });
  afterAll(() => bucket.close());

  describe.each([
    ['merges after each change', TINY],
    ['never merges', { ...TINY, pendingBytes: 1e9, pendingSegments: 1e9 }],
  ])('A store that %s', (_, limits) => {
    it(
      'ends like an undisturbed one when it is cut off before or after any operation',
      async () => {
        const { operations, end } = await undisturbed(limits);
        // Around an operation that only reads, nothing is lost that was not lost before it.
        const cases = operations.flatMap((name, number) =>
          name === 'get' ? [] : (['before', 'after'] as const).map((moment) => ({ number, moment })),
        );
        expect(cases.length).toBeGreaterThan(20);
        await inParallel(cases, ({ number, moment }) => cutOff(limits, number, moment, end), WORLDS_AT_ONCE);
      },
      LIMIT_MS,
    );

    it(
      'changes nothing any more when it was frozen before any operation, and another went on',
      async () => {
        const { end } = await undisturbed(limits);
        const { faulty, open } = newWorld(limits);
        await tellStory(open());
        const numbers = faulty.operations.map((_operation, number) => number);
        const errors = await inParallel(numbers, (number) => freeze(limits, number, end), WORLDS_AT_ONCE);
        const fenced = errors.filter((error) => error instanceof FencedError);
        expect(fenced.length).toBeGreaterThan(5);
        // The others had told everything before they froze, or only tidied up.
        expect(errors.filter((error) => error !== null && !fenced.includes(error as FencedError))).toEqual([]);
      },
      LIMIT_MS,
    );
  });

  describe('A server that refuses or does not answer', () => {
    it('refuses one document that is too large, and writes the others of its batch when it is left out', async () => {
      const store = newWorld().open();
      const large = item('large', {}, { content: content('large', { body: 'x'.repeat(21_000_000) }) });
      const change = await changeOf(store, { items: [item('before'), large, item('after')] });
      const refused = await store.commit(change);
      expect(refused).toEqual([{ scope: SCOPE, itemId: 'large', error: expect.stringContaining('too large') }]);
      expect(await store.progress(0)).toEqual({ position: -1, nextOffset: 0 });
      expect(await store.rows(SCOPE, ['before', 'large', 'after'])).toEqual(new Map());
      expect(await store.commit({ ...change, items: change.items.filter((each) => each !== large) })).toEqual([]);
      expect([...(await store.rows(SCOPE, ['before', 'large', 'after'])).keys()].sort()).toEqual(['after', 'before']);
      expect((await store.item(SCOPE, 'after'))?.content?.title).toBe('title of after');
    });

    it('waits for a server that stands still, and goes on when it answers again', async () => {
      const stateDir = mkdtempSync(path.join(tmpdir(), 'couchbase-'));
      const own = couchbaseOf(await startOwnParts(['couchbase'], stateDir));
      const state = JSON.parse(readFileSync(path.join(stateDir, 'couchbase.json'), 'utf8')) as {
        readonly processes: readonly { readonly pid: number }[];
      };
      const signal = (name: 'SIGSTOP' | 'SIGCONT'): void => {
        for (const { pid } of state.processes) process.kill(pid, name);
      };
      const impatient = await openBucket({
        ...own,
        scope: '_default',
        collections: false,
        durability: 'none',
        operationTimeoutMs: 300,
      });
      try {
        const open = () => openDocumentStore(impatient.spaces(`frozen-${process.pid}:`), { limits: TINY });
        const { end } = await undisturbed();
        const store = open();
        const [first, second] = storyChanges();
        if (first === undefined || second === undefined) throw new Error('the story is too short');
        await store.commit(first);
        signal('SIGSTOP');
        // What is refused is known without asking the server.
        const taken = second.items.filter(({ row }) => row.itemId !== 'refused');
        await expect(store.commit({ ...second, items: taken })).rejects.toThrow(StoreUnavailableError);
        signal('SIGCONT');
        // What was on its way when nobody waited for it any more may still arrive.
        for (let told = false; !told; )
          told = await tellStory(store).then(
            () => true,
            (error: unknown) => {
              expect(error).toBeInstanceOf(StoreUnavailableError);
              return false;
            },
          );
        expect(await storyEnd(open())).toEqual(end);
      } finally {
        signal('SIGCONT');
        await impatient.close();
        await endOwnParts(stateDir);
      }
    });
  });
});
