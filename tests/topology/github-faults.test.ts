import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { connect } from '../../app/use-cases/connect.ts';
import { FakeGitHub } from '../../testing/fake-github/fake-github.ts';
import type { FakeLogin } from '../../testing/fake-github/world.ts';
import type { FakeReply, FakeRequest } from '../../testing/fake-service/fake-service.ts';
import { seedFor } from '../../testing/seeds.ts';
import { connectAndSync, openSyncDriver } from '../../testing/topology/sync-driver.ts';
import type { TopologyDriver } from '../../testing/topology/topology-driver.ts';
import { asItIs, type FaultStory, GENERIC, type Meeting, tellFaults } from './fault-story.test-support.ts';

const LIMIT_MS = 300_000;
const signal = new AbortController().signal;

describe('GitHub, whatever goes wrong at whatever request', () => {
  const TOKEN = 'github_pat_invented';
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

  const isPage = ({ url }: FakeRequest): boolean => url.pathname.endsWith('/starred');
  const page =
    (fault: (reply: FakeReply) => FakeReply): Meeting =>
    (request) =>
      isPage(request) ? fault : undefined;
  const without = (headers: FakeReply['headers'], name: string): FakeReply['headers'] =>
    Object.fromEntries(Object.entries(headers).filter(([each]) => each !== name));
  const meetings: Readonly<Record<string, Meeting>> = {
    ...GENERIC,
    'an empty list, with its links': page((reply) => ({ ...reply, status: 200, body: '[]' })),
    'an empty list': page((reply) => ({ ...reply, status: 200, body: '[]', headers: without(reply.headers, 'link') })),
    'no links': page((reply) => ({ ...reply, headers: without(reply.headers, 'link') })),
    'no ETag': page((reply) => ({ ...reply, headers: without(reply.headers, 'etag') })),
    'page 1, whatever page is asked for': (request) => {
      if (!isPage(request)) return undefined;
      request.url.searchParams.delete('page');
      return asItIs;
    },
    'the page before': (request) => {
      const number = Number(request.url.searchParams.get('page') ?? 1);
      if (!isPage(request)) return undefined;
      request.url.searchParams.set('page', String(Math.max(1, number - 1)));
      return asItIs;
    },
    'half a page': page((reply) => {
      const rows: unknown = reply.body === '' ? null : JSON.parse(reply.body);
      return Array.isArray(rows) ? { ...reply, body: JSON.stringify(rows.slice(rows.length / 2)) } : reply;
    }),
    'not modified, without a condition': page((reply) => ({ ...reply, status: 304, body: '' })),
    'GraphQL with errors alone': ({ url }) =>
      url.pathname === '/graphql'
        ? (reply) => ({ ...reply, body: '{"data":null,"errors":[{"type":"RATE_LIMITED"}]}' })
        : undefined,
    'GraphQL without any node': ({ url }) =>
      url.pathname === '/graphql'
        ? (reply) => ({ ...reply, body: reply.body.replace(/"nodes":\[.*\]/, '"nodes":[]') })
        : undefined,
  };
  const stars = (): readonly string[] => me.stars.map(({ repositoryId }) => String(repositoryId)).sort();
  const story = (full: boolean): FaultStory => {
    let next = 10_000;
    return {
      provider: 'github',
      seed,
      driver,
      service: github,
      meetings,
      // Three pages, page 1 again, a question by GraphQL, and one by REST.
      positions: 6,
      full,
      saved: stars,
      change: () => {
        github.world.unstar(me, Number(stars()[0]));
        github.world.star(me, next++);
      },
      expireToken: () => undefined,
      reconnect: async () => {
        await driver.run(
          connect(driver.app, { provider: 'github', user: 'me', how: { by: 'token', token: TOKEN }, signal }),
        );
      },
    };
  };
  const begin = async (): Promise<void> => {
    github.mostPerPage = 20;
    for (let id = 1; id <= 44; id++) github.world.star(me, id);
    await connectAndSync(driver, 'github', { by: 'token', token: TOKEN });
  };

  it(
    'of a full sync, removes nothing, loses nothing, and converges after that',
    async () => {
      await begin();
      expect(await tellFaults(story(true))).toBeGreaterThan(3 * Object.keys(meetings).length);
    },
    LIMIT_MS,
  );

  it(
    'of a delta sync, removes nothing, loses nothing, and converges after that',
    async () => {
      await begin();
      expect(await tellFaults({ ...story(false), positions: 2 })).toBeGreaterThan(0.7 * Object.keys(meetings).length);
    },
    LIMIT_MS,
  );
});
