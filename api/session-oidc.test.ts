import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { FakeOidc } from '../testing/fake-oidc/fake-oidc.ts';
import { type Answer, ApiWorld, PROBLEM } from './api-world.test-helper.ts';

const PUBLIC = 'https://hoard.example.org';
const HEADERS = { host: 'hoard.example.org' };
const CALLBACK = '/v1/session/oidc/callback';
const BROWSER = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
const HONEST = { sub: 'subject-1', email: 'ada@example.org', email_verified: true };

describe('login by OpenID Connect', () => {
  const oidc = new FakeOidc();
  let world: ApiWorld;
  beforeAll(async () => {
    await oidc.listen();
    world = new ApiWorld({
      HOARDARR_PUBLIC_URL: PUBLIC,
      HOARDARR_OIDC_ISSUER: oidc.origin,
      HOARDARR_OIDC_CLIENT_ID: oidc.clientId,
      HOARDARR_OIDC_CLIENT_SECRET: oidc.clientSecret,
      HOARDARR_OIDC_ALLOWED: 'Ada@example.org, subject-7',
    });
    await world.start();
  });
  afterAll(async () => {
    await world.stop();
    await oidc.close();
    world.cli.remove();
  });
  beforeEach(() => {
    Object.assign(oidc, { user: HONEST, isTerse: false, hasOtherKey: false, tamper: (claims: object) => claims });
    oidc.before = () => undefined;
  });

  const cookieOf = (answer: Answer, name: string): string =>
    [answer.headers['set-cookie'] ?? []].flat().find((each) => each.startsWith(`${name}=`)) ?? '';

  /** The browser at the provider: where that sends it back to, and the cookie of the flow. */
  const visit = async (): Promise<{ readonly back: URL; readonly cookie: string }> => {
    const begun = await world.ask('GET', '/v1/session/oidc', { headers: HEADERS });
    expect(begun.status).toBe(302);
    const set = cookieOf(begun, 'hoardarr_oidc');
    expect(set).toMatch(/; Path=\/v1\/session\/oidc; Max-Age=600; HttpOnly; SameSite=Lax; Secure$/);
    const sent = await fetch(String(begun.headers['location']), { redirect: 'manual' });
    const back = new URL(sent.headers.get('location') ?? '');
    expect(`${back.origin}${back.pathname}`).toBe(`${PUBLIC}${CALLBACK}`);
    return { back, cookie: set.split(';')[0] ?? '' };
  };
  const comeBack = (query: string, cookie: string, how: Readonly<Record<string, string>> = {}): Promise<Answer> =>
    world.ask('GET', `${CALLBACK}${query}`, { headers: { ...HEADERS, cookie, ...how } });
  const logIn = async (how: Readonly<Record<string, string>> = {}): Promise<Answer> => {
    const { back, cookie } = await visit();
    return await comeBack(back.search, cookie, how);
  };
  const expectRefused = (answer: Answer, detail: RegExp): void => {
    expect(answer.json()).toMatchObject({ ...PROBLEM, status: 403, detail: expect.stringMatching(detail) });
    expect(cookieOf(answer, 'hoardarr_session')).toBe('');
  };

  it('is required, and the one way in', async () => {
    expect((await world.ask('GET', '/v1/items', { headers: HEADERS })).status).toBe(401);
    expect((await world.ask('GET', '/v1/session', { headers: HEADERS })).json()).toMatchObject({
      isLoggedIn: false,
      methods: ['oidc'],
      needsSetup: false,
    });
  });

  it.each([
    ['a verified email', HONEST, false, 'ada@example.org'],
    ['an email that userinfo tells', HONEST, true, 'ada@example.org'],
    ['a subject', { sub: 'subject-7' }, true, 'subject-7'],
  ])('lets in %s that is allowed', async (_what, user, isTerse, name) => {
    Object.assign(oidc, { user, isTerse });
    const answer = await logIn(BROWSER);
    expect(answer).toMatchObject({ status: 302, headers: { location: '/' } });
    expect(cookieOf(answer, 'hoardarr_oidc')).toContain('Max-Age=0');
    const session = cookieOf(answer, 'hoardarr_session');
    expect(session).toMatch(/HttpOnly; SameSite=Strict; Secure$/);
    const headers = { ...HEADERS, cookie: session.split(';')[0] ?? '' };
    expect((await world.ask('GET', '/v1/session', { headers })).json()).toMatchObject({ user: name, by: 'session' });
    expect((await world.ask('GET', '/v1/items', { headers })).status).toBe(200);
  });

  it.each([
    ['somebody else', { sub: 'subject-2', email: 'eve@example.org', email_verified: true }, /names neither/],
    ['an email that nobody verified', { ...HONEST, email_verified: false }, /not say that the email is verified/],
    ['an email of which nothing is said', { sub: 'subject-1', email: 'ada@example.org' }, /not say/],
    ['an allowed email as a name', { sub: 'subject-2', preferred_username: 'ada@example.org' }, /names neither/],
  ])('refuses %s', async (_what, user, detail) => {
    oidc.user = user;
    expectRefused(await logIn(), detail);
  });

  it.each([
    ['of another login', (claims: object) => ({ ...claims, nonce: 'another' }), /nonce/],
    ['without a nonce', (claims: object) => ({ ...claims, nonce: undefined }), /nonce/],
    ['for another client', (claims: object) => ({ ...claims, aud: 'another-client' }), /aud/],
    ['of another issuer', (claims: object) => ({ ...claims, iss: 'https://evil.example' }), /iss/],
    ['that has expired', (claims: object) => ({ ...claims, exp: Math.floor(Date.now() / 1_000) - 3_600 }), /exp/],
  ])('refuses an ID token %s', async (_what, tamper, detail) => {
    oidc.tamper = tamper;
    expectRefused(await logIn(), detail);
  });

  it('refuses an ID token that another key has signed', async () => {
    oidc.hasOtherKey = true;
    expectRefused(await logIn(), /signature/);
  });

  it('refuses another state, no flow, the flow of another browser, and an answer that comes again', async () => {
    const [mine, other] = [await visit(), await visit()];
    const forged = new URL(mine.back);
    forged.searchParams.set('state', 'another');
    expectRefused(await comeBack(forged.search, mine.cookie), /state/);
    expectRefused(await comeBack(mine.back.search, other.cookie), /state/);
    for (const cookie of ['', 'hoardarr_oidc=v1.made.up'])
      expect((await comeBack(mine.back.search, cookie)).json()).toMatchObject({ ...PROBLEM, status: 400 });
    expect((await comeBack(mine.back.search, mine.cookie)).status).toBe(302);
    expectRefused(await comeBack(mine.back.search, mine.cookie), /invalid_grant|token endpoint|response/i);
  });

  it('says what the provider said where that refused', async () => {
    const { back, cookie } = await visit();
    const state = back.searchParams.get('state') ?? '';
    expectRefused(await comeBack(`?error=access_denied&state=${state}`, cookie), /authorization|access_denied/);
  });

  it('leads a browser that is refused to the console, which says why', async () => {
    expect(await comeBack('?code=secret&state=other', '', BROWSER)).toMatchObject({
      status: 303,
      headers: { location: '/?refused=oidc-expired' },
    });
    oidc.user = { sub: 'subject-2', email: 'eve@example.org', email_verified: true };
    for (const how of [BROWSER, { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }]) {
      const refused = await logIn(how);
      expect(refused).toMatchObject({ status: 303, headers: { location: '/?refused=oidc-refused' }, text: '' });
      expect(cookieOf(refused, 'hoardarr_oidc')).toContain('Max-Age=0');
      expect(cookieOf(refused, 'hoardarr_session')).toBe('');
    }
  });

  it('ends where the configuration admits its owner no more', async () => {
    const session = cookieOf(await logIn(), 'hoardarr_session').split(';')[0] ?? '';
    world.cli.env['HOARDARR_OIDC_ALLOWED'] = 'subject-7';
    await world.stop();
    await world.start();
    expect((await world.ask('GET', '/v1/items', { headers: { ...HEADERS, cookie: session } })).status).toBe(401);
    world.cli.env['HOARDARR_OIDC_ALLOWED'] = 'ada@example.org, subject-7';
  });

  it('says that the provider is away, and asks it again the next time', async () => {
    await world.stop();
    await world.start();
    oidc.before = () => 'cut';
    const away = await world.ask('GET', '/v1/session/oidc', { headers: HEADERS });
    expect(away.json()).toMatchObject({ ...PROBLEM, status: 502, detail: expect.stringContaining('does not answer') });
    expect(await world.ask('GET', '/v1/session/oidc', { headers: { ...HEADERS, ...BROWSER } })).toMatchObject({
      status: 303,
      headers: { location: '/?refused=oidc-away' },
    });
    oidc.before = () => undefined;
    expect((await logIn()).status).toBe(302);
  });

  it('leaves no code, token or secret in the log', () => {
    expect(world.logs).toContain('a login by OpenID Connect was refused');
    expect(world.logs).not.toMatch(/[?&]code=(?!\[)|hoardarr_session=|oidc-client-secret/);
  });
});
