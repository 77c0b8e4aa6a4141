import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { FencedError, StoreUnavailableError } from '../../core/errors.ts';
import type { ItemStore } from '../../core/ports/item-store.ts';
import { changeOf, content, item, SCOPE } from '../../testing/contracts/item-store-samples.ts';
import { describeWithCouchbase } from '../../testing/couchbase/describe-with-couchbase.ts';
import { FaultyDocuments } from '../../testing/couchbase/faulty-documents.ts';
import { type OpenBucket, openBucket } from './bucket.ts';
import { openDocumentStore } from './couchbase-store.ts';
import type { DocumentSpaces } from './documents.ts';

const NEVER_MERGED = { pendingBytes: 1e12, pendingSegments: 1e9, shardBytes: 1_000 };
const MERGED = { pendingBytes: 0, pendingSegments: 0, shardBytes: 1_000 };
/** Longer than a sink trusts what it wrote itself. */
const FROZEN_MS = 60_000;
const OWED = {
  id: 'decision x',
  topic: 'ingest',
  account: 'tiktok/me',
  key: 'k',
  value: new Uint8Array([1]),
} as const;
const PURGED = item('1', { state: 'purged' }, { content: null, eraseHistory: true });
const SECRET = item('1', {}, { content: content('secret-1') });

describeWithCouchbase('A sink that stood still while another went on', (server) => {
  let bucket: OpenBucket;
  beforeAll(async () => {
    bucket = await openBucket({ ...server(), scope: '_default', collections: false, durability: 'none' });
  });
  afterAll(() => bucket.close());

  let worlds = 0;
  let spaces: DocumentSpaces;
  let faulty: FaultyDocuments;
  let now: number;
  let late: ItemStore;
  const openLate = (limits = NEVER_MERGED): ItemStore =>
    openDocumentStore(faulty.wrap(spaces), { limits, now: () => now });
  const another = (limits = NEVER_MERGED): ItemStore => openDocumentStore(spaces, { limits });
  beforeEach(() => {
    spaces = bucket.spaces(`overtaken-${process.pid}-${worlds++}:`);
    faulty = new FaultyDocuments();
    now = 0;
    late = openLate();
  });

  /** Once, before the `at`th write (0: the first) of such a document: then it stood still, and reads for somebody when it wakes. */
  const freezeBefore = (what: string, others: () => Promise<unknown>, at = 0): void => {
    let puts = 0;
    faulty.beforeEach = async (name, key) => {
      if (name !== 'put' || !key.startsWith(what) || puts++ !== at) return;
      now += FROZEN_MS;
      await others();
      await late.knownEvents(['any']);
    };
  };
  const commit = async (
    store: ItemStore,
    ...items: Parameters<typeof changeOf>[1]['items'] & object
  ): Promise<void> => {
    expect(await store.commit(await changeOf(store, { items }))).toEqual([]);
  };
  const kept = async (): Promise<unknown> => {
    const store = another();
    const rows = await store.rows(SCOPE, ['1', '2', '3']);
    const outbox = await store.outbox(10);
    return { rows: [...rows.keys()].sort(), outbox: outbox.map(({ id }) => id), progress: await store.progress(0) };
  };

  it('takes nothing back by the end of its merge', async () => {
    let tables = 0;
    faulty.beforeEach = async (name, key) => {
      if (name === 'put' && key.startsWith('table:0:')) tables++;
    };
    late = openLate(MERGED);
    await commit(late, item('1'));
    expect(tables).toBeGreaterThan(0);

    spaces = bucket.spaces(`overtaken-${process.pid}-${worlds++}:`);
    late = openLate(MERGED);
    const others = async (): Promise<void> => {
      const other = another();
      await other.commit({ ...(await changeOf(other, { items: [item('2')] })), outbox: [OWED] });
    };
    freezeBefore('table:0:', others, tables - 1);
    await commit(late, item('1'));
    expect(await kept()).toMatchObject({ rows: ['1', '2'], outbox: [OWED.id], progress: await another().progress(0) });
  });

  it('takes nothing back by what it publishes', async () => {
    await commit(late, item('1'));
    const change = await changeOf(late, { items: [item('2')] });
    let expected: unknown = null;
    freezeBefore('segment:0:', async () => {
      const other = another();
      await commit(other, item('2'));
      await commit(other, item('3'));
      expected = await kept();
    });
    await expect(late.commit(change)).rejects.toThrow(FencedError);
    expect(expected).toMatchObject({ rows: ['1', '2', '3'] });
    expect(await kept()).toEqual(expected);
  });

  it('takes nothing back by acknowledging', async () => {
    await late.commit({ ...(await changeOf(late, { items: [item('1')] })), outbox: [OWED] });
    let expected: unknown = null;
    freezeBefore('segment:0:', async () => {
      await commit(another(), item('2'));
      expected = await kept();
    });
    await late.acknowledge([OWED.id]);
    expect(expected).toMatchObject({ rows: ['1', '2'], outbox: [OWED.id] });
    expect(await kept()).toEqual({ ...(expected as object), outbox: [] });
  });

  it('brings nothing back that was purged meanwhile (law 7)', async () => {
    const change = await changeOf(late, { items: [SECRET] });
    // The document of the item is written, and does not count yet.
    faulty.faults = { fails: ({ name, key }) => (name === 'put' && key.startsWith('segment:') ? 'before' : null) };
    await expect(late.commit(change)).rejects.toThrow(StoreUnavailableError);
    faulty.faults = { fails: () => null };
    let reads = 0;
    faulty.beforeEach = async (name, key) => {
      if (name !== 'get' || key !== `${SCOPE}/1` || reads++ > 0) return;
      const other = another();
      await commit(other, SECRET);
      await commit(other, PURGED);
    };
    await expect(late.commit(change)).rejects.toThrow(FencedError);
    expect(reads).toBeGreaterThan(0);
    expect(JSON.stringify(await spaces.items('tiktok').get(`${SCOPE}/1`))).not.toContain('secret-1');
  });

  it('leaves no segment behind that nobody names', async () => {
    await late.commit({ ...(await changeOf(late, { items: [item('1')] })), outbox: [OWED] });
    const change = await changeOf(late, { items: [item('2')] });
    await another().acknowledge([OWED.id]);
    now += FROZEN_MS;
    let segment = '';
    faulty.faults = {
      fails: ({ name, key }) => {
        if (segment !== '') return 'before';
        if (name === 'put' && key.startsWith('segment:')) segment = key;
        return null;
      },
    };
    await expect(late.commit(change)).rejects.toThrow(StoreUnavailableError);
    expect(segment).not.toBe('');
    const next = another(MERGED);
    await commit(next, item('2'));
    await commit(next, item('3'));
    expect(await spaces.ledger.get(segment)).toBeNull();
  });

  it('leaves an erasure to whoever comes next, who need not write the partition (law 7)', async () => {
    const seen = { scope: SCOPE, itemId: '1', position: 0, at: 1, event: 'seen', author: 'source' } as const;
    const history = [{ ...seen, reason: 'secret-1', snapshotId: null, evidence: '{}', erasable: true }];
    await late.commit({ ...(await changeOf(late, { items: [SECRET] })), history });
    await commit(late, PURGED);
    await another().eraseFreed();
    const holding: string[] = [];
    for (const key of faulty.ledgerKeys)
      if (JSON.stringify(await spaces.ledger.get(key)).includes('secret-1')) holding.push(key);
    expect(holding).toEqual([]);
  });
});
