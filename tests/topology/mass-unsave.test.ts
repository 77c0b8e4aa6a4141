import { afterEach, describe, expect, it } from '@jest/globals';
import { FakeGitHub } from '../../testing/fake-github/fake-github.ts';
import { FakeReddit } from '../../testing/fake-reddit/fake-reddit.ts';
import { seedFor } from '../../testing/seeds.ts';
import { connectAndSync, openSyncDriver, syncNow } from '../../testing/topology/sync-driver.ts';
import type { TopologyDriver } from '../../testing/topology/topology-driver.ts';

const LIMIT_MS = 240_000;
const PAST_THE_GUARD_MS = 11 * 60_000;

/** Removals by the thousand, which have to happen in the end, and not at once. */
describe('very much that was unsaved at once', () => {
  const seed = seedFor('TOPOLOGY_SEED');
  let driver: TopologyDriver | undefined;
  afterEach(async () => {
    await driver?.close();
    driver = undefined;
  });

  it('at GitHub, waits for a second answer ten minutes after the first, and goes then', async () => {
    const github: FakeGitHub = new FakeGitHub(() => on.app.clock.now());
    const me = github.world.login(7, 'me-myself', 'github_pat_invented');
    for (let id = 1; id <= 200; id++) github.world.star(me, id);
    const on = await openSyncDriver({ seed, service: github, env: { GITHUB_API_URL: github.origin } });
    driver = on;
    await connectAndSync(on, 'github', { by: 'token', token: 'github_pat_invented' });
    const gone = Array.from({ length: 120 }, (_, n) => n + 1);
    github.world.unstar(me, ...gone);
    const first = await syncNow(on, 'github', true);
    expect(first.removed + first.suspect).toBe(120);
    expect(first.removed).toBeLessThanOrEqual(50);
    expect(first.suspect).toBeGreaterThanOrEqual(70);
    // Another answer at once is no second opinion.
    expect(await syncNow(on, 'github', true)).toMatchObject({ removed: 0, suspect: first.suspect });
    await on.leap(PAST_THE_GUARD_MS);
    expect(await syncNow(on, 'github', true)).toMatchObject({ removed: first.suspect, suspect: 0, converged: true });
    expect(await on.ids()).toEqual(me.stars.map(({ repositoryId }) => String(repositoryId)).sort());
    expect(await on.rebuild()).toMatchObject({ match: true, embeddingCalls: 0 });
  });

  it('at GitHub, stays where it is starred again before the second answer', async () => {
    const github: FakeGitHub = new FakeGitHub(() => on.app.clock.now());
    const me = github.world.login(7, 'me-myself', 'github_pat_invented');
    for (let id = 1; id <= 100; id++) github.world.star(me, id);
    const on = await openSyncDriver({ seed, service: github, env: { GITHUB_API_URL: github.origin } });
    driver = on;
    await connectAndSync(on, 'github', { by: 'token', token: 'github_pat_invented' });
    for (let id = 1; id <= 60; id++) github.world.unstar(me, id);
    const first = await syncNow(on, 'github', true);
    expect(first.suspect).toBeGreaterThan(0);
    for (let id = 1; id <= 60; id++) github.world.star(me, id);
    await syncNow(on, 'github');
    await on.leap(PAST_THE_GUARD_MS);
    expect(await syncNow(on, 'github', true)).toMatchObject({ removed: 0, suspect: 0, converged: true });
    expect(await on.ids()).toHaveLength(100);
  });

  it(
    'at Reddit, 2,000 behind a window of 1,000, is removed within a few full syncs, and nothing else is',
    async () => {
      const reddit: FakeReddit = new FakeReddit(() => on.app.clock.now(), seed);
      const me = reddit.world.redditor('2abc', 'me_myself', 'invented-refresh-token');
      const on = await openSyncDriver({
        seed,
        service: reddit,
        env: {
          REDDIT_API_URL: reddit.origin,
          REDDIT_AUTH_URL: reddit.origin,
          REDDIT_CLIENT_ID: reddit.clientId,
          REDDIT_CLIENT_SECRET: reddit.clientSecret,
          // Of some 3,000 candidates not all can be asked about at once.
          HOARDARR_RECHECK_LIMIT: '1500',
        },
      });
      driver = on;
      reddit.world.cap = 4000;
      for (let n = 0; n < 4000; n++) reddit.world.save(me, reddit.world.thing(n).name);
      await connectAndSync(on, 'reddit', { by: 'token', token: 'invented-refresh-token' });
      expect(await on.ids()).toHaveLength(4000);
      // The listing is what Reddit makes of it: the newest 1,000. What is unsaved lies in it and far behind it.
      reddit.world.cap = 1000;
      me.listing = me.saved.slice(0, 1000);
      const unsaved = me.saved.filter((_, index) => index % 2 === 1);
      reddit.world.unsave(me, ...unsaved);
      const report: number[] = [];
      for (let syncs = 0; syncs < 10 && (await on.ids('trash')).length < unsaved.length; syncs++) {
        const { removed, error } = await syncNow(on, 'reddit', true);
        expect(error).toBeNull();
        report.push(removed);
        await on.leap(PAST_THE_GUARD_MS);
      }
      expect({ report, trash: await on.ids('trash') }).toEqual({ report, trash: [...unsaved].sort() });
      expect(await on.ids()).toEqual([...me.saved].sort());
      // Not all at once: the first answers are none that removes so much.
      expect(report[0]).toBeLessThan(unsaved.length / 2);
    },
    LIMIT_MS,
  );
});
