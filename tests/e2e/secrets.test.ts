import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FakeGitHub } from '../../testing/fake-github/fake-github.ts';
import { FakeReddit } from '../../testing/fake-reddit/fake-reddit.ts';
import type { FakeRequest } from '../../testing/fake-service/fake-service.ts';
import { DataFolder, OFFLINE } from './data-folder.test-support.ts';
import { Program } from './program.test-support.ts';
import { filesBelow, findSecrets } from './secret-search.test-support.ts';

const LIMIT_MS = 240_000;
const GITHUB_TOKEN = 'github_pat_11SECRETabcdefghijklmnop';
const API_TOKEN = 'api-token-SECRET-abcdefghijklmnop';
const CLIENT_SECRET = 'invented-secret';
const CANARY = 'canary-1f7b-that-is-stored-indeed';

describe('secrets', () => {
  let github: FakeGitHub;
  let reddit: FakeReddit;
  let folder: DataFolder;
  let programs: Program[];
  /** by what they are; also those that were handed out while the test ran */
  let secrets: Map<string, string>;
  let urls: string[];
  beforeEach(async () => {
    secrets = new Map([
      ['the token of GitHub', GITHUB_TOKEN],
      ['the token of the API', API_TOKEN],
      ['the secret of the application', CLIENT_SECRET],
    ]);
    urls = [];
    programs = [];
    github = await new FakeGitHub().listen();
    reddit = await new FakeReddit().listen();
    const me = github.world.login(7, 'me-myself', GITHUB_TOKEN);
    for (let id = 1; id <= 120; id++) github.world.star(me, id);
    github.world.repository(1, { description: CANARY });
    for (const service of [github, reddit]) service.before = (request) => listen(request);
    folder = new DataFolder({
      ...OFFLINE,
      LOG_LEVEL: 'trace',
      GITHUB_API_URL: github.origin,
      REDDIT_API_URL: reddit.origin,
      REDDIT_AUTH_URL: reddit.origin,
      REDDIT_CLIENT_ID: reddit.clientId,
      REDDIT_CLIENT_SECRET: CLIENT_SECRET,
      HOARDARR_API_TOKEN: API_TOKEN,
      HOARDARR_PORT: '0',
      HOARDARR_SYNC_INTERVAL_SECONDS: '31536000',
    });
  });
  afterEach(async () => {
    await Promise.all(programs.map((each) => each.kill()));
    await Promise.all([github.close(), reddit.close()]);
    folder.remove();
  });

  /** Learns what is sent and handed out in secret, and keeps the addresses, which must not hold it. */
  const listen = ({ url, body, headers }: FakeRequest): undefined => {
    urls.push(url.href);
    const form = new URLSearchParams(body);
    for (const name of ['code', 'code_verifier', 'refresh_token']) {
      const value = form.get(name);
      if (value !== null) secrets.set(`${name} ${secrets.size}`, value);
    }
    const authorization = headers.get('authorization')?.split(' ')[1];
    if (authorization !== undefined && ![...secrets.values()].includes(authorization))
      secrets.set(`authorization ${secrets.size}`, authorization);
    for (const token of [...reddit.world.accessTokens.keys(), ...reddit.world.refreshTokens.keys()])
      if (![...secrets.values()].includes(token)) secrets.set(`a token of Reddit ${secrets.size}`, token);
  };
  const run = (words: readonly string[], env: Readonly<Record<string, string>> = {}, stdin = ''): Program => {
    const program = new Program(folder, words, env, stdin);
    programs.push(program);
    return program;
  };

  it(
    'stand in no file, log line, answer, metric or address, whatever the program went through',
    async () => {
      const me = reddit.world.redditor('2abc', 'me_myself', 'unused-refresh-token');
      for (let n = 0; n < 150; n++) reddit.world.save(me, reddit.world.thing(n).name);
      reddit.rotates = true;
      const server = run(['start']);
      const [, url = ''] = await server.said(/"url":"([^"]+)"/);

      expect(await run(['connect', 'github', '--token-stdin'], {}, `${GITHUB_TOKEN}\n`).ended()).toBe(0);
      const redirect = `http://127.0.0.1:${await freePort()}/reddit/callback`;
      const connecting = run(['connect', 'reddit'], { REDDIT_REDIRECT_URL: redirect });
      const [, asked = ''] = await connecting.said(/Open (\S+)/);
      expect((await fetch(reddit.authorize(asked, me))).status).toBe(200);
      expect(await connecting.ended()).toBe(0);

      const sync = async (provider: string, status: number): Promise<void> => {
        const syncing = run(['sync', provider, '--full']);
        expect([await syncing.ended(), syncing.stdout, syncing.stderr]).toEqual([
          status,
          expect.anything(),
          expect.anything(),
        ]);
      };
      await sync('github', 0);
      await sync('reddit', 0);
      // Renewed with rotation, a fault in the middle, and refused for good.
      reddit.world.accessTokens.clear();
      await sync('reddit', 0);
      github.before = (request) => {
        listen(request);
        return (reply) => ({ ...reply, body: '<html>' });
      };
      await sync('github', 1);
      reddit.world.accessTokens.clear();
      reddit.world.refreshTokens.clear();
      await sync('reddit', 3);
      github.before = (request) => listen(request);
      github.world.tokens.clear();
      await sync('github', 3);
      expect(await run(['connect', 'github', '--token-stdin'], {}, 'ghp_refused_SECRET_token\n').ended()).toBe(2);
      secrets.set('a token that was refused', 'ghp_refused_SECRET_token');
      for (const words of [['status'], ['doctor'], ['explain', 'github', '1'], ['export'], ['keys', 'rotate']])
        await run(words).ended();

      const answers = await ask(url);
      // Before it stops too: then there are journals that a closed database has no more.
      const places = new Map([...filesBelow(folder.path), ...answers]);
      await server.stop();
      for (const [name, bytes] of filesBelow(folder.path)) places.set(`${name}, closed`, bytes);
      for (const [index, { stdout, stderr }] of programs.entries())
        places.set(`what process ${index} said`, Buffer.from(`${stdout}\n${stderr}`));
      places.set('the addresses that were asked', Buffer.from(urls.join('\n')));

      expect(secrets.size).toBeGreaterThanOrEqual(8);
      expect(places.size).toBeGreaterThanOrEqual(20);
      expect(findSecrets(places, secrets)).toEqual([]);

      // The search finds what is there: what was stored on purpose, and a secret that is put there in whatever form.
      const found = findSecrets(places, new Map([['the canary', CANARY]]));
      expect(found.filter((line) => /store|log\.db/.test(line)).length).toBeGreaterThanOrEqual(2);
      expect(found.filter((line) => line.includes('/v1/items')).length).toBeGreaterThanOrEqual(1);
      for (const form of [GITHUB_TOKEN, Buffer.from(`a${GITHUB_TOKEN}`).toString('base64'), hex(GITHUB_TOKEN)]) {
        writeFileSync(path.join(folder.path, 'planted'), `x${form}x`);
        expect(findSecrets(filesBelow(folder.path), secrets)).toEqual(['the token of GitHub in planted']);
      }
    },
    LIMIT_MS,
  );

  const ask = async (url: string): Promise<ReadonlyMap<string, Buffer>> => {
    const answers = new Map<string, Buffer>();
    const paths = ['/metrics', '/healthz', '/readyz', '/openapi.json', '/v1/accounts', '/v1/held', '/nowhere'];
    paths.push('/v1/items?limit=200', '/v1/search?query=invented&q=invented', '/v1/items/github/starred/1');
    paths.push('/v1/items/github/starred/1/explain');
    for (const each of paths)
      for (const headers of [{ authorization: `Bearer ${API_TOKEN}` }, { authorization: 'Bearer wrong' }]) {
        const response = await fetch(`${url}${each}`, { headers });
        const text = `${response.status} ${JSON.stringify([...response.headers])} ${await response.text()}`;
        answers.set(`${each} ${response.status}`, Buffer.from(text));
      }
    return answers;
  };
});

function hex(text: string): string {
  return Buffer.from(text).toString('hex');
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
