import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { FencedError, StoreUnavailableError } from '../../core/errors.ts';
import { newAccountRow } from '../../core/ledger.ts';
import {
  applied,
  changeOf,
  chunk,
  commit,
  content,
  direction,
  historyEntry,
  item,
  OTHER_SCOPE,
  outboxEntry,
  run,
  SCOPE,
  scopeRow,
  searchable,
  vector,
} from './item-store-samples.ts';
import type { ItemStoreSuite } from './item-store-suite.ts';

/** What a change leaves behind, and what it leaves alone. */
export function testCommit(suite: ItemStoreSuite): void {
  const { store } = suite;

  it('keeps everything that a change holds, also for the next process', async () => {
    const given = item('7300000000000000001', {
      savedAt: 1_600_000_000_123,
      contentKeys: ['a', 'b'],
      returnedBy: 'event',
    });
    const full = {
      ...given,
      vector: vector(direction(3)),
      content: content('A title', { payload: '{"a":1}', body: 'Text' }),
    };
    await commit(store(), {
      items: [full],
      scopes: [scopeRow({ login: '42', applied: applied(3) })],
      accounts: [{ ...newAccountRow('tiktok/me'), fence: 7 }],
      runs: [run('sync', 2)],
      history: [historyEntry('7300000000000000001', 4)],
      events: ['decision-1'],
      outbox: [outboxEntry('one'), outboxEntry('two', { value: null })],
      chunks: [chunk(0, ['a', 'b'])],
    });
    const later = await suite.open();
    expect(await later.progress(0)).toEqual({ position: 0, nextOffset: 1 });
    const stored = await later.item(SCOPE, '7300000000000000001');
    expect(stored?.row).toEqual(full.row);
    expect(stored?.content).toEqual(full.content);
    expect([...(stored?.vector?.bytes ?? [])]).toEqual([...full.vector.bytes]);
    expect(stored?.vector).toMatchObject({ model: full.vector.model, dimensions: full.vector.dimensions });
    expect(await later.scope(SCOPE)).toEqual(scopeRow({ login: '42', applied: applied(3) }));
    expect(await later.account('tiktok/me')).toEqual({ ...newAccountRow('tiktok/me'), fence: 7 });
    expect(await later.run('sync')).toEqual(run('sync', 2));
    expect(await later.history(SCOPE, '7300000000000000001')).toEqual([historyEntry('7300000000000000001', 4)]);
    expect(await later.knownEvents(['decision-1', 'decision-2'])).toEqual(new Set(['decision-1']));
    const [first, second] = await later.outbox(10);
    expect({ ...first, value: [...(first?.value ?? [])] }).toEqual({ ...outboxEntry('one'), value: [1, 2, 3] });
    expect(second).toEqual(outboxEntry('two', { value: null }));
    expect(await later.chunk(SCOPE, 'snapshot', 0)).toEqual(chunk(0, ['a', 'b']));
  });

  it('leaves content and vector as they were, erases them, and takes them again', async () => {
    await commit(store(), { items: [searchable('1', 'kept', direction(1))] });
    await commit(store(), { items: [{ scope: SCOPE, row: item('1', { state: 'trash' }).row }] });
    expect(await store().item(SCOPE, '1')).toMatchObject({
      row: { state: 'trash' },
      content: { title: 'kept' },
      vector: { model: 'test-model' },
    });
    await commit(store(), { items: [item('1', { state: 'purged' }, { content: null, vector: null })] });
    expect(await store().item(SCOPE, '1')).toMatchObject({ row: { state: 'purged' }, content: null, vector: null });
    await commit(store(), { items: [searchable('1', 'again', direction(2))] });
    const again = await store().item(SCOPE, '1');
    expect(again?.content).toEqual(content('again'));
    expect([...(again?.vector?.bytes ?? [])]).toEqual([...vector(direction(2)).bytes]);
  });

  it('takes the last of two changes of one item', async () => {
    await commit(store(), {
      items: [
        item('1', {}, { content: content('first') }),
        item('1', { pinned: true }, { content: content('second') }),
      ],
    });
    expect(await store().item(SCOPE, '1')).toMatchObject({ row: { pinned: true }, content: { title: 'second' } });
  });

  it('keeps scopes apart', async () => {
    await commit(store(), {
      items: [item('1'), item('1', { pinned: true }, { scope: OTHER_SCOPE, content: content('other') })],
    });
    expect((await store().rows(SCOPE, ['1'])).get('1')?.pinned).toBe(false);
    expect((await store().rows(OTHER_SCOPE, ['1'])).get('1')?.pinned).toBe(true);
  });

  it('replaces an outbox entry of the same id in its place, and forgets what was acknowledged', async () => {
    await commit(store(), { outbox: [outboxEntry('a'), outboxEntry('b'), outboxEntry('c')] });
    await commit(store(), { outbox: [outboxEntry('a', { key: 'other' })] });
    expect((await store().outbox(2)).map(({ id, key }) => [id, key])).toEqual([
      ['a', 'other'],
      ['b', 'key of b'],
    ]);
    await store().acknowledge(['a', 'b', 'never stored']);
    expect((await store().outbox(10)).map(({ id }) => id)).toEqual(['c']);
  });

  it('gives what some accounts owe, however much others owed before', async () => {
    const theirs = ['a', 'b', 'c'].map((id) => outboxEntry(id, { account: 'reddit/other' }));
    await commit(store(), { partition: 1, outbox: theirs });
    await commit(store(), { outbox: [outboxEntry('d'), outboxEntry('e')] });
    const mine = outboxEntry('d').account;
    expect((await store().outbox(1, (account) => account === mine)).map(({ id }) => id)).toEqual(['d']);
    expect((await store().outbox(10, (account) => account === mine)).map(({ id }) => id)).toEqual(['d', 'e']);
    expect(await store().outbox(10, () => false)).toEqual([]);
    expect((await store().outbox(10)).map(({ id }) => id).toSorted()).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('throws the staged chunks of a scope away before it adds those of the same change', async () => {
    await commit(store(), { chunks: [chunk(0, ['a']), chunk(1, ['b'])] });
    await commit(store(), { discardChunks: [SCOPE, OTHER_SCOPE], chunks: [chunk(0, ['c'], { snapshotId: 'next' })] });
    expect(await store().chunk(SCOPE, 'snapshot', 0)).toBeNull();
    expect(await store().chunk(SCOPE, 'snapshot', 1)).toBeNull();
    expect((await store().chunk(SCOPE, 'next', 0))?.itemIds).toEqual(['c']);
    expect(await store().chunk(SCOPE, 'snapshot', 7)).toBeNull();
    expect(await store().chunk('tiktok/nobody/favorites', 'snapshot', 0)).toBeNull();
  });

  it('keeps a chunk as large as they come, without hashes and dates too', async () => {
    const ids = Array.from({ length: 12_000 }, (_, i) => `73${String(i).padStart(17, '0')}`);
    await commit(store(), { chunks: [chunk(0, ids), chunk(1, ids, { documentHashes: '', savedAt: [] })] });
    expect(await store().chunk(SCOPE, 'snapshot', 0)).toEqual(chunk(0, ids));
    expect(await store().chunk(SCOPE, 'snapshot', 1)).toEqual(chunk(1, ids, { documentHashes: '', savedAt: [] }));
  });

  it('removes the erasable entries of a history, and adds those of the same change', async () => {
    const erasable = historyEntry('1', 1, { erasable: true, evidence: '{"title":"gone"}' });
    const kept = historyEntry('1', 2, { event: 'decided' });
    const others = historyEntry('2', 2, { erasable: true });
    await commit(store(), { items: [item('1'), item('2')], history: [erasable, kept, others] });
    const added = historyEntry('1', 3, { event: 'purged', erasable: true });
    await commit(store(), {
      items: [item('1', { state: 'purged' }, { content: null, eraseHistory: true })],
      history: [added],
    });
    expect(await store().history(SCOPE, '1')).toEqual([kept, added]);
    expect(await store().history(SCOPE, '2')).toEqual([others]);
  });

  it('lists a history in the order of positions, and of entries where they share one', async () => {
    const entries = ['first', 'second', 'third'].map((event) => historyEntry('1', 5, { event }));
    await commit(store(), { items: [item('1')], history: [historyEntry('1', 2), ...entries] });
    expect((await store().history(SCOPE, '1')).map(({ event }) => event)).toEqual([
      'sighted',
      'first',
      'second',
      'third',
    ]);
    expect(await store().history(SCOPE, '2')).toEqual([]);
  });

  describe('that cannot be written', () => testRefusals(suite));
  describe('on disk', () => testDisk(suite));
}

function testRefusals(suite: ItemStoreSuite): void {
  const { store, harness } = suite;

  it('reports the one item that is refused, and goes on only when it is left out', async () => {
    await commit(store(), { items: [searchable('0', 'before', direction(0))] });
    const items = ['1', '2', '3'].map((id) => searchable(id, `word${id}`, direction(1)));
    const spoilt = items.map((change) => (change.row.itemId === '2' ? harness().spoil(change) : change));
    const change = await changeOf(store(), { items: spoilt, events: ['event'], outbox: [outboxEntry('one')] });
    const refused = await store().commit(change);
    expect(refused).toHaveLength(1);
    expect(refused[0]).toMatchObject({ scope: SCOPE, itemId: '2', error: expect.stringMatching(/./) });
    expect(await store().progress(0)).toEqual({ position: 0, nextOffset: 1 });
    expect(await store().knownEvents(['event'])).toEqual(new Set());
    expect(await store().outbox(1)).toEqual([]);
    expect(await store().commit({ ...change, items: spoilt.filter(({ row }) => row.itemId !== '2') })).toEqual([]);
    expect([...(await store().rows(SCOPE, ['0', '1', '2', '3'])).keys()].sort()).toEqual(['0', '1', '3']);
    expect(await store().item(SCOPE, '2')).toBeNull();
    expect(await store().progress(0)).toEqual({ position: 1, nextOffset: 2 });
    expect(await store().knownEvents(['event'])).toEqual(new Set(['event']));
    expect((await store().searchText('word3', {}, 10)).map(({ itemId }) => itemId)).toEqual(['3']);
  });

  it('leaves a refused item as it was', async () => {
    await commit(store(), { items: [searchable('1', 'as it was', direction(1))] });
    const refused = await store().commit(
      await changeOf(store(), { items: [harness().spoil(searchable('1', 'other', direction(2), { pinned: true }))] }),
    );
    expect(refused.map(({ itemId }) => itemId)).toEqual(['1']);
    expect(await store().item(SCOPE, '1')).toMatchObject({ row: { pinned: false }, content: { title: 'as it was' } });
  });

  it('writes nothing when another sink was faster, and nothing twice', async () => {
    const change = await changeOf(store(), {
      items: [searchable('1', 'once', direction(1))],
      history: [historyEntry('1', 0)],
      events: ['event'],
    });
    expect(await store().commit(change)).toEqual([]);
    const digest = await store().digest();
    await expect(store().commit(change)).rejects.toThrow(FencedError);
    await expect(store().commit({ ...change, items: [item('2')] })).rejects.toThrow(FencedError);
    expect(await store().digest()).toBe(digest);
    expect(await store().history(SCOPE, '1')).toHaveLength(1);
    expect(await store().progress(0)).toEqual({ position: 0, nextOffset: 1 });
    const other = await changeOf(store(), { partition: 1, items: [item('3')] });
    expect(await store().commit(other)).toEqual([]);
  });

  it('writes nothing of a change when the store is unavailable, and takes it when it is back', async () => {
    await commit(store(), { items: [item('0')] });
    const before = await store().digest();
    const change = await changeOf(store(), {
      items: [item('1')],
      events: ['event'],
      outbox: [outboxEntry('one')],
      chunks: [chunk(0, ['a'])],
    });
    await harness().whileUnavailable(async () => {
      await expect(store().commit(change)).rejects.toThrow(StoreUnavailableError);
    });
    expect(await store().digest()).toBe(before);
    expect(await store().outbox(10)).toEqual([]);
    expect(await store().knownEvents(['event'])).toEqual(new Set());
    expect(await store().commit(change)).toEqual([]);
    expect(await store().item(SCOPE, '1')).not.toBeNull();
  });
}

function testDisk(suite: ItemStoreSuite): void {
  const { store, harness, itWith } = suite;

  itWith('reopen', 'shows readers a change as a whole', async () => {
    const reader = await suite.open();
    const items = Array.from({ length: 50 }, (_, i) => item(`a${i}`));
    const change = await changeOf(store(), { items });
    const seen: number[] = [];
    const reading = (async () => {
      for (let i = 0; i < 20; i++) seen.push((await reader.glance(SCOPE, null, 100)).length);
    })();
    await store().commit(change);
    await reading;
    expect(seen.every((count) => count === 0 || count === 50)).toBe(true);
    expect(await reader.glance(SCOPE, null, 100)).toHaveLength(50);
  });

  itWith('erasure', 'holds nothing of what was purged, once it was asked to erase', async () => {
    const secret = (i: number): string => `zq${((i + 1) * 2_654_435_761).toString(36)}xw${i}`;
    const numbers = (i: number): Float32Array =>
      Float32Array.from(createHash('sha512').update(String(i)).digest(), (byte) => (byte - 127.5) / 128);
    const ids = Array.from({ length: 400 }, (_, i) => String(i));
    const make = (id: string, size: number) => {
      const i = Number(id);
      const text = content(secret(i), { body: `${'word '.repeat(size)} ${secret(i)}b`, payload: `${secret(i)}p` });
      return item(id, { textHash: `t${i}`, vectorHash: `v${i}` }, { content: text, vector: vector(numbers(i)) });
    };
    const history = ids.map((id) =>
      historyEntry(id, 1, { erasable: true, evidence: JSON.stringify({ shown: `${secret(Number(id))}h` }) }),
    );
    await commit(store(), { items: ids.map((id) => make(id, 5)), history });
    // Rows that grow move their neighbours to other pages.
    for (const id of ids.filter((_, i) => i % 5 === 1)) await commit(store(), { items: [make(id, 600)] });
    const gone = ids.filter((_, i) => i % 3 === 0);
    const purged = gone.map((id) =>
      item(id, { state: 'purged', content: 'none' }, { content: null, vector: null, eraseHistory: true }),
    );
    await commit(store(), { items: purged });
    await store().eraseFreed();
    const disk = harness().bytes();
    const remains = (bytes: Uint8Array): boolean =>
      disk.some((file) => Buffer.from(file.buffer, file.byteOffset, file.length).includes(Buffer.from(bytes)));
    for (const id of gone) {
      const i = Number(id);
      // The index of words leaves out what a word has in common with the one before it: so the ends of words, too.
      for (const text of [secret(i), secret(i).slice(6)])
        expect([i, text, remains(Buffer.from(text))]).toEqual([i, text, false]);
      expect([i, remains(vector(numbers(i)).bytes.subarray(0, 32)), remains(signBits(numbers(i)))]).toEqual([
        i,
        false,
        false,
      ]);
    }
    expect(remains(Buffer.from(secret(1)))).toBe(true);
    expect(remains(signBits(numbers(1)))).toBe(true);
    expect((await store().searchText(secret(1), {}, 5)).map(({ itemId }) => itemId)).toEqual(['1']);
    expect((await store().searchVectors(numbers(1), 'test-model', {}, 1)).map(({ itemId }) => itemId)).toEqual(['1']);
    await commit(store(), { items: [make('3', 5)] });
    expect((await store().searchText(secret(3), {}, 5)).map(({ itemId }) => itemId)).toEqual(['3']);
  });

  itWith('backup', 'copies everything to a file while it is being written', async () => {
    const items = Array.from({ length: 300 }, (_, i) => searchable(`a${i}`, `title ${i}`, direction(i)));
    await commit(store(), { items });
    const copying = store().backup(harness().backupFile);
    await commit(store(), { items: [item('later')] });
    await copying;
    const copy = await harness().openBackup();
    const ids = (await copy.glance(SCOPE, null, 1_000)).map(({ itemId }) => itemId);
    expect(ids.filter((id) => id !== 'later')).toHaveLength(300);
    expect((await copy.searchText('title 7', {}, 1)).map(({ itemId }) => itemId)).toEqual(['a7']);
    await copy.close();
  });
}

function signBits(numbers: Float32Array): Uint8Array {
  const bits = new Uint8Array(numbers.length / 8);
  numbers.forEach((number, i) => {
    if (number > 0) bits[i >> 3] = (bits[i >> 3] ?? 0) | (1 << (i & 7));
  });
  return bits;
}
