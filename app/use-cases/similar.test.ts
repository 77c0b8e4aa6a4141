import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { InputError, NotFoundError } from '../../core/errors.ts';
import {
  commit,
  content,
  direction,
  item,
  OTHER_SCOPE,
  scopeRow,
  searchable,
} from '../../testing/contracts/item-store-samples.ts';
import { openMemoryApp } from '../../testing/topology/memory-app.ts';
import type { App } from '../app.ts';
import { type SimilarRequest, similarItems } from './similar.ts';

const OF_ANOTHER = 'tiktok/other/favorites';

describe.each(['memory', 'sqlite'] as const)('similar items of a %s store', (store) => {
  let app: App;
  beforeEach(async () => {
    ({ app } = await openMemoryApp({ seed: 1, store }));
    await commit(app.store, {
      scopes: [scopeRow(), { ...scopeRow(), scope: OTHER_SCOPE }, { ...scopeRow(), scope: OF_ANOTHER }],
      items: [
        searchable('1', 'sharpening a kitchen knife', direction(1)),
        searchable('2', 'whetstones', direction(1, 0.3)),
        searchable('3', 'sourdough', direction(7)),
        searchable('4', 'a knife in the trash', direction(1, 0.05), { state: 'trash' }),
        { ...searchable('t3_1', 'honing', direction(1, 0.2)), scope: OTHER_SCOPE },
        { ...searchable('5', 'a knife of somebody else', direction(1)), scope: OF_ANOTHER },
        item('6', {}, { content: content('How to sharpen a "kitchen knife"') }),
        item('7', { hidden: true }, { content: content('a kitchen knife that its author deleted') }),
      ],
    });
  });
  afterEach(() => app.close());

  const similar = (itemId: string, rest: Partial<SimilarRequest> = {}): ReturnType<typeof similarItems> =>
    similarItems(app, { provider: 'tiktok', user: 'me', collection: 'favorites', itemId, ...rest });

  it('are the nearest by the stored vector, of every collection of its user, without the item itself', async () => {
    const { by, results } = await similar('1', { limit: 2 });
    expect(by).toBe('meaning');
    expect(results.map(({ provider, itemId }) => `${provider} ${itemId}`)).toEqual(['reddit t3_1', 'tiktok 2']);
    expect(results[0]).toMatchObject({
      user: 'me',
      collection: 'saved',
      state: 'active',
      title: 'honing',
      snippet: 'honing',
      score: expect.closeTo(0.98, 1),
    });
  });

  it('are found for what is in the trash too', async () => {
    expect((await similar('4')).results[0]).toMatchObject({ itemId: '1' });
  });

  it('share words with an item that has no vector', async () => {
    const { by, results } = await similar('6');
    expect(by).toBe('words');
    expect(results[0]).toMatchObject({ itemId: '1' });
    expect(results.map(({ itemId }) => itemId)).not.toContain('6');
  });

  it('tell nothing of what the author of an item deleted', async () => {
    expect((await similar('7')).results).toEqual([]);
  });

  it('finds the user who has the item, where none is named', async () => {
    expect((await similar('5', { user: null })).results).toEqual([]);
    expect((await similarItems(app, { provider: 'reddit', collection: 'saved', itemId: 't3_1' })).by).toBe('meaning');
  });

  it('says what is wrong with the question', async () => {
    await expect(similar('8')).rejects.toThrow(NotFoundError);
    await expect(similar('1', { provider: 'myspace' })).rejects.toThrow(InputError);
    await expect(similar('1', { limit: 0 })).rejects.toThrow('from 1 to 100');
  });
});
