import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Answer, ApiWorld, PROBLEM } from './api-world.test-helper.ts';
import { createBaseServer } from './base-server.ts';

const PASSWORD = 'correct horse battery';
const MARK = { 'x-requested-with': 'test' };
const JSON_TYPE = { 'content-type': 'application/json' };
const ITEM = '/v1/items/tiktok/favorites/123';

/** The session cookie of an answer, as a browser sends it back. */
function cookieOf(answer: Answer): { readonly cookie: string } {
  const [first = ''] = answer.headers['set-cookie'] ?? [];
  return { cookie: first.split(';')[0] ?? '' };
}

const logIn = (world: ApiWorld, password = PASSWORD, headers = {}): Promise<Answer> =>
  world.ask('POST', '/v1/session', { headers: { ...JSON_TYPE, ...headers }, body: JSON.stringify({ password }) });

const setPassword = async (world: ApiWorld, password: string): Promise<void> => {
  const ran = await world.cli.runWith({ json: true, stdin: `${password}\n` }, 'password', 'set', '--password-stdin');
  expect(ran).toMatchObject({ status: 0 });
};

/** The one-time link that the command prints, as a path. */
const linkOf = async (world: ApiWorld): Promise<string> => {
  const { url } = (await world.cli.run('login-link')).json<{ url: string }>();
  return url.slice(url.indexOf('/v1/'));
};

describe('login with a password', () => {
  const world = new ApiWorld();
  beforeAll(() => world.start());
  afterAll(async () => {
    await world.stop();
    world.cli.remove();
  });
  const statusOf = async (headers: Record<string, string>, method = 'GET', path = '/v1/items'): Promise<number> =>
    (await world.ask(method, path, { headers })).status;

  it('is asked of nobody on loopback, until a password is set, and then at once', async () => {
    expect((await world.ask('GET', '/v1/session')).json()).toEqual({
      isLoggedIn: true,
      methods: ['none'],
      user: null,
      by: 'nobody',
      needsSetup: false,
    });
    expect((await logIn(world)).json()).toMatchObject({ ...PROBLEM, status: 409 });
    expect(await statusOf({})).toBe(200);
    await setPassword(world, PASSWORD);
    expect(await statusOf({})).toBe(401);
    expect((await world.ask('GET', '/v1/session')).json()).toEqual({
      isLoggedIn: false,
      methods: ['password'],
      user: null,
      by: null,
      needsSetup: false,
    });
  });

  it('is wanted by every route but health and login itself, and not by files of the console', async () => {
    const { cookie } = cookieOf(await logIn(world));
    const described = await world.ask('GET', '/openapi.json', { headers: { cookie } });
    const open: string[] = [];
    for (const [path, methods] of Object.entries(described.json<{ paths: Record<string, object> }>().paths)) {
      for (const method of Object.keys(methods)) {
        const answer = await world.ask(method.toUpperCase(), path.replaceAll(/\{\w+\}/g, 'x'), { headers: MARK });
        if (answer.status !== 401) open.push(`${method} ${path}`);
      }
    }
    expect(open.filter((route) => !/ \/v1\/(session|connections\/reddit\/callback)/.test(route)).sort()).toEqual([
      'get /healthz',
      'get /readyz',
    ]);
    expect(await statusOf({}, 'GET', '/')).toBe(200);
    for (const path of ['/index.html', '/assets/app.js', '/items']) expect(await statusOf({}, 'GET', path)).toBe(404);
    for (const path of ['/v1/nowhere', '/%76%31/items', '/openapi.json', '/metrics', '/mcp'])
      expect(await statusOf({}, 'GET', path)).toBe(401);
    expect(await statusOf({}, 'POST', '/')).toBe(401);
  });

  it('gives a cookie that scripts cannot read, and pages elsewhere cannot send', async () => {
    const answer = await logIn(world);
    expect(answer.status).toBe(204);
    expect(answer.headers['set-cookie']).toEqual([
      expect.stringMatching(/^hoardarr_session=[\w-]{43}; Path=\/; Max-Age=2592000; HttpOnly; SameSite=Strict$/),
    ]);
    const session = await world.ask('GET', '/v1/session', { headers: cookieOf(answer) });
    expect(session.json()).toMatchObject({ isLoggedIn: true, user: 'owner', by: 'session' });
    expect(await statusOf(cookieOf(answer))).toBe(200);
  });

  it('changes nothing for a page elsewhere that makes the browser ask (CSRF)', async () => {
    const mine = cookieOf(await logIn(world));
    const own = { ...mine, origin: world.url.origin, 'sec-fetch-site': 'same-origin' };
    for (const [method, path] of [
      ['DELETE', ITEM],
      ['POST', `${ITEM}/restore`],
      ['POST', '/v1/users/me/tiktok/uploads'],
      ['DELETE', '/v1/session'],
    ] as const) {
      expect(await statusOf(own, method, path)).toBe(403);
      expect(await statusOf(mine, method, path)).toBe(403);
      for (const foreign of [
        { origin: 'http://evil.example' },
        { origin: 'null' },
        { origin: `http://127.0.0.1:1` },
        { 'sec-fetch-site': 'cross-site' },
        { 'sec-fetch-site': 'same-site' },
      ])
        expect(await statusOf({ ...mine, ...MARK, ...foreign }, method, path)).toBe(403);
    }
    expect(await statusOf({ ...own, ...MARK }, 'DELETE', ITEM)).toBe(404);
    expect(await statusOf(mine)).toBe(200);
  });

  it('logs nobody in for a page elsewhere', async () => {
    for (const headers of [{ origin: 'http://evil.example' }, { 'sec-fetch-site': 'cross-site' }])
      expect(await logIn(world, PASSWORD, headers)).toMatchObject({ status: 403 });
    // What a form can send without asking first.
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=b']) {
      const answer = await logIn(world, PASSWORD, { 'content-type': type });
      expect([400, 415]).toContain(answer.status);
      expect(answer.headers['set-cookie']).toBeUndefined();
    }
  });

  it('ends with a logout', async () => {
    const mine = cookieOf(await logIn(world));
    const answer = await world.ask('DELETE', '/v1/session', { headers: { ...mine, ...MARK } });
    expect(answer).toMatchObject({ status: 204, headers: { 'set-cookie': [expect.stringContaining('Max-Age=0')] } });
    expect(await statusOf(mine)).toBe(401);
  });

  it('ends the stream of events that it let in', async () => {
    const mine = cookieOf(await logIn(world));
    const stream = await fetch(`${world.url.origin}/v1/events`, { headers: mine });
    expect(stream.status).toBe(200);
    await world.ask('DELETE', '/v1/session', { headers: { ...mine, ...MARK } });
    await expect(stream.text()).rejects.toThrow('terminated');
  });

  it('ends for everybody where the password changes', async () => {
    const mine = cookieOf(await logIn(world));
    await setPassword(world, 'another password');
    expect(await statusOf(mine)).toBe(401);
    expect((await logIn(world)).status).toBe(401);
    await setPassword(world, PASSWORD);
  });

  it('is refused after ten wrong passwords, and a link of the command still lets its owner in, once', async () => {
    expect((await logIn(world)).status).toBe(204);
    for (let n = 0; n < 10; n++)
      expect((await logIn(world, `wrong ${n}`)).json()).toMatchObject({ ...PROBLEM, status: 401 });
    const refused = await logIn(world);
    expect(refused.json()).toMatchObject({ ...PROBLEM, status: 429, detail: expect.stringContaining('login-link') });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(800);
    const link = await linkOf(world);
    expect(await statusOf({ 'sec-purpose': 'prefetch' }, 'GET', link)).toBe(403);
    expect(await statusOf({}, 'HEAD', link)).not.toBe(302);
    const answer = await world.ask('GET', link);
    expect(answer).toMatchObject({ status: 302, headers: { location: '/' } });
    expect(await statusOf(cookieOf(answer))).toBe(200);
    expect(await statusOf({}, 'GET', link)).toBe(403);
    const visit = { 'sec-fetch-mode': 'navigate', accept: 'text/html' };
    expect(await world.ask('GET', link, { headers: visit })).toMatchObject({
      status: 303,
      headers: { location: '/?refused=link-used' },
      text: '',
    });
    expect(await statusOf({ ...visit, 'sec-purpose': 'prefetch;prerender' }, 'GET', link)).toBe(403);
  });

  it('is asked of nobody any more once the password is reset', async () => {
    const link = await linkOf(world);
    expect((await world.cli.run('password', 'reset')).json()).toMatchObject({ hasPassword: false });
    expect(await statusOf({}, 'GET', link)).toBe(403);
    expect(await statusOf({})).toBe(200);
  });

  it('leaves no password, session or link in the log', () => {
    expect(world.logs).toContain('logged in');
    expect(world.logs).not.toMatch(/correct horse|hoardarr_session=|code=[\w-]{40}/);
  });
});

describe('behind a reverse proxy, for others to reach', () => {
  const world = new ApiWorld({
    HOARDARR_HOST: '0.0.0.0',
    HOARDARR_BASE_PATH: '/hoard',
    HOARDARR_PUBLIC_URL: 'https://hoard.example.org/hoard',
    HOARDARR_TRUSTED_PROXIES: '127.0.0.1',
    HOARDARR_AUTH_PROXY_HEADER: 'Remote-User',
  });
  beforeAll(() => world.start());
  afterAll(async () => {
    await world.stop();
    world.cli.remove();
  });
  const PROXY = '127.0.0.1';
  const ELSEWHERE = '127.0.0.2';
  const NAMED = { host: 'hoard.example.org' };
  const USER = { ...NAMED, 'remote-user': 'ada' };

  it('believes the header that names a user from the proxy alone', async () => {
    const answer = await world.ask('GET', '/v1/session', { headers: USER, from: PROXY });
    expect(answer.json()).toMatchObject({ isLoggedIn: true, methods: ['proxy'], user: 'ada', by: 'proxy' });
    expect((await world.ask('GET', '/v1/items', { headers: USER, from: PROXY })).status).toBe(200);
    for (const path of ['/v1/items', '/v1/session', '/healthz', '/']) {
      const refused = await world.ask('GET', path, { headers: USER, from: ELSEWHERE });
      expect(refused).toMatchObject({ status: 403 });
      expect(refused.json()).toMatchObject({ detail: expect.stringContaining(ELSEWHERE) });
    }
    for (const from of [PROXY, ELSEWHERE])
      expect((await world.ask('GET', '/v1/items', { headers: NAMED, from })).status).toBe(401);
    expect(
      (await world.ask('GET', '/v1/items', { headers: { ...USER, 'remote-user': ' ' }, from: PROXY })).status,
    ).toBe(401);
    const twice = { ...NAMED, 'remote-user': ['ada', 'eve'] };
    expect((await world.ask('GET', '/v1/items', { headers: twice, from: PROXY })).status).toBe(403);
  });

  it('takes a change by that header from its own pages alone', async () => {
    const headers = { ...USER, ...MARK };
    expect((await world.ask('DELETE', ITEM, { headers: USER, from: PROXY })).status).toBe(403);
    for (const foreign of [{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'same-site' }])
      expect((await world.ask('DELETE', ITEM, { headers: { ...headers, ...foreign }, from: PROXY })).status).toBe(403);
    const own = { ...headers, origin: 'https://hoard.example.org', 'sec-fetch-site': 'same-origin' };
    expect((await world.ask('DELETE', ITEM, { headers: own, from: PROXY })).status).toBe(404);
    // A proxy that asks by the address of the API, and not by the name that the browser asked for.
    expect((await world.ask('DELETE', ITEM, { headers: { ...own, host: '127.0.0.1' }, from: PROXY })).status).toBe(404);
  });

  it.each(['evil.example', 'hoard.example.org.evil.example', 'evil.example:443', '198.51.100.1'])(
    'answers to none of the names that others give it (DNS rebinding): %j',
    async (host) => {
      for (const path of ['/v1/items', '/v1/session', '/'])
        expect((await world.ask('GET', path, { headers: { ...USER, host }, from: PROXY })).status).toBe(403);
      expect((await world.ask('GET', '/healthz', { headers: { host }, from: PROXY })).status).toBe(200);
    },
  );

  it.each([
    ['the proxy says https', PROXY, { ...NAMED, 'x-forwarded-proto': 'https' }, true],
    ['the proxy says http', PROXY, { ...NAMED, 'x-forwarded-proto': 'http' }, false],
    ['by the public name', ELSEWHERE, NAMED, true],
    ['somebody else says https', ELSEWHERE, { host: '127.0.0.1', 'x-forwarded-proto': 'https' }, false],
  ])('its cookie is for https alone where %s', async (_what, from, headers, isSecure) => {
    const answer = await world.ask('GET', await linkOf(world), { headers, from });
    expect(answer).toMatchObject({ status: 302, headers: { location: '/hoard/' } });
    const [set = ''] = answer.headers['set-cookie'] ?? [];
    expect(set).toContain('; Path=/hoard;');
    expect(set.endsWith('; Secure')).toBe(isSecure);
  });

  it('prints links to its public name', async () => {
    expect((await world.cli.run('login-link')).json()).toMatchObject({
      url: expect.stringMatching(/^https:\/\/hoard\.example\.org\/hoard\/v1\/session\/link\?code=[\w-]{43}$/),
    });
  });
});

describe('no answer can be shown in a frame (clickjacking)', () => {
  const world = new ApiWorld();
  beforeAll(() => world.start());
  afterAll(async () => {
    await world.stop();
    world.cli.remove();
  });

  it.each([
    '/healthz',
    '/v1/session',
    '/v1/items',
    '/nowhere',
    '/v1/items?limit=0',
    '/v1/events',
    '/openapi.json',
    '/%E0%A4%A',
  ])('%s', async (path) => {
    const stop = new AbortController();
    const { headers } = await fetch(`${world.url.origin}${path}`, { signal: stop.signal });
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    stop.abort();
  });

  it('whatever else a page allows itself', async () => {
    if (world.app === undefined) throw new Error('the API is not open');
    const server = createBaseServer(world.app, '');
    server.get('/', async (_request, reply) =>
      reply.header('content-security-policy', "default-src 'self'").header('cache-control', 'max-age=1').send('page'),
    );
    const { headers } = await server.inject({ url: '/', headers: { host: 'localhost' } });
    expect(headers).toMatchObject({
      'content-security-policy': "default-src 'self'; frame-ancestors 'none'",
      'cache-control': 'max-age=1',
    });
    await server.close();
  });
});
