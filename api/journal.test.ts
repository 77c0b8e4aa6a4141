import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { videos } from '../cli/run-cli.test-helper.ts';
import { ApiWorld, PROBLEM } from './api-world.test-helper.ts';

interface Line {
  readonly id: string;
  readonly at: string;
  readonly kind: string;
  readonly itemId: string;
  readonly title: string | null;
  readonly reason: string;
  readonly author: string;
}
interface Held {
  readonly held: readonly { readonly id: string; readonly items: readonly object[] }[];
}

describe('what was removed, over HTTP', () => {
  const world = new ApiWorld();
  const all = videos(60);
  /** The oldest stays, so that nothing can have been cut off. */
  const exportWithout = (from: number, to: number, newer: number): string => {
    const kept = [...videos(newer, -newer), ...all.slice(0, from), ...all.slice(to)];
    const rows = kept.map(({ id, date, caption }) => ({
      Date: date,
      Link: `https://www.tiktokv.com/share/video/${id}/`,
      Caption: caption,
    }));
    return JSON.stringify({ Activity: { 'Favorite Videos': { FavoriteVideoList: rows } } });
  };
  const journal = async (query = ''): Promise<{ entries: Line[]; next: string | null }> =>
    (await world.ask('GET', `/v1/journal?${query}`)).json();
  beforeAll(() => world.start());
  afterAll(async () => {
    await world.stop();
    world.cli.remove();
  });

  it('begins with nothing', async () => {
    expect(await journal()).toEqual({ entries: [], next: null });
  });

  it('tells what a newer export removed and why, and who restored it', async () => {
    await world.upload(exportWithout(0, 0, 0));
    expect(await world.upload(exportWithout(3, 4, 1))).toMatchObject({ removed: 1, held: 0 });
    const gone = all[3]?.id ?? '';
    const [removal] = (await journal()).entries;
    expect(removal).toMatchObject({
      kind: 'removed',
      provider: 'tiktok',
      user: 'me',
      collection: 'favorites',
      itemId: gone,
      title: all[3]?.caption,
      url: expect.stringContaining(gone),
      reason: expect.stringContaining('absent from a complete snapshot of 60 items'),
      snapshotId: expect.any(String),
      evidence: { coverage: 'complete', count: 60 },
      author: 'sink',
    });
    await world.ask('POST', `/v1/items/tiktok/favorites/${gone}/restore`);
    expect((await journal()).entries).toMatchObject([{ kind: 'restored', author: 'person:me' }, { kind: 'removed' }]);
    await world.ask('DELETE', `/v1/items/tiktok/favorites/${gone}`);
    const { entries } = await journal();
    expect(entries.map(({ kind }) => kind)).toEqual(['purged', 'restored', 'removed']);
    expect(entries[0]).toMatchObject({ title: null });
  });

  it('shows what is held with its evidence, and tells of it', async () => {
    expect(await world.upload(exportWithout(3, 29, 2))).toMatchObject({ removed: 0, held: 25 });
    const { held } = (await world.ask('GET', '/v1/held')).json<Held>();
    expect(held).toMatchObject([
      {
        provider: 'tiktok',
        user: 'me',
        collection: 'favorites',
        count: 25,
        evidence: { coverage: 'complete', count: 36 },
      },
    ]);
    expect(held[0]?.items[0]).toMatchObject({
      title: expect.any(String),
      author: null,
      savedAt: expect.stringMatching(/^2025-/),
      why: expect.stringMatching(/^The export .* lists 36 items, and this one is not among them\./),
    });
    expect((await journal('kind=held&limit=500')).entries.length).toBe(25);
    const approved = await world.ask('POST', `/v1/held/${held[0]?.id ?? ''}/approve`);
    expect(approved.json()).toMatchObject({ done: 25 });
    const removed: Line[] = [];
    for (let after = ''; ; ) {
      const page = await journal(`kind=removed&user=me&provider=tiktok&limit=7${after}`);
      removed.push(...page.entries);
      if (page.next === null) break;
      after = `&after=${page.next}`;
    }
    expect(removed.length).toBe(26);
    expect(new Set(removed.map(({ id }) => id)).size).toBe(26);
    expect(removed.filter(({ author }) => author === 'person:me').length).toBe(25);
    expect(removed.map(({ at }) => at)).toEqual(
      removed
        .map(({ at }) => at)
        .toSorted()
        .toReversed(),
    );
  });

  it.each([['kind=gone'], ['limit=0'], ['provider=myspace'], ['after=nowhere']])('refuses %s', async (query) => {
    const answer = await world.ask('GET', `/v1/journal?${query}`);
    expect(answer).toMatchObject({ status: 400 });
    expect(answer.json()).toMatchObject(PROBLEM);
  });
});
