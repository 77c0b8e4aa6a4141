import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FakeOidc } from '../testing/fake-oidc/fake-oidc.ts';
import { askPassword } from './read-password.ts';
import { CliWorld } from './run-cli.test-helper.ts';

const PASSWORD = 'correct horse battery';

describe('commands about who may reach the API', () => {
  let world: CliWorld;
  beforeEach(() => {
    world = new CliWorld();
  });
  afterEach(() => world.remove());
  const set = (stdin: string): ReturnType<CliWorld['runWith']> =>
    world.runWith({ json: true, stdin }, 'password', 'set', '--password-stdin');
  const checkOf = async (check: string): Promise<object | undefined> =>
    (await world.run('doctor')).json<{ checks: { name: string }[] }>().checks.find(({ name }) => name === check);

  it('set and reset the password, and say what protects the API then', async () => {
    expect((await set(`${PASSWORD}\n`)).json()).toEqual({
      hasPassword: true,
      sessionsEnded: 0,
      protection: '127.0.0.1 is protected by a password',
    });
    expect(await checkOf('access')).toMatchObject({ ok: true, detail: '127.0.0.1 is protected by a password' });
    expect((await world.run('password', 'reset')).json()).toMatchObject({
      hasPassword: false,
      protection: '127.0.0.1 is reached from this machine alone, so nobody has to log in',
    });
  });

  it('let doctor say where nothing protects what others can reach', async () => {
    world.env['HOARDARR_PUBLIC_URL'] = 'https://hoard.example.org';
    expect(await checkOf('access')).toMatchObject({ ok: false, fix: expect.stringContaining('password set') });
    const refused = await world.run('start');
    expect(refused.status).toBe(2);
    expect(refused.json<{ error: string }>().error).toMatch(
      /HOARDARR_PUBLIC_URL=https:\/\/hoard\.example\.org can be reached by others: run `hoardarr password set`/,
    );
  });

  it('let doctor ask the OpenID Connect provider', async () => {
    const oidc = await new FakeOidc().listen();
    Object.assign(world.env, {
      HOARDARR_PUBLIC_URL: 'https://hoard.example.org',
      HOARDARR_OIDC_ISSUER: oidc.origin,
      HOARDARR_OIDC_CLIENT_ID: oidc.clientId,
      HOARDARR_OIDC_ALLOWED: 'ada@example.org',
    });
    expect(await checkOf('access')).toMatchObject({ ok: true, detail: expect.stringContaining('OpenID Connect at') });
    expect(await checkOf('openid connect')).toMatchObject({ ok: true, detail: `${oidc.origin} answers` });
    oidc.before = () => (reply) => ({ ...reply, body: reply.body.replace(oidc.origin, 'https://evil.example') });
    expect(await checkOf('openid connect')).toMatchObject({ ok: false, fix: expect.stringContaining('OIDC_ISSUER') });
    await oidc.close();
  });

  it.each([
    ['', /holds no password/],
    ['one\ntwo\n', /holds no password/],
    ['short\n', /needs 10 to 1000 characters/],
  ])('refuse %j as a password', async (stdin, error) => {
    const ran = await set(stdin);
    expect(ran.status).toBe(2);
    expect(ran.json<{ error: string }>().error).toMatch(error);
  });

  it('ask no pipe for a password that nobody would see it wait for', async () => {
    const ran = await world.run('password', 'set');
    expect(ran).toMatchObject({ status: 2, stdout: expect.stringContaining('--password-stdin') });
  });

  it('print a link for one login', async () => {
    const { url, expiresAt } = (await world.run('login-link')).json<{ url: string; expiresAt: string }>();
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:8080\/v1\/session\/link\?code=[\w-]{43}$/);
    expect(Date.parse(expiresAt)).toBeGreaterThan(Date.now());
    const { stdout } = await world.runWith({}, 'login-link');
    expect(stdout).toMatch(/works once[\s\S]*code=[\w-]{43}/);
  });
});

describe('a password typed on a terminal', () => {
  /** Types each line once it is asked for. */
  async function typed(
    ...lines: readonly string[]
  ): Promise<{ readonly password: Promise<string>; shown: () => string }> {
    const [stdin, stderr] = [Object.assign(new PassThrough(), { isTTY: true }), new PassThrough()];
    let shown = '';
    const left = [...lines];
    stderr.on('data', (chunk: Buffer) => {
      shown += chunk.toString();
      if (chunk.toString().endsWith(': ') || chunk.toString().endsWith(':    ')) stdin.write(`${left.shift() ?? ''}\r`);
    });
    return { password: askPassword({ stdin, stderr }), shown: () => shown };
  }

  it('is asked for twice, and not shown', async () => {
    const { password, shown } = await typed(PASSWORD, PASSWORD);
    expect(await password).toBe(PASSWORD);
    expect(shown()).toBe('New password: \nOnce more:    \n');
  });

  it('is refused where both differ', async () => {
    const { password } = await typed(PASSWORD, 'something else');
    await expect(password).rejects.toThrow('not the same twice');
  });

  it('stays as it was after Ctrl-C', async () => {
    const { password } = await typed(`${PASSWORD}\u0003`);
    await expect(password).rejects.toThrow('interrupted');
  });
});
