import { expect, it } from '@jest/globals';
import type { ItemFilter } from '../../core/ports/item-store.ts';
import {
  commit,
  content,
  DIMENSIONS,
  direction,
  item,
  MODEL,
  OTHER_SCOPE,
  SCOPE,
  searchable,
  vector,
} from './item-store-samples.ts';
import type { ItemStoreSuite } from './item-store-suite.ts';

/** Search by words and by vectors, and what has to follow changes of state. */
export function testStoreSearch({ store, itWith }: ItemStoreSuite): void {
  const words = async (query: string, filter: ItemFilter = {}): Promise<string[]> =>
    (await store().searchText(query, filter, 10)).map(({ itemId }) => itemId);
  const near = async (axis: number, filter: ItemFilter = {}, limit = 10): Promise<string[]> =>
    (await store().searchVectors(direction(axis), MODEL, filter, limit)).map(({ itemId }) => itemId);

  it('finds a word in title, author and body', async () => {
    const fields = content('Sourdough at home', { author: 'bakerina', body: 'Flour, water, patience' });
    await commit(store(), { items: [item('1', {}, { content: fields }), item('2')] });
    for (const query of ['sourdough', 'BAKERINA', 'patience'])
      expect([query, await words(query)]).toEqual([query, ['1']]);
    expect(await words('nothing-of-the-kind')).toEqual([]);
    const [hit] = await store().searchText('sourdough', {}, 10);
    expect(hit).toMatchObject({
      scope: SCOPE,
      itemId: '1',
      state: 'active',
      title: 'Sourdough at home',
      content: fields,
    });
    expect(hit?.score).toBeGreaterThan(0);
  });

  it('finds the nearest vectors, nearest first, with the exact cosine', async () => {
    await commit(store(), {
      items: [0, 0.3, 0.6, 0.9].map((tilt, i) => searchable(`a${i}`, `title ${i}`, direction(4, tilt))),
    });
    const hits = await store().searchVectors(direction(4), MODEL, {}, 3);
    expect(hits.map(({ itemId }) => itemId)).toEqual(['a0', 'a1', 'a2']);
    expect(hits[0]?.score).toBeCloseTo(1, 5);
    expect(hits[1]?.score).toBeCloseTo(cosine(direction(4), direction(4, 0.3)), 5);
    expect(hits[0]?.content).toEqual(content('title 0'));
  });

  it('finds nothing by a vector of another model', async () => {
    await commit(store(), { items: [searchable('1', 'one', direction(1))] });
    expect(await store().searchVectors(direction(1), 'other-model', {}, 10)).toEqual([]);
  });

  it('finds what is in the collection, and follows it out and back', async () => {
    const fields = { textHash: 't', vectorHash: 'v' };
    await commit(store(), {
      items: [searchable('1', 'marmalade', direction(1)), searchable('2', 'marmalade', direction(1, 0.5))],
    });
    const states: readonly [string, Partial<Parameters<typeof item>[1]>, string[]][] = [
      ['trash', { state: 'trash' }, ['2']],
      ['held', { state: 'held' }, ['1', '2']],
      ['hidden', { hidden: true }, ['2']],
      ['hydrated', { state: null }, ['2']],
      ['active', {}, ['1', '2']],
    ];
    for (const [name, change, expected] of states) {
      await commit(store(), { items: [{ scope: SCOPE, row: item('1', { ...fields, ...change }).row }] });
      expect([name, (await words('marmalade')).sort(), (await near(1)).sort()]).toEqual([name, expected, expected]);
    }
    await commit(store(), { items: [item('1', { state: 'purged' }, { content: null, vector: null })] });
    expect([await words('marmalade'), await near(1)]).toEqual([['2'], ['2']]);
    expect(await words('marmalade', { states: ['purged'] })).toEqual([]);
  });

  it('filters by scope, state and hidden', async () => {
    await commit(store(), {
      items: [
        searchable('active', 'quince', direction(2)),
        searchable('trash', 'quince', direction(2), { state: 'trash' }),
        searchable('hidden', 'quince', direction(2), { hidden: true }),
        { ...searchable('elsewhere', 'quince', direction(2)), scope: OTHER_SCOPE },
      ],
    });
    const cases: readonly [ItemFilter, string[]][] = [
      [{}, ['active', 'elsewhere']],
      [{ scopes: [SCOPE] }, ['active']],
      [{ scopes: [OTHER_SCOPE], states: ['active'] }, ['elsewhere']],
      [{ states: ['trash'] }, ['trash']],
      [{ includeHidden: true, scopes: [SCOPE] }, ['active', 'hidden']],
      [{ scopes: [] }, []],
    ];
    for (const [filter, expected] of cases) {
      expect([filter, (await words('quince', filter)).sort(), (await near(2, filter)).sort()]).toEqual([
        filter,
        expected,
        expected,
      ]);
    }
  });

  it('filters by the time at which items were saved', async () => {
    await commit(store(), {
      items: [
        searchable('old', 'quince', direction(2), { savedAt: 1_000 }),
        searchable('new', 'quince', direction(2), { savedAt: 3_000 }),
        searchable('trash', 'quince', direction(2), { savedAt: 3_000, state: 'trash' }),
        searchable('undated', 'quince', direction(2)),
        { ...searchable('elsewhere', 'quince', direction(2), { savedAt: 3_000 }), scope: OTHER_SCOPE },
      ],
    });
    const cases: readonly [ItemFilter, string[]][] = [
      [{ savedFrom: 2_000 }, ['elsewhere', 'new']],
      [{ savedFrom: 2_000, scopes: [SCOPE] }, ['new']],
      [{ savedBefore: 3_000 }, ['old']],
      [{ savedFrom: 1_000, savedBefore: 3_001 }, ['elsewhere', 'new', 'old']],
      [{ savedFrom: 2_000, states: ['trash'] }, ['trash']],
      [{ savedFrom: 4_000 }, []],
      [{}, ['elsewhere', 'new', 'old', 'undated']],
    ];
    for (const [filter, expected] of cases)
      expect([filter, (await words('quince', filter)).sort(), (await near(2, filter)).sort()]).toEqual([
        filter,
        expected,
        expected,
      ]);
  });

  it('finds an item by its new words and vector only', async () => {
    await commit(store(), { items: [searchable('1', 'walnut', direction(1)), searchable('2', 'hazel', direction(5))] });
    await commit(store(), { items: [searchable('1', 'chestnut', direction(9))] });
    expect([await words('walnut'), await words('chestnut')]).toEqual([[], ['1']]);
    expect((await near(9, {}, 1))[0]).toBe('1');
    expect((await store().searchVectors(direction(1), MODEL, {}, 1))[0]?.score ?? 0).toBeLessThan(0.9);
  });

  it('takes any query', async () => {
    await commit(store(), { items: [searchable('1', 'plain title', direction(1))] });
    const nonsense = [
      '',
      ' ',
      '"',
      '*',
      '""',
      '( OR',
      '-',
      'AND',
      'title:',
      '🙂',
      'a"b',
      '^',
      'NEAR(',
      "'; DROP",
      '{}',
      '\0',
      '\ud800',
      'x'.repeat(5_000),
    ];
    for (const query of nonsense)
      expect([query, Array.isArray(await store().searchText(query, {}, 10))]).toEqual([query, true]);
    expect(await store().searchText('plain', {}, 0)).toEqual([]);
  });

  itWith('word search', 'needs no accents, finds the beginning of the last word, phrases and other forms', async () => {
    const titles = [
      'Crème brûlée',
      'Baking breads',
      'A bread that bakes itself',
      '日本語の本を読む',
      'Straße in Köln',
      'user_name-thing v2.0',
    ];
    await commit(store(), {
      items: titles.map((title, i) =>
        item(`a${i}`, {}, { content: content(title, { url: 'https://www.example.org/' }) }),
      ),
    });
    const cases: readonly [string, string[]][] = [
      ['creme brulee', ['a0']],
      ['brul', ['a0']],
      ['"bread that bakes"', ['a2']],
      ['"that bread"', []],
      ['breads', ['a1', 'a2']],
      ['日本', ['a3']],
      ['読む', ['a3']],
      ['本日', []],
      ['koln', ['a4']],
      ['user_name-thing', ['a5']],
      ['v2.0', ['a5']],
    ];
    for (const [query, expected] of cases) expect([query, (await words(query)).sort()]).toEqual([query, expected]);
  });

  itWith('word search', 'finds nothing where there is no word', async () => {
    await commit(store(), { items: [searchable('1', 'plain title', direction(1))] });
    for (const query of ['', ' ', '""', '!?', '🙂']) expect([query, await words(query)]).toEqual([query, []]);
  });

  itWith('word search', 'puts items with all the words first, then those with some', async () => {
    const titles = [
      'apple pie',
      'apple',
      'pie apple crumble with many further words in its title',
      'plum',
      'pie pie pie',
    ];
    await commit(store(), { items: titles.map((title, i) => item(`a${i}`, {}, { content: content(title) })) });
    const found = await words('apple pie');
    expect(found.slice(0, 2).sort()).toEqual(['a0', 'a2']);
    expect(found.slice(2).sort()).toEqual(['a1', 'a4']);
    const scores = (await store().searchText('apple pie', {}, 10)).map(({ score }) => score);
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
  });

  itWith('vector search', 'refuses vectors that cannot be compared with those it has', async () => {
    await commit(store(), { items: [searchable('1', 'one', direction(1))] });
    const wrong = [
      vector(direction(1), 'other-model'),
      vector(new Float32Array(DIMENSIONS * 2).fill(1)),
      { ...vector(direction(1)), bytes: new Uint8Array(3) },
    ];
    for (const [i, bad] of wrong.entries()) {
      const expected = await store().progress(0);
      const change = {
        partition: 0,
        expected,
        position: expected.position + 1,
        nextOffset: expected.nextOffset + 1,
        scopes: [],
        accounts: [],
        runs: [],
        history: [],
        events: [],
        outbox: [],
        chunks: [],
        discardChunks: [],
      };
      const refused = await store().commit({ ...change, items: [item(`bad${i}`, {}, { vector: bad })] });
      expect(refused.map(({ itemId }) => itemId)).toEqual([`bad${i}`]);
    }
  });

  itWith('vector search', 'takes vectors of any length, and such that point nowhere', async () => {
    const odd = (numbers: number[]) => vector(Float32Array.from(numbers));
    await commit(store(), {
      items: [
        item('1', {}, { vector: odd([1, 0, 0]) }),
        item('2', {}, { vector: odd([0, 1, 0.1]) }),
        item('0', {}, { vector: odd([0, 0, 0]) }),
      ],
    });
    const hits = await store().searchVectors(Float32Array.from([0, 1, 0]), MODEL, {}, 10);
    expect(hits.map(({ itemId }) => itemId)).toEqual(['2', '1']);
    expect(await store().searchVectors(Float32Array.from([1, 0]), MODEL, {}, 10)).toEqual([]);
  });
}

function cosine(a: Float32Array, b: Float32Array): number {
  const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, value, i) => sum + value * (y[i] ?? 0), 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}
