import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { videos } from '../cli/run-cli.test-helper.ts';
import { ApiWorld, exported, PROBLEM } from './api-world.test-helper.ts';

interface Page {
  readonly items: readonly { readonly itemId: string; readonly hasThumbnail: boolean }[];
  readonly next: string | null;
  readonly total: number;
}
interface Found {
  readonly mode: string;
  readonly results: readonly {
    readonly itemId: string;
    readonly matched: readonly string[];
    readonly collection: string;
    readonly hasThumbnail: boolean;
    readonly savedAt: string;
  }[];
}

describe('the collection over HTTP', () => {
  const world = new ApiWorld();
  const all = videos(20);
  const idsOf = (page: { readonly items: readonly { readonly itemId: string }[] }): string[] =>
    page.items.map(({ itemId }) => itemId);
  const list = async (query: string): Promise<Page> => (await world.ask('GET', `/v1/items?${query}`)).json<Page>();
  const find = async (query: string): Promise<Found> => (await world.ask('GET', `/v1/search?${query}`)).json<Found>();
  const dayOf = (video: { readonly date: string } | undefined): string => video?.date.slice(0, 10) ?? '';
  beforeAll(async () => {
    await world.start();
    await world.upload(exported(20));
  });
  afterAll(async () => {
    await world.stop();
    world.cli.remove();
  });

  it('is read at any place, and says how much of it there is', async () => {
    const page = await list('offset=5&limit=3');
    expect(page).toMatchObject({ total: 20, next: null });
    expect(idsOf(page)).toEqual(all.slice(5, 8).map(({ id }) => id));
    expect(page.items[0]).toMatchObject({ hasThumbnail: false });
    expect(idsOf(await list('offset=18&limit=50'))).toEqual(all.slice(18).map(({ id }) => id));
    expect(await list('offset=20&limit=50')).toEqual({ items: [], next: null, total: 20 });
    const first = await list('limit=12');
    expect(first).toMatchObject({ total: 20, next: expect.any(String) });
    expect(idsOf(await list(`limit=12&after=${first.next ?? ''}`))).toEqual(all.slice(12).map(({ id }) => id));
    expect(await list('state=trash&offset=0')).toEqual({ items: [], next: null, total: 0 });
    expect(await list('user=nobody&offset=0')).toEqual({ items: [], next: null, total: 0 });
  });

  it('is narrowed to a time, by days and by moments', async () => {
    const [newest, oldest] = [all[0], all.at(-1)];
    expect(dayOf(newest)).not.toBe(dayOf(oldest));
    const ofNewestDay = all.filter((video) => dayOf(video) === dayOf(newest)).map(({ id }) => id);
    const ofOldestDay = all.filter((video) => dayOf(video) === dayOf(oldest)).map(({ id }) => id);
    expect(idsOf(await list(`savedFrom=${dayOf(newest)}`))).toEqual(ofNewestDay);
    expect(await list(`savedTo=${dayOf(oldest)}&offset=1`)).toMatchObject({ total: ofOldestDay.length });
    const moment = `${(all[3]?.date ?? '').replace(' ', 'T')}Z`;
    expect(idsOf(await list(`savedFrom=${moment}&savedTo=${moment}`))).toEqual([all[3]?.id]);
    const found = await find(`q=part&limit=50&savedFrom=${dayOf(newest)}`);
    expect(found.results.map(({ itemId }) => itemId).sort()).toEqual(ofNewestDay.toSorted());
  });

  it('is searched, and says why each was found', async () => {
    const { mode, results } = await find('q=sourdough%20bread');
    expect(mode).toBe('hybrid');
    expect(results[0]).toMatchObject({
      matched: ['words', 'meaning'],
      collection: 'favorites',
      hasThumbnail: false,
      state: 'active',
    });
    for (const { matched } of results) expect(matched.length).toBeGreaterThan(0);
    expect((await find('q=sourdough&state=trash')).results).toEqual([]);
    expect((await find('q=sourdough&state=all')).results.length).toBeGreaterThan(0);
  });

  it('finds what means about the same as an item, and not the item itself', async () => {
    const id = all[1]?.id ?? '';
    const answer = await world.ask('GET', `/v1/items/tiktok/favorites/${id}/similar?limit=3`);
    const { results } = answer.json<{ results: { itemId: string; title: string; matched: string[] }[] }>();
    expect(results.length).toBe(3);
    for (const result of results) {
      expect(result).toMatchObject({ title: expect.stringContaining('sourdough'), matched: ['meaning'] });
      expect(result.itemId).not.toBe(id);
    }
  });

  it.each([
    ['/v1/items?offset=-1', 400],
    ['/v1/items?offset=1&after=x', 400],
    ['/v1/items?savedFrom=yesterday', 400],
    ['/v1/items?savedTo=2026-13-01', 400],
    ['/v1/search?q=x&savedFrom=1', 400],
    ['/v1/search?q=x&state=gone', 400],
    ['/v1/items/tiktok/favorites/123/similar', 404],
    ['/v1/items/tiktok/favorites/123/similar?limit=0', 400],
  ])('GET %s is refused with status %i', async (path, status) => {
    const answer = await world.ask('GET', path);
    expect(answer).toMatchObject({ status });
    expect(answer.json()).toMatchObject({ ...PROBLEM, status });
  });
});
