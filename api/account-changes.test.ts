import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connect } from '../app/use-cases/connect.ts';
import { FakeGitHub } from '../testing/fake-github/fake-github.ts';
import { ApiWorld, PROBLEM } from './api-world.test-helper.ts';

const TOKEN = 'github_pat_invented0123456789';
const ME = '/v1/accounts/github/me';
const JSON_BODY = { 'content-type': 'application/json' };
const YEAR_MS = 31_536_000_000;

describe('accounts, changed over HTTP', () => {
  const github = new FakeGitHub();
  let world: ApiWorld;
  beforeAll(async () => {
    await github.listen();
    const me = github.world.login(7, 'me-myself', TOKEN);
    for (let id = 1; id <= 5; id++) github.world.star(me, id);
    world = new ApiWorld({ GITHUB_API_URL: github.origin, HOARDARR_SYNC_INTERVAL_SECONDS: '31536000' });
    await world.start();
    if (world.app === undefined) throw new Error('it was started');
    const { signal } = new AbortController();
    await connect(world.app, { provider: 'github', user: 'me', how: { by: 'token', token: TOKEN }, signal });
  });
  afterAll(async () => {
    await world.stop();
    await github.close();
    world.cli.remove();
  });

  const account = async (): Promise<Record<string, unknown>> => {
    const { accounts } = (await world.ask('GET', '/v1/accounts')).json<{ accounts: Record<string, unknown>[] }>();
    return accounts[0] ?? {};
  };
  const until = async (holds: () => Promise<boolean>): Promise<void> => {
    while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20));
  };
  const patch = (body: unknown, path = ME): ReturnType<ApiWorld['ask']> =>
    world.ask('PATCH', path, { headers: JSON_BODY, body: JSON.stringify(body) });

  it('say what they spend, when they are next, and that both sides hold the same', async () => {
    await until(async () => (await account())['converged'] === true);
    const shown = await account();
    expect(shown).toMatchObject({
      cadenceMs: YEAR_MS,
      budget: { limit: 4950, resetAt: expect.stringMatching(/^\d{4}-/) },
      convergence: {
        converged: true,
        count: 5,
        checkedAt: expect.stringMatching(/^\d{4}-/),
        sentence: expect.stringMatching(/^GitHub and Hoardarr hold the same 5 items, checked .*\d\d:\d\d UTC$/),
      },
    });
    const { remaining } = shown['budget'] as { remaining: number };
    expect(remaining).toBeGreaterThan(4900);
    expect(remaining).toBeLessThan(4950);
  });

  it('are paused, resumed and synced as often as somebody says, from their last sync on', async () => {
    expect((await patch({ paused: true })).json()).toEqual({
      provider: 'github',
      user: 'me',
      paused: true,
      cadenceMs: YEAR_MS,
    });
    expect(await account()).toMatchObject({ paused: true, nextSyncAt: null });
    expect((await patch({ paused: false, cadenceMs: 6 * 3_600_000 })).json()).toMatchObject({
      paused: false,
      cadenceMs: 21_600_000,
    });
    const { lastSyncAt, nextSyncAt, cadenceMs } = await account();
    const between = Date.parse(String(nextSyncAt)) - Date.parse(String(lastSyncAt));
    expect({ cadenceMs, near: Math.abs(between - 21_600_000) <= 0.06 * 21_600_000 }).toEqual({
      cadenceMs: 21_600_000,
      near: true,
    });
    expect((await patch({ cadenceMs: null })).json()).toMatchObject({ cadenceMs: YEAR_MS });
    expect((await patch({})).json()).toMatchObject({ paused: false, cadenceMs: YEAR_MS });
  });

  it('refuse what makes no sense', async () => {
    for (const [body, path, status] of [
      [{ cadenceMs: 59_999 }, ME, 400],
      [{ cadenceMs: YEAR_MS + 1 }, ME, 400],
      [{ cadenceMs: 'often' }, ME, 400],
      [{ paused: 1 }, ME, 400],
      [{ pause: true }, ME, 400],
      [{ paused: true }, '/v1/accounts/github/nobody', 404],
      [{ paused: true }, '/v1/accounts/nowhere/me', 400],
    ] as const) {
      const answer = await patch(body, path);
      expect({ body, path, status: answer.status }).toEqual({ body, path, status });
      expect(answer.json()).toMatchObject({ ...PROBLEM, status });
    }
    expect((await world.ask('DELETE', `${ME}?erase=perhaps`)).status).toBe(400);
    expect((await world.ask('DELETE', '/v1/accounts/github/nobody')).status).toBe(404);
    expect(await account()).toMatchObject({ connected: true, cadenceMs: YEAR_MS });
  });

  it('are disconnected, and erased only if that is asked for', async () => {
    expect((await world.ask('DELETE', ME)).json()).toEqual({ provider: 'github', user: 'me', erased: 0 });
    expect(await account()).toMatchObject({ connected: false, paused: true, active: 5, cadenceMs: null, budget: null });
    expect((await world.ask('DELETE', `${ME}?erase=true`)).json()).toMatchObject({ erased: 5 });
    expect((await world.ask('GET', '/v1/items')).json()).toMatchObject({ items: [] });
  });

  it('are described', async () => {
    const { paths } = (await world.ask('GET', '/openapi.json')).json<{ paths: Record<string, unknown> }>();
    expect(paths['/v1/accounts/{provider}/{user}']).toMatchObject({
      patch: { responses: { 200: {}, 400: {}, 404: {} } },
      delete: { responses: { 200: {}, 404: {}, 409: {} } },
    });
  });
});
