import { expect, it } from '@jest/globals';
import { JOURNAL_EVENTS } from '../../core/journal.ts';
import type { ItemFilter, ItemStore, JournalEntry, JournalFilter, JournalPage } from '../../core/ports/item-store.ts';
import { SetDigest } from '../../core/set-digest.ts';
import {
  commit,
  content,
  direction,
  historyEntry,
  item,
  OTHER_SCOPE,
  SCOPE,
  scopeRow,
  searchable,
} from './item-store-samples.ts';
import type { ItemStoreSuite } from './item-store-suite.ts';

/** Lists, totals, held removals, digests: what people ask of the collection. */
export function testPeopleReads({ store, itWith }: ItemStoreSuite): void {
  it('lists the newest first, page by page, every item once', async () => {
    const dates = [5, 3, null, 9, 3, 3, null, 7, 3, 1];
    const items = dates.map((savedAt, i) => item(`a${i}`, { savedAt }, i % 3 === 0 ? { scope: OTHER_SCOPE } : {}));
    await commit(store(), { items });
    const expected = ['a3', 'a7', 'a0', 'a1', 'a4', 'a5', 'a8', 'a9', 'a2', 'a6'];
    for (const limit of [1, 2, 3, 10, 100])
      expect([limit, await idsByPages(store(), {}, limit)]).toEqual([limit, expected]);
  });

  it('lists items of the same id and date in several scopes', async () => {
    const scopes = [SCOPE, OTHER_SCOPE, 'github/me/starred'];
    await commit(store(), {
      items: scopes.flatMap((scope) => [item('1', { savedAt: 4 }, { scope }), item('2', { savedAt: 4 }, { scope })]),
    });
    const pages = await idsByPages(store(), {}, 1);
    expect(pages.sort()).toEqual(['1', '1', '1', '2', '2', '2']);
  });

  it('gives the same items by their place as page by page, and counts them', async () => {
    const scopes = [SCOPE, OTHER_SCOPE, 'github/me/starred'];
    const items = Array.from({ length: 30 }, (_, i) =>
      item(
        `a${i % 10}`,
        { savedAt: i % 4 === 0 ? null : i % 5, state: i % 7 === 0 ? 'held' : 'active', hidden: i % 11 === 0 },
        { scope: scopes[i % 3] ?? '' },
      ),
    );
    await commit(store(), { items });
    const filters: readonly ItemFilter[] = [
      {},
      { includeHidden: true },
      { states: ['active'] },
      { scopes: [SCOPE] },
      { scopes: [SCOPE, OTHER_SCOPE], states: ['held', 'active', 'trash'], includeHidden: true },
      { savedFrom: 1 },
      { savedFrom: 1, savedBefore: 3, includeHidden: true },
      { states: ['trash'] },
      { states: [] },
      { scopes: [] },
    ];
    for (const filter of filters) {
      const all = await idsByPages(store(), filter, 4);
      for (const [offset, limit] of [
        [0, 5],
        [3, 4],
        [7, 100],
        [0, 100],
        [100, 5],
      ] as const) {
        const page = (await store().listAt(filter, limit, offset)).map(({ itemId }) => itemId);
        expect([filter, offset, page]).toEqual([filter, offset, all.slice(offset, offset + limit)]);
      }
      expect([filter, await store().count(filter)]).toEqual([filter, all.length]);
    }
  });

  it('filters by the time at which items were saved', async () => {
    const dates = [1_000, 2_000, 2_000, 3_000, null, 0];
    await commit(store(), { items: dates.map((savedAt, i) => item(`a${i}`, { savedAt })) });
    const cases: readonly [ItemFilter, string[]][] = [
      [{ savedFrom: 2_000 }, ['a3', 'a1', 'a2']],
      [{ savedFrom: 2_001 }, ['a3']],
      [{ savedBefore: 2_000 }, ['a0', 'a5']],
      [{ savedFrom: 1_000, savedBefore: 2_001 }, ['a1', 'a2', 'a0']],
      [{ savedFrom: 0 }, ['a3', 'a1', 'a2', 'a0', 'a5']],
      [{ savedFrom: 9_000 }, []],
      [{ savedFrom: 2_000, savedBefore: 2_000 }, []],
    ];
    for (const [filter, expected] of cases)
      for (const limit of [1, 2, 10])
        expect([filter, limit, await idsByPages(store(), filter, limit)]).toEqual([filter, limit, expected]);
  });

  it('shows of an item what a list needs', async () => {
    const shown = searchable('1', 'A title', direction(1), {
      savedAt: 5,
      pinned: true,
      unavailable: true,
      content: 'stub',
    });
    await commit(store(), {
      items: [
        { ...shown, content: content('A title', { author: 'someone', thumbnailUrl: 'https://example.org/1.jpg' }) },
        { scope: SCOPE, row: item('2').row },
      ],
    });
    const { items, next } = await store().list({}, 10, null);
    expect(next).toBeNull();
    expect(items).toEqual([
      {
        scope: SCOPE,
        itemId: '1',
        state: 'active',
        pinned: true,
        blocked: false,
        hidden: false,
        stub: true,
        unavailable: true,
        hasVector: true,
        hasThumbnail: true,
        title: 'A title',
        url: content('A title').url,
        author: 'someone',
        savedAt: 5,
      },
      {
        scope: SCOPE,
        itemId: '2',
        state: 'active',
        pinned: false,
        blocked: false,
        hidden: false,
        stub: false,
        unavailable: false,
        hasVector: false,
        hasThumbnail: false,
        title: null,
        url: null,
        author: null,
        savedAt: null,
      },
    ]);
  });

  it('filters by state, scope and hidden', async () => {
    const states = ['active', 'held', 'trash', 'purged'] as const;
    const items = [
      ...states.map((state) => item(state, { state })),
      item('hidden', { hidden: true }),
      item('hydrated', { state: null }),
      item('elsewhere', {}, { scope: OTHER_SCOPE }),
    ];
    await commit(store(), { items });
    const ids = async (filter: ItemFilter) => (await idsByPages(store(), filter, 10)).sort();
    expect(await ids({})).toEqual(['active', 'elsewhere', 'held']);
    expect(await ids({ includeHidden: true })).toEqual(['active', 'elsewhere', 'held', 'hidden']);
    expect(await ids({ scopes: [SCOPE] })).toEqual(['active', 'held']);
    expect(await ids({ scopes: [SCOPE, OTHER_SCOPE], states: ['trash', 'active', 'trash'] })).toEqual([
      'active',
      'elsewhere',
      'trash',
    ]);
    expect(await ids({ states: ['purged'] })).toEqual(['purged']);
    expect(await ids({ scopes: [] })).toEqual([]);
    expect(await ids({ states: [] })).toEqual([]);
    expect(await ids({ scopes: ['tiktok/m', 'nobody/me/saved'] })).toEqual([]);
  });

  itWith('scope prefixes', 'filters by the first parts of a scope', async () => {
    await commit(store(), {
      items: [item('1'), item('2', {}, { scope: OTHER_SCOPE }), item('3', {}, { scope: 'tiktok/you/favorites' })],
    });
    expect((await idsByPages(store(), { scopes: ['tiktok'] }, 10)).sort()).toEqual(['1', '3']);
    expect((await idsByPages(store(), { scopes: ['tiktok/me', 'reddit'] }, 10)).sort()).toEqual(['1', '2']);
  });

  it('follows changes of state', async () => {
    await commit(store(), { items: [item('1', { savedAt: 1 }), item('2', { savedAt: 2 })] });
    await commit(store(), { items: [{ scope: SCOPE, row: item('1', { state: 'trash', savedAt: 3 }).row }] });
    expect(await idsByPages(store(), {}, 10)).toEqual(['2']);
    expect(await idsByPages(store(), { states: ['trash'] }, 10)).toEqual(['1']);
    await commit(store(), { items: [{ scope: SCOPE, row: item('1', { savedAt: 3 }).row }] });
    expect(await idsByPages(store(), {}, 10)).toEqual(['1', '2']);
  });

  it('refuses a cursor that is none', async () => {
    await commit(store(), { items: [item('1')] });
    const page = store()
      .list({}, 10, 'bm9uZQ')
      .catch((error: Error) => error.name);
    expect(['InputError', { items: expect.anything(), next: null }]).toContainEqual(await page);
  });

  it('counts by scope', async () => {
    const items = [
      searchable('1', 'one', direction(1)),
      item('2', { textHash: 'text' }),
      item('3', { state: 'held', content: 'stub' }),
      item('4', { state: 'trash', textHash: 'text', vectorHash: 'vector', content: 'stub', pinned: true }),
      item('5', { state: 'purged', blocked: true, content: 'none' }),
      item('6', { pinned: true, hidden: true }),
      item('7', { state: null }),
      item('8', {}, { scope: OTHER_SCOPE }),
    ];
    await commit(store(), { items, scopes: [scopeRow()] });
    const totals = [...(await store().totals())].sort((a, b) => (a.scope < b.scope ? -1 : 1));
    expect(totals).toEqual([
      {
        scope: OTHER_SCOPE,
        active: 1,
        trash: 0,
        held: 0,
        purged: 0,
        pinned: 0,
        stub: 0,
        blocked: 0,
        withVector: 0,
        withText: 0,
      },
      {
        scope: SCOPE,
        active: 3,
        trash: 1,
        held: 1,
        purged: 1,
        pinned: 2,
        stub: 1,
        blocked: 1,
        withVector: 1,
        withText: 2,
      },
    ]);
    expect((await store().scopes()).map(({ scope }) => scope)).toEqual([SCOPE]);
  });

  it('tells what left and came back, of all items, the newest first', async () => {
    const events = Object.keys(JOURNAL_EVENTS);
    await commit(store(), {
      items: [item('1'), item('2'), item('3', {}, { scope: OTHER_SCOPE })],
      history: [
        historyEntry('1', 1, { event: 'saved', at: 500 }),
        historyEntry('1', 2, { event: 'held', at: 900, reason: 'many', snapshotId: 's', evidence: '{"count":3}' }),
        historyEntry('1', 5, { event: 'restored', at: 700, author: 'source', erasable: true }),
        historyEntry('2', 3, { event: 'removed', at: 800 }),
        historyEntry('2', 4, { event: 'updated', at: 850 }),
        historyEntry('3', 3, { event: 'purged', at: 800, scope: OTHER_SCOPE, author: 'person:me' }),
      ],
    });
    const all = await journalByPages(store(), { events }, 10);
    expect(all.map(({ at }) => at)).toEqual([900, 800, 800, 700]);
    expect(all[0]).toMatchObject(
      historyEntry('1', 2, { event: 'held', at: 900, reason: 'many', snapshotId: 's', evidence: '{"count":3}' }),
    );
    expect(new Set(all.map(({ id }) => id)).size).toBe(4);
    for (const limit of [1, 2, 3, 4])
      expect([limit, await journalByPages(store(), { events }, limit)]).toEqual([limit, all]);
    const names = async (filter: JournalFilter) => (await journalByPages(store(), filter, 2)).map(({ event }) => event);
    expect(await names({ events, scopes: [OTHER_SCOPE] })).toEqual(['purged']);
    expect(await names({ events: ['removed', 'restored'] })).toEqual(['removed', 'restored']);
    expect(await names({ events, scopes: [] })).toEqual([]);
    await commit(store(), { items: [{ ...item('1'), eraseHistory: true }] });
    expect(await names({ events, scopes: [SCOPE] })).toEqual(['held', 'removed']);
  });

  it('has a journal of every event that belongs there', async () => {
    const events = Object.keys(JOURNAL_EVENTS);
    const history = events.map((event, i) => historyEntry('1', i, { event, at: i }));
    await commit(store(), { items: [item('1')], history });
    const told = await journalByPages(store(), { events }, 3);
    expect(told.map(({ event }) => event)).toEqual(events.toReversed());
  });

  it('groups the removals that wait', async () => {
    const items = [
      item('1', { state: 'held', holdId: 'a', decided: 7 }),
      item('2', { state: 'held', holdId: 'a', decided: 8 }),
      item('3', { state: 'held', holdId: 'b' }, { scope: OTHER_SCOPE }),
      item('4', { state: 'active', holdId: 'a' }),
      item('5', { state: 'held', holdId: null }),
    ];
    await commit(store(), { items });
    const groups = [...(await store().held())].sort((a, b) => (a.id < b.id ? -1 : 1));
    expect(groups.map(({ id, scope, count }) => ({ id, scope, count }))).toEqual([
      { id: 'a', scope: SCOPE, count: 2 },
      { id: 'b', scope: OTHER_SCOPE, count: 1 },
    ]);
    expect([...(groups[0]?.itemIds ?? [])].sort()).toEqual(['1', '2']);
  });

  itWith('held since', 'says since when a removal waits', async () => {
    const held = item('1', { state: 'held', holdId: 'a', decided: 7 });
    await commit(store(), {
      items: [held],
      history: [historyEntry('1', 3), historyEntry('1', 7, { event: 'held', at: 1_234 })],
    });
    expect((await store().held())[0]?.createdAt).toBe(1_234);
  });

  it('gives the digest that every store gives', async () => {
    const items = [
      item('1', { contentHash: 'c"1', vectorHash: 'v1', pinned: true }),
      item('2', { state: null, blocked: true }),
      item('3', { state: 'purged', hidden: true }, { scope: OTHER_SCOPE }),
    ];
    await commit(store(), { items });
    const texts = [
      [SCOPE, '1', 'active', true, false, false, 'c"1', 'v1'],
      [SCOPE, '2', null, false, true, false, '', ''],
      [OTHER_SCOPE, '3', 'purged', false, false, true, '', ''],
    ].map((fields) => JSON.stringify(fields));
    const expected = (...chosen: string[]) =>
      chosen.reduce((digest, text) => digest.add(text), new SetDigest()).toString();
    expect(await store().digest()).toBe(expected(...texts));
    expect(await store().digest(SCOPE)).toBe(expected(...texts.slice(0, 2)));
    expect(await store().digest('nobody/me/saved')).toBe(expected());
    await commit(store(), { items: [item('2', { state: null, blocked: true, seen: 99, savedAt: 5 })] });
    expect(await store().digest()).toBe(expected(...texts));
  });
}

async function idsByPages(store: ItemStore, filter: ItemFilter, limit: number): Promise<string[]> {
  const ids: string[] = [];
  for (let after: string | null = null; ; ) {
    const { items, next }: Awaited<ReturnType<ItemStore['list']>> = await store.list(filter, limit, after);
    ids.push(...items.map(({ itemId }) => itemId));
    if (next === null) return ids;
    after = next;
  }
}

async function journalByPages(
  store: ItemStore,
  filter: JournalFilter,
  limit: number,
): Promise<readonly JournalEntry[]> {
  const all: JournalEntry[] = [];
  for (let after: string | null = null; ; ) {
    const { entries, next }: JournalPage = await store.journal(filter, limit, after);
    all.push(...entries);
    if (next === null) return all;
    after = next;
  }
}
