import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { explainItem } from '../../app/use-cases/explain.ts';
import { FakeReddit } from '../../testing/fake-reddit/fake-reddit.ts';
import type { FakeRedditor } from '../../testing/fake-reddit/world.ts';
import { seedFor } from '../../testing/seeds.ts';
import { connectAndSync, openSyncDriver, syncNow } from '../../testing/topology/sync-driver.ts';
import type { TopologyDriver } from '../../testing/topology/topology-driver.ts';

const REFRESH = 'invented-refresh-token';
const HOUR_MS = 3_600_000;
const ACCOUNT = { provider: 'reddit', user: 'me' } as const;

describe('what was saved at Reddit, on the whole pipeline', () => {
  const seed = seedFor('TOPOLOGY_SEED');
  let reddit: FakeReddit;
  let me: FakeRedditor;
  let driver: TopologyDriver;
  const open = (env: Record<string, string> = {}): Promise<TopologyDriver> =>
    openSyncDriver({
      seed,
      service: reddit,
      env: {
        REDDIT_API_URL: reddit.origin,
        REDDIT_AUTH_URL: reddit.origin,
        REDDIT_CLIENT_ID: reddit.clientId,
        REDDIT_CLIENT_SECRET: reddit.clientSecret,
        ...env,
      },
    });
  beforeEach(async () => {
    reddit = new FakeReddit(() => driver.app.clock.now(), seed);
    me = reddit.world.redditor('2abc', 'me_myself', REFRESH);
    driver = await open();
  });
  afterEach(() => driver.close());

  const saveAll = (count: number): void => {
    for (let n = 0; n < count; n++) reddit.world.save(me, reddit.world.thing(n).name);
  };
  const begin = (): Promise<void> => connectAndSync(driver, 'reddit', { by: 'token', token: REFRESH });
  const sorted = (names: readonly string[]): readonly string[] => [...names].sort();

  it('takes nine requests or fewer for 800, one where nothing is new, and sees an old post that is saved today', async () => {
    saveAll(800);
    await begin();
    expect(await driver.ids()).toEqual(sorted(me.saved));
    expect(await syncNow(driver, 'reddit')).toMatchObject({ mode: 'delta', requests: 1, new: 0 });
    const full = await syncNow(driver, 'reddit', true);
    expect(full).toMatchObject({ mode: 'full', fetched: 800, removed: 0 });
    expect(full.requests).toBeLessThanOrEqual(9);
    const old = reddit.world.thing(5000);
    reddit.world.save(me, old.name);
    expect(await syncNow(driver, 'reddit')).toMatchObject({ mode: 'delta', new: 1, requests: 2 });
    expect(await driver.ids()).toContain(old.name);
  });

  it('removes exactly what was unsaved, wherever it stood, and never what fell out of the window', async () => {
    reddit.world.cap = 900;
    saveAll(900);
    await begin();
    // Five hundred more: as many of the old ones fall out of the listing, and are saved all the same.
    for (let n = 900; n < 1400; n++) reddit.world.save(me, reddit.world.thing(n).name);
    expect(await syncNow(driver, 'reddit')).toMatchObject({ new: 500 });
    expect(await driver.ids()).toEqual(sorted(me.saved));
    const unsaved = [me.saved[3], me.saved[450], me.saved[880], me.saved[1100], me.saved[1390]].flatMap(
      (name) => name ?? [],
    );
    reddit.world.unsave(me, ...unsaved);
    expect(await syncNow(driver, 'reddit', true)).toMatchObject({ removed: 5, converged: null, error: null });
    expect(await driver.ids()).toEqual(sorted(me.saved));
    expect(await driver.ids('trash')).toEqual(sorted(unsaved));
    expect(await driver.rebuild()).toMatchObject({ match: true, embeddingCalls: 0 });
  });

  it('tells unsaved from deleted, removed and omitted, and erases what its author deleted when it is seen twice', async () => {
    saveAll(60);
    await begin();
    const [unsaved, deleted, removed, omitted] = [8, 12, 16, 20].map((n) => reddit.world.thing(n));
    if (unsaved === undefined || deleted === undefined || removed === undefined || omitted === undefined)
      throw new Error();
    reddit.world.unsave(me, unsaved.name);
    deleted.fate = 'deleted';
    removed.fate = 'removed';
    omitted.fate = 'omitted';
    expect(await syncNow(driver, 'reddit', true)).toMatchObject({ removed: 1 });
    expect(await driver.ids('trash')).toEqual([unsaved.name]);
    const states = new Map((await driver.items()).map((item) => [item.itemId, item]));
    expect(states.get(omitted.name)).toMatchObject({ state: 'active' });
    expect(states.get(removed.name)).toMatchObject({ state: 'active', hidden: false });
    const hidden = await driver.run(explainItem(driver.app, ACCOUNT, deleted.name));
    expect(hidden.history.map(({ event }) => event)).toContain('hidden');
    await driver.leap(2 * HOUR_MS);
    await syncNow(driver, 'reddit', true);
    await driver.settle();
    expect(await driver.ids('purged')).toEqual([deleted.name]);
  });

  it('removes nothing with a token that sees no saved flags', async () => {
    saveAll(60);
    await begin();
    reddit.seesSaved = false;
    reddit.world.accessTokens.clear();
    reddit.world.unsave(me, reddit.world.thing(5).name);
    expect(await syncNow(driver, 'reddit', true)).toMatchObject({ removed: 0, error: null });
    expect(await driver.ids()).toHaveLength(60);
  });

  it('goes on with a new token when the old one ends in the middle of a walk, and keeps the newest refresh token', async () => {
    saveAll(350);
    reddit.rotates = true;
    await begin();
    expect(await driver.ids()).toEqual(sorted(me.saved));
    let pages = 0;
    reddit.before = ({ url }) => {
      if (url.pathname.endsWith('/saved') && ++pages === 2) reddit.world.accessTokens.clear();
      return undefined;
    };
    expect(await syncNow(driver, 'reddit', true)).toMatchObject({ fetched: 350, error: null, converged: true });
    reddit.world.accessTokens.clear();
    expect(await syncNow(driver, 'reddit', true)).toMatchObject({ error: null });
    reddit.world.accessTokens.clear();
    reddit.world.refreshTokens.clear();
    expect(await syncNow(driver, 'reddit', true)).toMatchObject({ needsReauth: true, removed: 0 });
    expect(await driver.ids()).toEqual(sorted(me.saved));
  });

  it('refuses another login, and takes nothing from a list that is suddenly someone else’s', async () => {
    saveAll(40);
    await begin();
    const other = reddit.world.redditor('9xyz', 'somebody', 'their-refresh-token');
    for (let n = 900; n < 940; n++) reddit.world.save(other, reddit.world.thing(n).name);
    await expect(connectAndSync(driver, 'reddit', { by: 'token', token: 'their-refresh-token' })).rejects.toThrow(
      'is bound to',
    );
    const mine = me.listing;
    me.listing = other.listing;
    // The list lies, the token does not: what is missing is still saved.
    expect(await syncNow(driver, 'reddit', true)).toMatchObject({ removed: 0 });
    me.listing = mine;
    const kept = await driver.ids();
    expect(mine.filter((name) => !kept.includes(name))).toEqual([]);
  });

  it('keeps what is saved and loses nothing while the list is walked and changes', async () => {
    saveAll(350);
    await begin();
    let walked = 0;
    reddit.before = ({ url }) => {
      if (!url.pathname.endsWith('/saved')) return undefined;
      walked++;
      if (walked === 2) reddit.world.save(me, reddit.world.thing(2000).name);
      // The page after this one begins where nothing is any more.
      const anchor = url.searchParams.get('after');
      if (walked === 3 && anchor !== null) reddit.world.unsave(me, anchor);
      return undefined;
    };
    await syncNow(driver, 'reddit', true);
    reddit.before = () => undefined;
    await syncNow(driver, 'reddit');
    await driver.leap(11 * 60_000);
    await syncNow(driver, 'reddit', true);
    expect(await driver.ids()).toEqual(sorted(me.saved));
  });

  it('connects in the browser: with the state and the code that it left with', async () => {
    saveAll(3);
    await driver.close();
    driver = await open({ REDDIT_REDIRECT_URL: 'http://127.0.0.1:18765/reddit/callback' });
    const visited: number[] = [];
    const live = driver.app.live.get('reddit');
    await live?.connect(
      ACCOUNT,
      {
        by: 'prompt',
        prompt: ({ url }) => {
          const back = reddit.authorize(url, me);
          const forged = new URL(back);
          forged.searchParams.set('state', 'another');
          void fetch(forged).then(async ({ status }) => {
            visited.push(status);
            visited.push((await fetch(back)).status);
          });
        },
      },
      new AbortController().signal,
    );
    expect(visited[0]).toBe(404);
    expect(await syncNow(driver, 'reddit', true)).toMatchObject({ fetched: 3, error: null });
  });
});
