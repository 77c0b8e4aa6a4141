import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ways } from '../producers/ways.ts';
import { FakeGitHub } from '../testing/fake-github/fake-github.ts';
import { FakeReddit } from '../testing/fake-reddit/fake-reddit.ts';
import type { FakeRedditor } from '../testing/fake-reddit/world.ts';
import { type Answer, TOKEN as API_TOKEN, ApiWorld, PROBLEM } from './api-world.test-helper.ts';

const TOKEN = 'github_pat_invented0123456789';
const JSON_BODY = { 'content-type': 'application/json' };
const CALLBACK = '/v1/connections/reddit/callback';

interface Begun {
  readonly id: string;
  readonly state: string;
  readonly authorizeUrl: string;
  readonly verificationUri: string;
}

describe('connecting accounts over HTTP', () => {
  let github: FakeGitHub;
  let reddit: FakeReddit;
  let redditor: FakeRedditor;
  let world: ApiWorld;
  beforeEach(async () => {
    github = await new FakeGitHub().listen();
    reddit = await new FakeReddit().listen();
    github.world.login(7, 'me-myself', TOKEN);
    redditor = reddit.world.redditor('2abc', 'me_myself', 'invented-refresh-of-before');
  });
  afterEach(async () => {
    await world.stop();
    await Promise.all([github.close(), reddit.close()]);
    world.cli.remove();
  });

  const open = async (env: Readonly<Record<string, string>> = {}): Promise<void> => {
    world = new ApiWorld({
      GITHUB_API_URL: github.origin,
      GITHUB_AUTH_URL: github.origin,
      REDDIT_API_URL: reddit.origin,
      REDDIT_AUTH_URL: reddit.origin,
      HOARDARR_SYNC_INTERVAL_SECONDS: '31536000',
      ...env,
    });
    await world.start();
  };
  const withApps = {
    GITHUB_CLIENT_ID: 'invented-client',
    REDDIT_CLIENT_ID: 'invented-client',
    REDDIT_CLIENT_SECRET: 'invented-secret',
  };
  const begin = (body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Answer> =>
    world.ask('POST', '/v1/connections', { headers: { ...JSON_BODY, ...headers }, body: JSON.stringify(body) });
  const ended = async (id: string): Promise<Record<string, unknown>> => {
    for (;;) {
      const found = (await world.ask('GET', `/v1/connections/${id}`)).json();
      if (found['state'] !== 'waiting') return found;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const accounts = async (): Promise<readonly Record<string, unknown>[]> =>
    (await world.ask('GET', '/v1/accounts')).json<{ accounts: Record<string, unknown>[] }>().accounts;
  /** The path of the callback with what the browser brings, when the person has allowed it. */
  const allowed = (authorizeUrl: string): string => {
    const back = new URL(reddit.authorize(authorizeUrl, redditor));
    expect(back.origin).toBe(world.url.origin);
    return back.pathname + back.search;
  };

  it('takes a token, and says it nowhere', async () => {
    await open();
    const answer = await begin({ provider: 'github', user: 'me', token: TOKEN });
    expect(answer.status).toBe(201);
    expect(answer.json()).toEqual({
      id: expect.any(String),
      state: 'connected',
      provider: 'github',
      user: 'me',
      login: '7',
      loginName: 'me-myself',
    });
    expect((await world.ask('GET', String(answer.headers['location']))).json()).toEqual(answer.json());
    expect(await accounts()).toMatchObject([{ provider: 'github', user: 'me', connected: true }]);
    github.world.login(8, 'somebody', 'github_pat_of_somebody_else');
    for (const [body, detail] of [
      [{ provider: 'github', user: 'me', token: 'github_pat_refused_9999999' }, 'refuses the token'],
      [{ provider: 'github', user: 'me', token: 'github_pat_of_somebody_else' }, 'is bound to me-myself'],
      [{ provider: 'github', user: 'me', token: 'two words' }, 'the token alone'],
      [{ provider: 'github', user: 'no name', token: TOKEN }, 'letters'],
      [{ provider: 'tiktok', user: 'me' }, ways.import('tiktok')],
      [{ provider: 'nowhere', user: 'me' }, 'is no provider'],
    ] as const) {
      const refused = await begin(body);
      expect(refused.json()).toMatchObject({ ...PROBLEM, status: 400, detail: expect.stringContaining(detail) });
      expect(refused.text).not.toMatch(/github_pat_refused|github_pat_of|invented0123456789/);
    }
    expect(world.logs).not.toMatch(/github_pat_refused|github_pat_of|invented0123456789/);
  });

  it('says what an installation lacks for the rest', async () => {
    await open();
    expect((await begin({ provider: 'reddit', user: 'me' })).json()).toMatchObject({
      status: 400,
      detail: expect.stringMatching(/approved.*REDDIT_CLIENT_ID/),
    });
    expect((await begin({ provider: 'github', user: 'me' })).json()).toMatchObject({
      status: 400,
      detail: expect.stringContaining('GITHUB_CLIENT_ID'),
    });
    expect((await world.ask('GET', '/v1/connections/00000000-0000-4000-8000-000000000001')).status).toBe(404);
    expect(await accounts()).toEqual([]);
  });

  it('connects by the device flow, or says that the person refused', async () => {
    await open(withApps);
    github.deviceToken = TOKEN;
    github.deviceAnswers = ['authorization_pending'];
    const begun = await begin({ provider: 'github', user: 'me' });
    expect(begun.status).toBe(201);
    expect(begun.json()).toMatchObject({
      state: 'waiting',
      userCode: 'ABCD-1234',
      verificationUri: `${github.origin}/login/device`,
      expiresAt: expect.stringMatching(/^\d{4}-/),
    });
    expect(await ended(begun.json<Begun>().id)).toMatchObject({ state: 'connected', login: '7' });
    github.deviceAnswers = ['access_denied'];
    const { id } = (await begin({ provider: 'github', user: 'two' })).json<Begun>();
    expect(await ended(id)).toMatchObject({ state: 'failed', detail: expect.stringContaining('not allowed') });
    expect(world.logs + begun.text).not.toMatch(/invented-device-code|invented0123456789/);
  });

  it('connects Reddit through the browser, which comes back here once', async () => {
    await open(withApps);
    const begun = (await begin({ provider: 'reddit', user: 'me' })).json<Begun>();
    expect(begun).toMatchObject({ state: 'waiting', expiresAt: expect.stringMatching(/^\d{4}-/) });
    const asked = new URL(begun.authorizeUrl).searchParams;
    expect(asked.get('redirect_uri')).toBe(`${world.url.origin}${CALLBACK}`);
    const back = allowed(begun.authorizeUrl);
    for (const path of [
      `${CALLBACK}?code=stolen&state=${'x'.repeat(43)}`,
      `${CALLBACK}?code=stolen&state=`,
      back.replace('state=', 'state=x'),
    ])
      expect((await world.ask('GET', path)).json()).toMatchObject({ ...PROBLEM, status: 404, instance: CALLBACK });
    expect((await world.ask('GET', `${CALLBACK}?code=stolen`)).status).toBe(400);
    expect((await world.ask('GET', `/v1/connections/${begun.id}`)).json()).toMatchObject({ state: 'waiting' });
    const answer = await world.ask('GET', back, {
      headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' },
    });
    expect(answer).toMatchObject({ status: 303, headers: { location: `/accounts?connection=${begun.id}` } });
    expect(await ended(begun.id)).toMatchObject({ state: 'connected', login: '2abc', loginName: 'me_myself' });
    expect((await world.ask('GET', back)).status).toBe(404);
    const late = await world.ask('GET', back, { headers: { 'sec-fetch-mode': 'navigate' } });
    expect(late).toMatchObject({ status: 303, headers: { location: '/accounts?refused=connection-late' }, text: '' });
    const state = asked.get('state') ?? '';
    expect(state.length).toBeGreaterThan(40);
    for (const secret of [state, 'invented-code', 'invented-refresh', 'invented-access', 'invented-secret'])
      expect(world.logs).not.toContain(secret);
  });

  it('tells why Reddit could not be connected, and lets a new attempt overtake an old one', async () => {
    await open(withApps);
    const first = (await begin({ provider: 'reddit', user: 'me' })).json<Begun>();
    const second = (await begin({ provider: 'reddit', user: 'me' })).json<Begun>();
    expect(await ended(first.id)).toMatchObject({ state: 'failed', detail: expect.stringContaining('begun anew') });
    expect((await world.ask('GET', allowed(first.authorizeUrl))).status).toBe(404);
    const state = new URL(second.authorizeUrl).searchParams.get('state') ?? '';
    const denied = await world.ask('GET', `${CALLBACK}?error=access_denied&state=${state}`);
    expect(denied).toMatchObject({ status: 303, headers: { location: `/accounts?connection=${second.id}` } });
    expect(await ended(second.id)).toMatchObject({
      state: 'failed',
      detail: 'Reddit was not allowed to connect: access_denied',
    });
    const third = (await begin({ provider: 'reddit', user: 'me' })).json<Begun>();
    const wrong = allowed(third.authorizeUrl).replace(/code=[^&]*/, 'code=another');
    expect((await world.ask('GET', wrong)).headers['location']).toBe(`/accounts?connection=${third.id}`);
    expect(await ended(third.id)).toMatchObject({ state: 'failed', detail: expect.stringContaining('Reddit refuses') });
    expect(await accounts()).toEqual([]);
  });

  it('answers the browser without a login, under the base path, where others can reach it', async () => {
    await open({
      ...withApps,
      HOARDARR_API_TOKEN: API_TOKEN,
      HOARDARR_BASE_PATH: '/hoard',
      REDDIT_REDIRECT_URL: 'https://example.org/hoard/v1/connections/reddit/callback',
    });
    const login = { authorization: `Bearer ${API_TOKEN}` };
    expect((await begin({ provider: 'reddit', user: 'me' })).status).toBe(401);
    const { id, authorizeUrl } = (await begin({ provider: 'reddit', user: 'me' }, login)).json<Begun>();
    const back = new URL(reddit.authorize(authorizeUrl, redditor));
    expect(back.origin + back.pathname).toBe('https://example.org/hoard/v1/connections/reddit/callback');
    const answer = await world.ask('GET', back.pathname.replace('/hoard', '') + back.search);
    expect(answer).toMatchObject({ status: 303, headers: { location: `/hoard/accounts?connection=${id}` } });
    expect((await world.ask('GET', `/v1/connections/${id}`, { headers: login })).json()).toMatchObject({
      state: 'connected',
    });
  });

  it('ends with the process, also while it waits', async () => {
    await open(withApps);
    const { authorizeUrl } = (await begin({ provider: 'reddit', user: 'me' })).json<Begun>();
    await world.stop();
    await world.start();
    const back = new URL(reddit.authorize(authorizeUrl, redditor));
    expect((await world.ask('GET', back.pathname + back.search)).status).toBe(404);
  });

  it('is described', async () => {
    await open();
    const { paths } = (await world.ask('GET', '/openapi.json')).json<{ paths: Record<string, unknown> }>();
    expect(paths['/v1/connections']).toMatchObject({ post: { responses: { 201: {}, 400: {} } } });
    expect(paths['/v1/connections/{id}']).toMatchObject({ get: { responses: { 200: {}, 404: {} } } });
  });
});
