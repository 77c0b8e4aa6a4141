import { expect, it } from '@jest/globals';
import { applied, chunk, commit, item, OTHER_SCOPE, row, run, SCOPE, scopeRow } from './item-store-samples.ts';
import type { ItemStoreSuite } from './item-store-suite.ts';

/** What the fold reads before it changes something, and what maintenance looks for. */
export function testLedgerReads({ store }: ItemStoreSuite): void {
  it('knows nothing at first', async () => {
    expect(await store().progress(3)).toEqual({ position: -1, nextOffset: 0 });
    expect(await store().account('tiktok/me')).toBeNull();
    expect(await store().scope(SCOPE)).toBeNull();
    expect(await store().run('sync')).toBeNull();
    expect(await store().runBefore('tiktok/me', 10)).toBeNull();
    expect(await store().runsCausedBy('sync')).toEqual([]);
    expect(await store().rows(SCOPE, ['1'])).toEqual(new Map());
    expect(await store().rows(SCOPE, [])).toEqual(new Map());
    expect(await store().glance(SCOPE, null, 10)).toEqual([]);
    expect(await store().knownEvents([])).toEqual(new Set());
    expect(await store().chunk(SCOPE, 'snapshot', 0)).toBeNull();
    expect(await store().outbox(10)).toEqual([]);
    expect(await store().scopes()).toEqual([]);
    expect(await store().totals()).toEqual([]);
    expect(await store().countDifferences(SCOPE, 10, [''], null)).toBe(0);
    expect(await store().digest()).toBe('0'.repeat(32));
    expect(await store().digest(SCOPE)).toBe('0'.repeat(32));
  });

  it('keeps every field of a row', async () => {
    const full = row('t3_abc', {
      state: 'held',
      pinned: true,
      blocked: true,
      hidden: true,
      listed: true,
      seen: 4_294_967_296_001,
      firstSeenAt: 1,
      lastSeenAt: 2,
      decided: 3,
      basisSeen: 4,
      personAt: 5,
      holdId: 'hold',
      personOnly: true,
      judgedAt: 6,
      absentSince: 7,
      verdictAt: 8,
      verdictSeen: 9,
      contentAt: 10,
      content: 'stub',
      unavailable: true,
      stale: true,
      documentHash: 'd',
      contentHash: 'c',
      textHash: 't',
      vectorHash: 'v',
      savedAt: 0,
      purgedAt: 11,
      returnedBy: 'event',
      trashedAt: 12,
      deletedBy: 'moderator',
      hiddenAt: 13,
      attempts: 14,
      retryAt: 15,
      contentKeys: ['a|b', 'c"d'],
    });
    const bare = row('t1_def', { state: null, content: 'none', deletedBy: 'author' });
    await commit(store(), {
      items: [
        { scope: SCOPE, row: full },
        { scope: SCOPE, row: bare },
      ],
    });
    expect(await store().rows(SCOPE, ['t1_def', 't3_abc', 'none'])).toEqual(
      new Map([
        ['t3_abc', full],
        ['t1_def', bare],
      ]),
    );
    const changed = { ...full, state: 'active', pinned: false, holdId: null, contentKeys: [] } as const;
    await commit(store(), { items: [{ scope: SCOPE, row: { ...changed, contentKeys: [] } }] });
    expect((await store().rows(SCOPE, ['t3_abc'])).get('t3_abc')).toEqual(changed);
  });

  it('finds thousands of rows in one call', async () => {
    const ids = Array.from({ length: 5_000 }, (_, i) => `t3_${i.toString(36)}`);
    await commit(store(), { items: ids.map((id) => ({ scope: SCOPE, row: row(id) })) });
    expect((await store().rows(SCOPE, [...ids, 'none'])).size).toBe(5_000);
  });

  it('glances in ascending order of ids, page by page', async () => {
    const ids = ['10', '9', 't3_Z', 't3_a', 't3_-', '100', 'A', 'z', '7300000000000000001'];
    const items = ids.map((id) => ({
      scope: SCOPE,
      row: row(id, { listed: id === 'A', savedAt: 5, documentHash: `hash ${id}`, deletedBy: 'author' }),
    }));
    await commit(store(), { items: [...items, item('b', {}, { scope: OTHER_SCOPE })] });
    const pages: string[] = [];
    for (let after: string | null = null; ; ) {
      const page = await store().glance(SCOPE, after, 2);
      pages.push(...page.map(({ itemId }) => itemId));
      if (page.length < 2) break;
      after = page.at(-1)?.itemId ?? null;
    }
    expect(pages).toEqual([...ids].sort());
    expect((await store().glance(SCOPE, '9', 1))[0]).toMatchObject({
      itemId: 'A',
      state: 'active',
      pinned: false,
      blocked: false,
      hidden: false,
      listed: true,
      content: 'full',
      deletedBy: 'author',
      documentHash: 'hash A',
      savedAt: 5,
    });
  });

  it('finds the run before a position, and those that a run caused', async () => {
    const runs = [
      run('a', 2),
      run('b', 8, { causedBy: 'a' }),
      run('c', 12, { causedBy: 'a' }),
      run('d', 9, { account: 'reddit/me' }),
    ];
    await commit(store(), { runs });
    expect((await store().runBefore('tiktok/me', 8))?.syncId).toBe('a');
    expect((await store().runBefore('tiktok/me', 9))?.syncId).toBe('b');
    expect((await store().runBefore('tiktok/me', 1_000))?.syncId).toBe('c');
    expect(await store().runBefore('tiktok/me', 2)).toBeNull();
    expect((await store().runsCausedBy('a')).map(({ syncId }) => syncId).sort()).toEqual(['b', 'c']);
    await commit(store(), { runs: [run('b', 8, { causedBy: 'a', status: 'done' })] });
    expect((await store().run('b'))?.status).toBe('done');
  });

  it('gives copies: what a caller does to them changes nothing', async () => {
    const given = item('1', { contentKeys: ['a'] });
    await commit(store(), { items: [given], scopes: [scopeRow()], chunks: [chunk(0, ['a'])] });
    given.row.pinned = true;
    given.row.contentKeys.push('b');
    const read = (await store().rows(SCOPE, ['1'])).get('1');
    read?.contentKeys.push('c');
    const scope = await store().scope(SCOPE);
    if (scope !== null) scope.listedCount = 99;
    expect((await store().rows(SCOPE, ['1'])).get('1')).toMatchObject({ pinned: false, contentKeys: ['a'] });
    expect((await store().scope(SCOPE))?.listedCount).toBe(0);
  });

  it('knows whether an item of any scope uses a text', async () => {
    const items = [
      item('1', { textHash: 'ab'.repeat(32) }),
      item('2', { textHash: `${'ab'.repeat(31)}cd` }, { scope: OTHER_SCOPE }),
    ];
    await commit(store(), { items });
    expect(await store().usesText('ab'.repeat(32))).toBe(true);
    expect(await store().usesText(`${'ab'.repeat(31)}cd`)).toBe(true);
    expect(await store().usesText(`${'ab'.repeat(31)}ef`)).toBe(false);
    await commit(store(), { items: [item('1', { state: 'purged', textHash: '' }, { content: null })] });
    expect(await store().usesText('ab'.repeat(32))).toBe(false);
  });

  it('finds what has been in the trash for long enough, unless it is pinned', async () => {
    const items = [
      item('old', { state: 'trash', trashedAt: 100 }),
      item('older', { state: 'trash', trashedAt: 50 }),
      item('pinned', { state: 'trash', trashedAt: 50, pinned: true }),
      item('new', { state: 'trash', trashedAt: 200 }),
      item('restored', { state: 'active', trashedAt: 50 }),
      item('elsewhere', { state: 'trash', trashedAt: 60 }, { scope: OTHER_SCOPE }),
    ];
    await commit(store(), { items });
    const found = await store().expiredTrash(200, 10);
    expect(found.map(({ scope, row }) => `${scope} ${row.itemId}`).sort()).toEqual([
      `${OTHER_SCOPE} elsewhere`,
      `${SCOPE} old`,
      `${SCOPE} older`,
    ]);
    expect(found.find(({ row }) => row.itemId === 'old')?.row).toEqual(items[0]?.row);
    expect(await store().expiredTrash(200, 2)).toHaveLength(2);
    expect(await store().expiredTrash(50, 10)).toEqual([]);
  });

  it('finds the stubs of the collection whose retry is due', async () => {
    const items = [
      item('never asked', { content: 'none', retryAt: null }),
      item('due', { content: 'stub', retryAt: 100, attempts: 3, firstSeenAt: 7 }),
      item('held', { state: 'held', content: 'stub', retryAt: 90 }),
      item('later', { content: 'stub', retryAt: 101 }),
      item('blocked', { content: 'stub', retryAt: 1, blocked: true }),
      item('full', { retryAt: 1 }),
      item('trash', { state: 'trash', content: 'stub', retryAt: 1 }),
      item('hydrated', { state: null, content: 'stub', retryAt: 1 }),
    ];
    await commit(store(), { items });
    const due = await store().dueStubs(100, 10, 0);
    expect(due.map(({ itemId }) => itemId).sort()).toEqual(['due', 'held', 'never asked']);
    expect(due.find(({ itemId }) => itemId === 'due')).toEqual({
      scope: SCOPE,
      itemId: 'due',
      attempts: 3,
      firstSeenAt: 7,
    });
    const [first, second, third] = due;
    expect(await store().dueStubs(100, 2, 0)).toEqual([first, second]);
    expect(await store().dueStubs(100, 2, 2)).toEqual([third]);
  });

  it('counts the rows in which collection and snapshot differ', async () => {
    const items = [
      item('t3_same', { listed: true }),
      item('t3_held', { state: 'held', listed: true }),
      item('t3_missing', { seen: 4 }),
      item('t3_gone', { state: 'trash', listed: true }),
      item('t3_hydrated', { state: null, listed: true }),
      item('t3_newer', { seen: 11 }),
      item('t3_pinned', { pinned: true }),
      item('t3_blocked', { blocked: true }),
      item('t3_hidden', { hidden: true }),
      item('t1_other', { seen: 1 }),
      item('7300', { seen: 1 }),
    ];
    await commit(store(), { items, scopes: [scopeRow({ applied: applied(10) })] });
    expect(await store().countDifferences(SCOPE, 10, ['t3'], null)).toBe(3);
    expect(await store().countDifferences(SCOPE, 11, ['t3'], null)).toBe(4);
    // Listed rows were sighted by the snapshot itself.
    expect(await store().countDifferences(SCOPE, 9, ['t3'], null)).toBe(1);
    expect(await store().countDifferences(SCOPE, 10, ['t1', ''], null)).toBe(2);
    expect(await store().countDifferences(SCOPE, 10, [], null)).toBe(0);
    expect(await store().countDifferences(OTHER_SCOPE, 10, ['t3'], null)).toBe(0);
  });

  it('does not count what an export is too old for, unless it lists it', async () => {
    const items = [
      item('before', { savedAt: null, lastSeenAt: 50 }),
      item('saved-after', { savedAt: 51, lastSeenAt: null }),
      item('seen-after', { savedAt: null, lastSeenAt: 51 }),
      item('listed', { state: 'trash', listed: true, savedAt: 51, lastSeenAt: 51 }),
    ];
    await commit(store(), { items, scopes: [scopeRow({ applied: applied(10) })] });
    expect(await store().countDifferences(SCOPE, 10, [''], 50)).toBe(2);
    expect(await store().countDifferences(SCOPE, 10, [''], 51)).toBe(4);
  });
}
