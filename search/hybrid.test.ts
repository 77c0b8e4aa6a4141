import { describe, expect, it } from '@jest/globals';
import type { Embedder } from '../core/ports/embedder.ts';
import type { SearchHit } from '../core/ports/item-store.ts';
import { fuse } from './fuse.ts';
import { createSearch } from './hybrid.ts';

const content = {
  url: '',
  title: null,
  author: null,
  body: null,
  savedAt: null,
  createdAt: null,
  thumbnailUrl: null,
  extra: '{}',
  payload: null,
};
const hit = (itemId: string, score: number): SearchHit => ({
  scope: 'tiktok/me/favorites',
  itemId,
  state: 'active',
  pinned: false,
  blocked: false,
  hidden: false,
  stub: false,
  unavailable: false,
  hasVector: true,
  hasThumbnail: false,
  title: null,
  url: null,
  author: null,
  savedAt: null,
  content,
  score,
});
const ids = (hits: readonly SearchHit[]): string[] => hits.map(({ itemId }) => itemId);
const silent = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silent,
};

describe('fusing two rankings', () => {
  it('puts first what both found', () => {
    expect(ids(fuse([hit('word', 9), hit('both', 8)], [hit('near', 0.9), hit('both', 0.85)], ['q']))[0]).toBe('both');
  });

  it('says which of them found each', () => {
    const fused = fuse(
      [hit('word', 9), hit('both', 8)],
      [hit('near', 0.9), hit('both', 0.85), hit('word', 0.1)],
      ['q'],
    );
    expect(Object.fromEntries(fused.map(({ itemId, matched }) => [itemId, matched]))).toEqual({
      word: ['words'],
      both: ['words', 'meaning'],
      near: ['meaning'],
    });
  });

  it('never lets far vectors push out words', () => {
    const far = Array.from({ length: 30 }, (_, i) => hit(`far${i}`, 0.2));
    expect(
      ids(fuse([hit('word', 9)], [hit('near', 0.9), ...far], ['q']))
        .slice(0, 2)
        .toSorted(),
    ).toEqual(['near', 'word']);
  });

  it('leaves out what has none of the words and is far less similar than the best', () => {
    const vectors = [hit('near', 0.8), hit('nearly', 0.5), hit('word', 0.3), hit('far', 0.3), hit('against', -0.2)];
    expect(ids(fuse([hit('word', 9)], vectors, ['q'])).toSorted()).toEqual(['near', 'nearly', 'word']);
    expect(ids(fuse([], [hit('against', -0.2)], ['q']))).toEqual([]);
  });

  it('keeps every item once', () => {
    const all = ids(fuse([hit('a', 2), hit('b', 1)], [hit('b', 0.9), hit('c', 0.8)], ['q']));
    expect(all.toSorted()).toEqual(['a', 'b', 'c']);
  });
});

describe('search', () => {
  const store = { searchText: async () => [hit('word', 1)], searchVectors: async () => [hit('near', 0.9)] };
  const embedder = (embed: Embedder['embed']): Embedder => ({
    name: 'test',
    model: 'm',
    dimensions: 1,
    batchTexts: 1,
    concurrency: 1,
    embed,
    close: async () => undefined,
  });
  const question = { query: 'q', filter: {}, limit: 5 };

  it('asks the embedder once for the same query', async () => {
    let asked = 0;
    const search = createSearch({
      store,
      log: silent,
      embedder: async () =>
        embedder(async () => [{ vector: new Float32Array([asked++]), tokens: 1, truncated: false }]),
    });
    await search(question);
    expect(await search(question)).toMatchObject({ mode: 'hybrid' });
    expect(asked).toBe(1);
  });

  it('answers by words when the embedder is down, refuses, or no vector is of its model', async () => {
    const answers = [
      createSearch({ store, log: silent, embedder: () => Promise.reject(new Error('down')) }),
      createSearch({
        store,
        log: silent,
        embedder: async () => embedder(async () => [{ error: 'no', permanent: true }]),
      }),
      createSearch({
        store: { ...store, searchVectors: async () => [] },
        log: silent,
        embedder: async () => embedder(async () => [{ vector: new Float32Array(1), tokens: 1, truncated: false }]),
      }),
    ];
    for (const search of answers) {
      const answer = await search(question);
      expect([answer.mode, answer.hits.map(({ itemId }) => itemId)]).toEqual(['text', ['word']]);
    }
  });
});
