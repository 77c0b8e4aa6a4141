import { networkInterfaces } from 'node:os';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DataFolder, OFFLINE } from './data-folder.test-support.ts';
import { Program } from './program.test-support.ts';

const LIMIT_MS = 240_000;
const PASSWORD = 'correct horse battery';
const TOKEN = 'planted-api-token-0123456789';

/** An address of this machine that is not loopback, so that nothing leaves it; without one, every address. */
const ADDRESS =
  Object.values(networkInterfaces())
    .flat()
    .find((each) => each?.family === 'IPv4' && !each.internal)?.address ?? '0.0.0.0';

describe('the program on an address that others reach', () => {
  let folder: DataFolder;
  let programs: Program[];
  beforeEach(() => {
    folder = new DataFolder({ ...OFFLINE, HOARDARR_HOST: ADDRESS, HOARDARR_PORT: '0' });
    programs = [];
  });
  afterEach(async () => {
    await Promise.all(programs.map((each) => each.kill()));
    folder.remove();
  });
  const run = (words: readonly string[], env: Readonly<Record<string, string>> = {}, stdin = ''): Program => {
    const program = new Program(folder, words, env, stdin);
    programs.push(program);
    return program;
  };
  const start = async (env: Readonly<Record<string, string>> = {}): Promise<string> => {
    const [, url = ''] = await run(['start'], env).said(/"url":"(http:[^"]+)"/);
    return url;
  };
  const statusOf = async (url: string, headers: Readonly<Record<string, string>> = {}): Promise<number> =>
    (await fetch(url, { headers, redirect: 'manual' })).status;

  it(
    'starts once a password is set, wants it, and lets its owner in by a link of the command',
    async () => {
      const refused = run(['start']);
      expect(await refused.ended()).toBe(2);
      expect(refused.stdout).toContain('hoardarr password set');
      expect(await run(['password', 'set', '--password-stdin'], {}, PASSWORD).ended()).toBe(0);
      const url = await start();
      expect(new URL(url).hostname).toBe(ADDRESS);
      expect(await statusOf(`${url}/healthz`)).toBe(200);
      expect(await statusOf(`${url}/v1/items`)).toBe(401);

      const login = await fetch(`${url}/v1/session`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', origin: new URL(url).origin },
        body: JSON.stringify({ password: PASSWORD }),
      });
      expect(login.status).toBe(204);
      const cookie = login.headers.get('set-cookie')?.split(';')[0] ?? '';
      expect(await statusOf(`${url}/v1/items`, { cookie })).toBe(200);

      const [, link = ''] = await run(['login-link']).said(/"url": "([^"]+)"/);
      const { search } = new URL(link);
      const entered = await fetch(`${url}/v1/session/link${search}`, { redirect: 'manual' });
      expect(entered.status).toBe(302);
      const byLink = entered.headers.get('set-cookie')?.split(';')[0] ?? '';
      expect(await statusOf(`${url}/v1/items`, { cookie: byLink })).toBe(200);
      expect(await statusOf(`${url}/v1/session/link${search}`)).toBe(403);

      // A password that another process changes counts here at once.
      expect(await run(['password', 'set', '--password-stdin'], {}, 'another password').ended()).toBe(0);
      for (const before of [cookie, byLink]) expect(await statusOf(`${url}/v1/items`, { cookie: before })).toBe(401);
    },
    LIMIT_MS,
  );

  it(
    'starts with a token, which programs go on using',
    async () => {
      const url = await start({ HOARDARR_API_TOKEN: TOKEN });
      expect(await statusOf(`${url}/v1/items`)).toBe(401);
      expect(await statusOf(`${url}/v1/items`, { authorization: `Bearer ${TOKEN}` })).toBe(200);
      const session = await fetch(`${url}/v1/session`);
      expect(await session.json()).toMatchObject({ isLoggedIn: false, methods: [], needsSetup: true });
    },
    LIMIT_MS,
  );
});
