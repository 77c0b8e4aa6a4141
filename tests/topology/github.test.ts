import { existsSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { disconnect } from '../../app/use-cases/accounts.ts';
import { decide } from '../../app/use-cases/decide.ts';
import { explainItem } from '../../app/use-cases/explain.ts';
import { previewAccount } from '../../app/use-cases/sync.ts';
import type { SyncMetadata } from '../../producers/sync-metadata.ts';
import { FakeGitHub } from '../../testing/fake-github/fake-github.ts';
import { applyStarDay, readStarHistory } from '../../testing/fake-github/star-history.ts';
import type { FakeLogin } from '../../testing/fake-github/world.ts';
import { FAULTS } from '../../testing/fake-service/fake-service.ts';
import { seedFor } from '../../testing/seeds.ts';
import { connectAndSync, openSyncDriver, syncNow } from '../../testing/topology/sync-driver.ts';
import type { TopologyDriver } from '../../testing/topology/topology-driver.ts';

const TOKEN = 'github_pat_invented';
const HISTORY = new URL('../../../shared/fixtures/github/star-history', import.meta.url).pathname;
const ACCOUNT = { provider: 'github', user: 'me' } as const;

describe('GitHub stars on the whole pipeline', () => {
  const seed = seedFor('TOPOLOGY_SEED');
  let github: FakeGitHub;
  let me: FakeLogin;
  let driver: TopologyDriver;
  beforeEach(async () => {
    github = new FakeGitHub(() => driver.app.clock.now());
    me = github.world.login(7, 'me-myself', TOKEN);
    driver = await openSyncDriver({ seed, service: github, env: { GITHUB_API_URL: github.origin } });
  });
  afterEach(() => driver.close());

  const starAll = (count: number): void => {
    for (let id = 1; id <= count; id++) github.world.star(me, id);
  };
  const stars = (): readonly string[] => me.stars.map(({ repositoryId }) => String(repositoryId)).sort();
  const begin = (): Promise<void> => connectAndSync(driver, 'github', { by: 'token', token: TOKEN });

  it('takes as few requests as there are pages, one at a time, and one where nothing is new', async () => {
    starAll(250);
    await begin();
    expect(await driver.ids()).toEqual(stars());
    // Whose token it is, three pages, and page 1 again.
    expect(github.requests.map(({ path }) => path)).toEqual([
      '/user',
      ...Array.from({ length: 4 }, () => '/user/starred'),
    ]);
    expect(github.requests.at(-1)).toMatchObject({ status: 304 });
    expect(await syncNow(driver, 'github')).toMatchObject({ mode: 'delta', requests: 1, new: 0 });
    github.world.star(me, 251);
    expect(await syncNow(driver, 'github')).toMatchObject({ mode: 'delta', requests: 1, new: 1 });
    expect(github.mostAtOnce).toBe(1);
  });

  it('tells what was removed also where not all was asked, and no failure that another attempt made good', async () => {
    starAll(300);
    await begin();
    me.stars.splice(0, 150);
    let asked = 0;
    github.before = ({ url }) =>
      url.pathname.endsWith('/graphql') && ++asked > 1 ? FAULTS['server error'] : undefined;
    const part = await syncNow(driver, 'github', true);
    expect(part).toMatchObject({ error: expect.stringContaining('502'), needsReauth: false });
    expect(part.removed).toBeGreaterThan(0);
    expect(part.removed).toBeLessThan(150);
    github.before = () => undefined;
    expect(await syncNow(driver, 'github', true)).toMatchObject({ error: null });
  });

  it('foretells by a dry run what the sync then does, also of what is blocked and of what is in the trash', async () => {
    starAll(40);
    await begin();
    const choice = { ...ACCOUNT, collection: null };
    await driver.run(decide(driver.app, choice, { operation: 'purge', author: 'me', itemIds: ['5'] }));
    const [unstarred] = me.stars.splice(0, 1);
    await syncNow(driver, 'github', true);
    me.stars.unshift(...(unstarred === undefined ? [] : [unstarred]));
    github.world.star(me, 41);
    const foretold = await driver.run(previewAccount(driver.app, { ...ACCOUNT, full: true }));
    const { new: fresh, updated, restored, removed, held } = await syncNow(driver, 'github', true);
    expect({ fresh, updated, restored, removed, held }).toEqual({
      fresh: 1,
      updated: 0,
      restored: 1,
      removed: 0,
      held: 0,
    });
    expect(foretold).toMatchObject({ new: fresh, updated, restored, removed, held });
  });

  it('updates what was renamed, embeds what was edited, and does neither for a counter', async () => {
    starAll(30);
    await begin();
    const made = (): number => driver.parts.embedder.made.size;
    const before = made();
    github.world.repository(3, { ...github.world.repositories.get(3), stars: 99_999 });
    expect(await syncNow(driver, 'github', true)).toMatchObject({ updated: 0, removed: 0, converged: true });
    expect(made()).toBe(before);
    github.world.repository(3, { ...github.world.repositories.get(3), nameWithOwner: 'someone-else/new-name' });
    github.world.repository(4, { ...github.world.repositories.get(4), description: 'edited' });
    expect(await syncNow(driver, 'github', true)).toMatchObject({ updated: 2, new: 0, removed: 0, converged: true });
    expect(made()).toBe(before + 2);
    expect(await driver.ids()).toEqual(stars());
  });

  it('removes by verdict what was unstarred or deleted, and tells them apart, with GraphQL and without', async () => {
    starAll(40);
    await begin();
    for (const hasGraphql of [true, false]) {
      github.hasGraphql = hasGraphql;
      const [unstarred, deleted, takenDown] = hasGraphql ? [11, 12, 13] : [21, 22, 23];
      github.world.unstar(me, unstarred);
      github.world.repository(deleted, { gone: 404 });
      github.world.repository(takenDown, { gone: 451 });
      expect(await syncNow(driver, 'github', true)).toMatchObject({ removed: 3, converged: true });
      for (const [id, verdict] of [
        [unstarred, 'unsaved'],
        [deleted, 'gone_upstream'],
        [takenDown, 'gone_upstream'],
      ] as const) {
        const { history } = await driver.run(explainItem(driver.app, ACCOUNT, String(id)));
        expect(history.find(({ event }) => event === 'removed')?.evidence).toMatchObject({ verdict });
      }
    }
    expect(await driver.rebuild()).toMatchObject({ match: true, embeddingCalls: 0 });
  });

  it('gives after each sync of a recorded history exactly the stars of that day', async () => {
    if (!existsSync(HISTORY)) {
      console.warn('the recorded star history is not here: this test has nothing to look at');
      return;
    }
    const days = readStarHistory(HISTORY);
    expect(days).toHaveLength(8);
    let previous = new Set<string>();
    for (const [index, day] of days.entries()) {
      applyStarDay(github.world, me, day);
      const made = driver.parts.embedder.made.size;
      if (index === 0) await begin();
      else {
        const gone = [...previous].filter((id) => !stars().includes(id));
        expect(await syncNow(driver, 'github', true)).toMatchObject({
          removed: gone.length,
          error: null,
          converged: true,
        });
        for (const id of gone) {
          const { history } = await driver.run(explainItem(driver.app, ACCOUNT, id));
          expect(history.find(({ event }) => event === 'removed')?.evidence).toMatchObject({ verdict: 'unsaved' });
        }
        expect(driver.parts.embedder.made.size - made).toBeLessThan(day.repositories.length / 2);
      }
      expect(await driver.ids()).toEqual(stars());
      previous = new Set(stars());
    }
    expect([...driver.parts.embedder.made.values()].filter((times) => times > 1)).toEqual([]);
  });

  it('asks to be connected again when the token is revoked, and is never taken for an empty list', async () => {
    starAll(30);
    await begin();
    github.world.tokens.clear();
    expect(await syncNow(driver, 'github', true)).toMatchObject({ removed: 0, needsReauth: true });
    expect(await driver.ids()).toEqual(stars());
    github.world.tokens.set('ghp_invented', me.id);
    await connectAndSync(driver, 'github', { by: 'token', token: 'ghp_invented' });
    expect(await syncNow(driver, 'github', true)).toMatchObject({ needsReauth: false, converged: true });
  });

  it('refuses another person’s login, and takes nothing from a listing that is suddenly someone else’s', async () => {
    starAll(30);
    await begin();
    const other = github.world.login(8, 'somebody', 'github_pat_other');
    for (let id = 500; id < 530; id++) github.world.star(other, id);
    await expect(connectAndSync(driver, 'github', { by: 'token', token: 'github_pat_other' })).rejects.toThrow(
      'is bound to me-myself',
    );
    github.world.tokens.set(TOKEN, other.id);
    expect(await syncNow(driver, 'github', true)).toMatchObject({
      new: 0,
      removed: 0,
      error: expect.stringContaining('another login'),
    });
    expect(await syncNow(driver, 'github')).toMatchObject({ new: 0, removed: 0 });
    github.world.tokens.set(TOKEN, me.id);
    expect(await syncNow(driver, 'github', true)).toMatchObject({ removed: 0, converged: true });
    expect(await driver.ids()).toEqual(stars());
  });

  it('takes nothing from somebody else’s listing either where the last walk found nothing', async () => {
    await begin();
    const other = github.world.login(8, 'somebody', 'github_pat_other');
    for (let id = 500; id < 503; id++) github.world.star(other, id);
    github.world.tokens.set(TOKEN, other.id);
    expect(await syncNow(driver, 'github', true)).toMatchObject({
      new: 0,
      error: expect.stringContaining('another login'),
    });
    expect(await driver.ids()).toEqual([]);
  });

  it('needs two walks of separate syncs for a public list, which nobody can be asked about', async () => {
    starAll(30);
    await connectAndSync(driver, 'github', { by: 'public', loginName: 'me-myself' });
    expect(await driver.ids()).toEqual(stars());
    me.name = 'renamed';
    github.world.unstar(me, 5);
    github.before = ({ url }) => (url.pathname.endsWith('/starred') ? FAULTS.forbidden : undefined);
    expect(await syncNow(driver, 'github', true)).toMatchObject({ error: expect.anything() });
    github.before = () => undefined;
    expect(await syncNow(driver, 'github', true)).toMatchObject({ removed: 0 });
    expect(await syncNow(driver, 'github', true)).toMatchObject({ removed: 1, converged: true });
    expect(await driver.ids()).toEqual(stars());
  });

  it('takes no page of a public list for the last one because its links were lost', async () => {
    starAll(40);
    github.mostPerPage = 30;
    await connectAndSync(driver, 'github', { by: 'public', loginName: 'me-myself' });
    expect(await driver.ids()).toEqual(stars());
    github.before = ({ url }) =>
      url.pathname.endsWith('/starred')
        ? ({ headers: { link: _link, ...headers }, ...given }) => ({ ...given, headers })
        : undefined;
    for (let walks = 0; walks < 2; walks++)
      expect(await syncNow(driver, 'github', true)).toMatchObject({ error: null, removed: 0, converged: true });
    expect(await driver.ids()).toEqual(stars());
  });

  it('removes nothing by a public list where a token had shown more than is public', async () => {
    starAll(40);
    for (const id of [3, 4, 5]) github.world.repository(id, { isPrivate: true });
    github.seesPrivate = true;
    await begin();
    expect(await driver.ids()).toEqual(stars());
    github.seesPrivate = false;
    await disconnect(driver.app, 'github', 'me', false);
    await connectAndSync(driver, 'github', { by: 'public', loginName: 'me-myself' });
    expect(await previewAccount(driver.app, { ...ACCOUNT, full: true })).toMatchObject({ suspect: 0 });
    for (let walks = 0; walks < 2; walks++)
      expect(await syncNow(driver, 'github', true)).toMatchObject({ removed: 0, held: 0, converged: null });
    expect(await driver.ids()).toEqual(stars());
    // With a token again, which can be asked, what was unstarred meanwhile goes.
    github.seesPrivate = true;
    github.world.unstar(me, 6);
    await begin();
    expect(await syncNow(driver, 'github', true)).toMatchObject({ converged: true });
    expect(await driver.ids()).toEqual(stars());
  });

  it.each(['done', 'cut off'])(
    'knows of the token by the log alone, where the metadata of the account were lost after its sync was %s',
    async (end) => {
      starAll(120);
      // They are on the first page.
      const hidden = ['118', '119', '120'];
      for (const id of hidden) github.world.repository(Number(id), { isPrivate: true });
      github.seesPrivate = true;
      if (end === 'cut off')
        github.before = ({ url }) => (url.searchParams.get('page') === '2' ? FAULTS.forbidden : undefined);
      await begin();
      expect(await driver.ids()).toEqual(expect.arrayContaining(hidden));
      github.before = () => undefined;
      github.seesPrivate = false;
      await driver.app.metadata.remove('github:me');
      await connectAndSync(driver, 'github', { by: 'public', loginName: 'me-myself' });
      for (let walks = 0; walks < 2; walks++)
        expect(await syncNow(driver, 'github', true)).toMatchObject({ removed: 0, held: 0, converged: null });
      expect(await driver.ids()).toEqual(stars());
    },
  );

  it('takes nothing with a token that it was connected with while its run began as that of a public list', async () => {
    starAll(5);
    await begin();
    const { metadata } = driver.app;
    const read = async () => (await metadata.get('github:me'))?.value as SyncMetadata;
    const { credentialKind, accessToken } = await read();
    await disconnect(driver.app, 'github', 'me', false);
    await connectAndSync(driver, 'github', { by: 'public', loginName: 'me-myself' });
    const get = metadata.get.bind(metadata);
    const spied = jest.spyOn(metadata, 'get').mockImplementation(async (key) => {
      const document = await get(key);
      const stored = document?.value as SyncMetadata | undefined;
      if (key !== 'github:me' || document === null || (stored?.lease ?? null) === null) return document;
      await metadata.compareAndSet(key, document.version, { ...stored, credentialKind, accessToken });
      return get(key);
    });
    expect(await syncNow(driver, 'github', true)).toMatchObject({
      error: expect.stringContaining('connected again meanwhile'),
    });
    spied.mockRestore();
    expect(await syncNow(driver, 'github', true)).toMatchObject({ error: null, converged: true });
  });

  it('waits for the reset where the budget is used up, says so, and goes on', async () => {
    starAll(150);
    // Shorter than GitHub's hour, each second of which would have to be lived through.
    github.windowMs = 600_000;
    await begin();
    github.limit = github.requests.length + 1;
    const before = driver.app.clock.now();
    const report = await syncNow(driver, 'github', true);
    expect(report).toMatchObject({ error: null, converged: true });
    expect(report.rateLimitWaitMs).toBeGreaterThan(300_000);
    expect(driver.app.clock.now() - before).toBeLessThan(1_300_000);
    expect(driver.parts.lines.some((line) => line.includes('waiting for a rate limit'))).toBe(true);
    const metrics = await driver.app.telemetry.metrics.registry.metrics();
    const waited = /^hoardarr_rate_limit_wait_seconds_total\{provider="github",resource="core"\} (\S+)$/m.exec(
      metrics,
    )?.[1];
    expect(Number(waited)).toBeGreaterThan(300);
    expect(await driver.ids()).toEqual(stars());
  });

  it('connects by the device flow', async () => {
    starAll(3);
    github.deviceAnswers = ['authorization_pending', 'slow_down', 'authorization_pending'];
    github.deviceToken = TOKEN;
    await driver.close();
    driver = await openSyncDriver({
      seed,
      service: github,
      env: { GITHUB_API_URL: github.origin, GITHUB_AUTH_URL: github.origin, GITHUB_CLIENT_ID: 'Iv1.invented' },
    });
    const told: string[] = [];
    await connectAndSync(driver, 'github', { by: 'prompt', prompt: ({ code }) => void told.push(code ?? '') });
    expect(told).toEqual(['ABCD-1234']);
    expect(await driver.ids()).toEqual(stars());
  });
});
