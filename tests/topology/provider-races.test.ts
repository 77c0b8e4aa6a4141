import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { connect } from '../../app/use-cases/connect.ts';
import { previewAccount } from '../../app/use-cases/sync.ts';
import { FakeGitHub } from '../../testing/fake-github/fake-github.ts';
import type { FakeLogin } from '../../testing/fake-github/world.ts';
import { FakeReddit } from '../../testing/fake-reddit/fake-reddit.ts';
import type { FakeRedditor } from '../../testing/fake-reddit/world.ts';
import { seedFor } from '../../testing/seeds.ts';
import { connectAndSync, openSyncDriver, syncNow } from '../../testing/topology/sync-driver.ts';
import type { TopologyDriver } from '../../testing/topology/topology-driver.ts';

const signal = new AbortController().signal;
const waitsIn = ({ parts }: TopologyDriver): number =>
  parts.lines.filter((line) => line.includes('waiting for a rate limit')).length;

describe('GitHub, while other things happen', () => {
  const TOKEN = 'github_pat_invented';
  const seed = seedFor('TOPOLOGY_SEED');
  let github: FakeGitHub;
  let me: FakeLogin;
  let driver: TopologyDriver;
  beforeEach(async () => {
    github = new FakeGitHub(() => driver.app.clock.now());
    me = github.world.login(7, 'me-myself', TOKEN);
    driver = await openSyncDriver({ seed, service: github, env: { GITHUB_API_URL: github.origin } });
    for (let id = 1; id <= 250; id++) github.world.star(me, id);
    await connectAndSync(driver, 'github', { by: 'token', token: TOKEN });
  });
  afterEach(() => driver.close());

  const stars = (): readonly string[] => me.stars.map(({ repositoryId }) => String(repositoryId)).sort();
  /** Does something when so many more pages were asked for. */
  const atPage = (number: number, act: () => void): void => {
    let pages = 0;
    github.before = ({ url }) => {
      if (url.pathname.endsWith('/starred') && ++pages === number) act();
      return undefined;
    };
  };

  it('keeps what is starred while the list is walked, and walks it again', async () => {
    atPage(3, () => github.world.star(me, 900));
    expect(await syncNow(driver, 'github', true)).toMatchObject({ new: 1, removed: 0, error: null, converged: true });
    expect(await driver.ids()).toEqual(stars());
  });

  it('keeps what moved to a page that had gone by, and brings what is starred with the next delta', async () => {
    // Everything behind it moves up by one: the first of page 3 is on page 2 by now.
    atPage(3, () => github.world.unstar(me, Number(stars().at(-1))));
    await syncNow(driver, 'github', true);
    github.before = () => undefined;
    github.world.repository(901, { nameWithOwner: 'old/repository' });
    github.world.star(me, 901);
    expect(await syncNow(driver, 'github')).toMatchObject({ mode: 'delta', new: 1, requests: 1 });
    await syncNow(driver, 'github', true);
    expect(await driver.ids()).toEqual(stars());
  });

  it('brings with the next delta what was edited after page 1 had been taken in', async () => {
    const last = me.stars.at(-1)?.repositoryId ?? 0;
    atPage(4, () => github.world.repository(last, { description: 'edited while the list was walked' }));
    expect(await syncNow(driver, 'github', true)).toMatchObject({ updated: 0, error: null });
    github.before = () => undefined;
    expect(await syncNow(driver, 'github')).toMatchObject({ mode: 'delta', updated: 1 });
  });

  it('sees stars of the same second on both sides of the cursor', async () => {
    const second = me.stars.at(-1)?.starredAt ?? '';
    github.world.star(me, 2, second);
    for (let id = 1001; id <= 1120; id++) github.world.star(me, id, second);
    expect(await syncNow(driver, 'github')).toMatchObject({ mode: 'delta', new: 120, error: null });
    expect(await driver.ids()).toEqual(stars());
  });

  it('keeps what was unstarred and starred again between two syncs', async () => {
    github.world.unstar(me, 5);
    github.world.star(me, 5);
    expect(await syncNow(driver, 'github')).toMatchObject({ new: 0, removed: 0, error: null });
    github.world.unstar(me, 6);
    expect(await syncNow(driver, 'github', true)).toMatchObject({ removed: 1 });
    github.world.star(me, 6);
    expect(await syncNow(driver, 'github')).toMatchObject({ mode: 'delta', restored: 1 });
    expect(await driver.ids()).toEqual(stars());
  });

  it('takes nothing of somebody else’s list, though both starred what everybody stars', async () => {
    const other = github.world.login(8, 'somebody', 'github_pat_other');
    for (let id = 500; id < 560; id++) github.world.star(other, id);
    for (let id = 1; id <= 20; id++) github.world.star(other, id);
    github.world.tokens.set(TOKEN, other.id);
    for (const full of [true, false])
      expect(await syncNow(driver, 'github', full)).toMatchObject({
        new: 0,
        removed: 0,
        error: expect.stringContaining('another login'),
      });
    expect(await driver.ids()).toEqual(stars());
  });

  it('keeps private stars that a narrower token does not see, also where one became private meanwhile', async () => {
    for (const id of [11, 12]) github.world.repository(id, { isPrivate: true });
    await syncNow(driver, 'github', true);
    github.seesPrivate = false;
    github.world.tokens.set('github_pat_narrow', me.id);
    await driver.run(
      connect(driver.app, { provider: 'github', user: 'me', how: { by: 'token', token: 'github_pat_narrow' }, signal }),
    );
    for (const hasGraphql of [true, false]) {
      github.hasGraphql = hasGraphql;
      expect(await syncNow(driver, 'github', true)).toMatchObject({ removed: 0, error: null, converged: false });
      expect(await driver.ids()).toEqual(stars());
    }
    // What everybody may see is gone when it is gone.
    github.world.repository(13, { gone: 404 });
    expect(await syncNow(driver, 'github', true)).toMatchObject({ removed: 1 });
    github.seesPrivate = true;
    github.world.unstar(me, 12);
    expect(await syncNow(driver, 'github', true)).toMatchObject({ removed: 1, converged: true });
  });

  it('removes the others where GitHub will not say of one whether it is starred, or what it is', async () => {
    github.hasGraphql = false;
    github.world.unstar(me, 11, 12, 13);
    const named = github.world.repositories.get(12)?.nameWithOwner ?? '';
    github.before = ({ url }) => {
      if (url.pathname.endsWith(named)) return (reply) => ({ ...reply, status: 403, body: '{"message":"SSO"}' });
      if (url.pathname === '/repositories/13') return (reply) => ({ ...reply, body: '{"id":"?"}' });
      return undefined;
    };
    expect(await syncNow(driver, 'github', true)).toMatchObject({ removed: 1, error: null });
    expect(await driver.ids('trash')).toEqual(['11']);
    github.before = () => undefined;
    expect(await syncNow(driver, 'github', true)).toMatchObject({ removed: 2, error: null, converged: true });
  });

  it('waits once for a limit that GitHub names, says so once, and ends the sync', async () => {
    const WAIT_MS = 300_000;
    const from = github.requests.length;
    github.before = (_request, index) =>
      index === from + 1
        ? (reply) => ({
            ...reply,
            status: 403,
            headers: {
              'x-ratelimit-remaining': '0',
              'x-ratelimit-reset': String(Math.ceil((driver.app.clock.now() + WAIT_MS) / 1000)),
            },
            body: '{"message":"API rate limit exceeded"}',
          })
        : undefined;
    const before = waitsIn(driver);
    const report = await syncNow(driver, 'github', true);
    expect(report).toMatchObject({ error: null, converged: true, requests: 5 });
    expect(report.rateLimitWaitMs).toBeGreaterThanOrEqual(WAIT_MS);
    expect(report.rateLimitWaitMs).toBeLessThan(WAIT_MS + 10_000);
    expect(waitsIn(driver) - before).toBe(1);
  });

  it('is not in need of re-authorization when it was connected again while the old token was refused', async () => {
    const from = github.requests.length;
    github.before = (_request, index) => {
      if (index !== from) return undefined;
      github.world.tokens.clear();
      github.world.tokens.set('ghp_new', me.id);
      const how = { by: 'token', token: 'ghp_new' } as const;
      void connect(driver.app, { provider: 'github', user: 'me', how, signal });
      return undefined;
    };
    const report = await syncNow(driver, 'github', true);
    await driver.advance(60_000);
    await driver.settle();
    expect(report.removed).toBe(0);
    expect((await driver.status()).accounts[0]).toMatchObject({ needsReauth: false });
    expect(await syncNow(driver, 'github', true)).toMatchObject({ error: null, converged: true });
  });
});

describe('Reddit, while other things happen', () => {
  const REFRESH = 'invented-refresh-token';
  const seed = seedFor('TOPOLOGY_SEED');
  let reddit: FakeReddit;
  let me: FakeRedditor;
  let driver: TopologyDriver;
  beforeEach(async () => {
    reddit = new FakeReddit(() => driver.app.clock.now(), seed);
    me = reddit.world.redditor('2abc', 'me_myself', REFRESH);
    driver = await openSyncDriver({
      seed,
      service: reddit,
      env: {
        REDDIT_API_URL: reddit.origin,
        REDDIT_AUTH_URL: reddit.origin,
        REDDIT_CLIENT_ID: reddit.clientId,
        REDDIT_CLIENT_SECRET: reddit.clientSecret,
      },
    });
    for (let n = 0; n < 320; n++) reddit.world.save(me, reddit.world.thing(n).name);
    reddit.rotates = true;
    await connectAndSync(driver, 'reddit', { by: 'token', token: REFRESH });
  });
  afterEach(() => driver.close());

  it('loses no refresh token when syncs and looks at what a sync would do need new tokens at the same time', async () => {
    const request = { provider: 'reddit', user: 'me', full: true };
    for (let round = 0; round < 6; round++) {
      let pages = 0;
      const looks: Promise<unknown>[] = [];
      reddit.before = ({ url }) => {
        if (!url.pathname.endsWith('/saved')) return undefined;
        pages++;
        // All of them have a session by the time at which their token ends.
        if (pages === 1) for (let n = 0; n < 3; n++) looks.push(previewAccount(driver.app, request));
        if (pages === 5 || pages === 14) reddit.world.accessTokens.clear();
        return undefined;
      };
      const report = await syncNow(driver, 'reddit', true);
      const looked = await driver.run(Promise.all(looks));
      expect(looked).toHaveLength(3);
      expect(report).toMatchObject({ needsReauth: false, removed: 0, error: null });
      expect(reddit.world.refreshTokens.size).toBe(1);
      reddit.before = () => undefined;
      reddit.world.accessTokens.clear();
      expect(await syncNow(driver, 'reddit', true)).toMatchObject({ error: null, needsReauth: false, fetched: 320 });
    }
  });

  it('waits once for a limit that Reddit names, says so once, and ends the sync', async () => {
    const from = reddit.requests.length;
    reddit.before = (_request, index) =>
      index === from + 1
        ? (reply) => ({ ...reply, status: 429, headers: { 'x-ratelimit-reset': '300' }, body: '' })
        : undefined;
    const before = waitsIn(driver);
    const report = await syncNow(driver, 'reddit', true);
    expect(report).toMatchObject({ error: null, converged: true, fetched: 320 });
    expect(report.rateLimitWaitMs).toBeGreaterThanOrEqual(300_000);
    expect(report.rateLimitWaitMs).toBeLessThan(310_000);
    expect(waitsIn(driver) - before).toBe(1);
  });

  it('does not ask for a new token before every request where Reddit does not say how long one lasts', async () => {
    reddit.before = ({ url }) =>
      url.pathname.endsWith('/access_token')
        ? (reply) => ({ ...reply, body: reply.body.replace(/"expires_in":\d+,/, '') })
        : undefined;
    reddit.world.accessTokens.clear();
    expect(await syncNow(driver, 'reddit', true)).toMatchObject({ error: null, fetched: 320 });
    const from = reddit.requests.length;
    expect(await syncNow(driver, 'reddit', true)).toMatchObject({ error: null, fetched: 320, requests: 4 });
    expect(reddit.requests.slice(from).filter(({ path }) => path.endsWith('/access_token'))).toEqual([]);
  });

  it('goes on behind a page of rows that it cannot read', async () => {
    for (let n = 1000; n < 1150; n++) reddit.world.save(me, reddit.world.thing(n).name);
    let pages = 0;
    reddit.before = ({ url }) =>
      url.pathname.endsWith('/saved') && ++pages === 1
        ? (reply) => ({ ...reply, body: reply.body.replaceAll('"kind":"t', '"kind":"x') })
        : undefined;
    expect(await syncNow(driver, 'reddit')).toMatchObject({ mode: 'delta', error: null, new: 50 });
    reddit.before = () => undefined;
    expect(await syncNow(driver, 'reddit', true)).toMatchObject({ error: null, removed: 0 });
    expect(await driver.ids()).toEqual([...me.saved].sort());
  });
});
