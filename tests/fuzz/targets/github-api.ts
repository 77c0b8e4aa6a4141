import { InputError, ReauthorizationError } from '../../../core/errors.ts';
import type { CredentialHolder, Credentials } from '../../../core/ports/provider.ts';
import { GitHubError } from '../../../producers/github/api.ts';
import { createConnector } from '../../../producers/github/connector.ts';
import { createGitHubProvider } from '../../../producers/github/provider.ts';
import { askAbout } from '../../../producers/github/recheck.ts';
import { GitHubSession } from '../../../producers/github/session.ts';
import { deltaWalk, fullWalk } from '../../../producers/github/walk.ts';
import { SourceUnavailableError } from '../../../producers/http/types.ts';
import { type FuzzTarget, holds, readOrRefuse } from '../target.ts';
import { mustAnswer, walkAll } from './provider-items.ts';
import { InstantClock, replies, reply, ScriptedHttp } from './replies.ts';

const API = 'https://api.github.test';
const LOGIN = '7';
const IDS = ['1', '2', '99999999999'];
const REFUSALS = [InputError, GitHubError, ReauthorizationError, SourceUnavailableError];
const signal = new AbortController().signal;

const holder = (kind: Credentials['kind']): CredentialHolder => ({
  account: { provider: 'github', user: 'me' },
  login: LOGIN,
  loginName: 'me-myself',
  read: async () => ({ kind, accessToken: kind === 'public' ? null : 't', refreshToken: null, expiresAt: null }),
  renew: async () => {
    throw new Error('GitHub renews nothing');
  },
});

const connectorDeps = (http: ScriptedHttp, clock = new InstantClock()) => ({
  apiUrl: API,
  authUrl: 'https://github.test',
  clientId: 'an-app',
  configured: true,
  readme: false,
  httpFor: () => http,
  clock,
});
const provider = createGitHubProvider(connectorDeps(new ScriptedHttp(new Uint8Array())));

async function walkFull(input: Uint8Array, kind: Credentials['kind']): Promise<void> {
  const http = new ScriptedHttp(input);
  const session = await GitHubSession.open(holder(kind), API, () => http);
  const listed = await walkAll(provider, fullWalk(session, signal));
  const { end, rows } = listed;
  holds(
    end.coverage !== 'complete' || rows === end.evidence['rows'],
    `${rows} of ${String(end.evidence['rows'])} rows came`,
  );
  holds(!end.explicitlyEmpty || rows === 0, 'a list with rows is called empty');
  // Law 5: whatever failed on the way, this is no complete list.
  const failed = http.given.find(({ status }) => status !== 200 && status !== 304);
  holds(failed === undefined, `a list is complete although GitHub answered ${failed?.status}`);
}

async function run(input: Uint8Array): Promise<void> {
  for (const kind of ['token', 'public'] as const) {
    await readOrRefuse(() => walkFull(input, kind), REFUSALS);
    await readOrRefuse(async () => {
      const session = await GitHubSession.open(holder(kind), API, () => new ScriptedHttp(input));
      const walk = { collection: 'starred', cursor: '2020-01-01T00:00:00Z', etag: '"x"', isKnown: () => false };
      await walkAll(provider, deltaWalk(session, walk, signal));
    }, REFUSALS);
    await readOrRefuse(async () => {
      const session = await GitHubSession.open(holder(kind), API, () => new ScriptedHttp(input));
      mustAnswer(provider, IDS, await askAbout(session, IDS, signal));
    }, REFUSALS);
  }
  const connector = createConnector(connectorDeps(new ScriptedHttp(input)));
  await readOrRefuse(() => connector.fromToken('t', signal), REFUSALS);
  const { interactive } = createConnector(connectorDeps(new ScriptedHttp(input)));
  if ('run' in interactive) await readOrRefuse(() => interactive.run(() => undefined, signal), REFUSALS);
}

const repo = (id: number): object => ({
  id,
  full_name: `someone/repository-${id}`,
  owner: { login: 'someone' },
  private: false,
  html_url: `https://github.com/someone/repository-${id}`,
  description: 'an invented one',
  topics: ['a', 'b'],
  license: { spdx_id: 'MIT' },
  created_at: '2020-01-01T00:00:00Z',
  pushed_at: null,
  stargazers_count: 3,
});
const star = (id: number): object => ({ starred_at: '2024-05-06T07:08:09Z', repo: repo(id) });
const node = (id: number): object => ({
  databaseId: id,
  nameWithOwner: `someone/repository-${id}`,
  url: `https://github.com/someone/repository-${id}`,
  isArchived: false,
  isFork: false,
  isPrivate: false,
  createdAt: '2020-01-01T00:00:00Z',
  viewerHasStarred: true,
  stargazerCount: 1,
  forkCount: 2,
  owner: { login: 'someone' },
  licenseInfo: { spdxId: null },
  repositoryTopics: { nodes: [{ topic: { name: 'a' } }] },
});
const link = (page: number, relation: string): string =>
  `<${API}/user/starred?per_page=100&page=${page}>; rel="${relation}"`;

export const githubApi: FuzzTarget = {
  about: "GitHub's answers: pages of stars, GraphQL, REST, the device flow",
  seeds: [
    replies(
      reply([star(3), star(2)], `etag: "p1"\nlink: ${link(2, 'next')}, ${link(2, 'last')}`),
      reply([star(1)], `link: ${link(1, 'prev')}`),
      reply('', '', 304),
    ),
    replies(reply([], 'etag: "e"'), reply([], 'etag: "e"')),
    replies(reply([repo(1)]), reply([repo(1)]), reply([repo(1)])),
    replies(
      reply({ data: { viewer: { databaseId: 7 }, nodes: [node(1), null, node(99_999_999_999)] } }),
      reply(repo(2)),
      reply('', '', 404),
    ),
    replies(
      reply({ message: 'no' }, '', 403),
      reply({ id: 7, login: 'me-myself' }),
      reply('', '', 404),
      reply(repo(2)),
      reply('', '', 204),
    ),
    replies(
      reply({ device_code: 'd', user_code: 'U', verification_uri: 'https://x.test', expires_in: 30, interval: 5 }),
      reply({ error: 'slow_down' }),
      reply({ access_token: 't' }),
      reply({ id: 7, login: 'me-myself' }),
    ),
    replies(reply({ message: 'Bad credentials' }, '', 401)),
  ],
  words: [
    'rel="next"',
    'link: <https://elsewhere.test/>; rel=next',
    'link: <x>; rel="next"',
    '"id":9007199254740993',
    '"starred_at":"+275760-09-13T00:00:00Z"',
    '"created_at":"0000"',
    '"repo":null',
    '"interval":0',
    '"expires_in":1e400',
    '"error":{}',
    '\n%%\n200\n\n[]',
    '\n%%\n',
    '304\n\n',
  ],
  open: async () => ({ run, close: async () => undefined }),
};
