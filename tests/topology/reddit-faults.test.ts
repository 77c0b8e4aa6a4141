import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { connect } from '../../app/use-cases/connect.ts';
import { FakeReddit } from '../../testing/fake-reddit/fake-reddit.ts';
import type { FakeRedditor } from '../../testing/fake-reddit/world.ts';
import type { FakeRequest } from '../../testing/fake-service/fake-service.ts';
import { seedFor } from '../../testing/seeds.ts';
import { connectAndSync, openSyncDriver } from '../../testing/topology/sync-driver.ts';
import type { TopologyDriver } from '../../testing/topology/topology-driver.ts';
import { asItIs, type FaultStory, GENERIC, type Meeting, tellFaults } from './fault-story.test-support.ts';

const LIMIT_MS = 300_000;
const signal = new AbortController().signal;

describe('Reddit, whatever goes wrong at whatever request', () => {
  const REFRESH = 'invented-refresh-token';
  const seed = seedFor('TOPOLOGY_SEED');
  let reddit: FakeReddit;
  let me: FakeRedditor;
  let driver: TopologyDriver;
  beforeEach(async () => {
    reddit = new FakeReddit(() => driver.app.clock.now(), seed);
    me = reddit.world.redditor('2abc', 'me_myself', REFRESH);
    driver = await openSyncDriver({
      seed,
      service: reddit,
      env: {
        REDDIT_API_URL: reddit.origin,
        REDDIT_AUTH_URL: reddit.origin,
        REDDIT_CLIENT_ID: reddit.clientId,
        REDDIT_CLIENT_SECRET: reddit.clientSecret,
      },
    });
  });
  afterEach(() => driver.close());

  const isPage = ({ url }: FakeRequest): boolean => url.pathname.endsWith('/saved');
  const listing = (change: (data: { children: unknown[]; after: string | null }) => object): Meeting => {
    return (request) =>
      isPage(request)
        ? (reply) => {
            const parsed = JSON.parse(reply.body) as { data: { children: unknown[]; after: string | null } };
            if (parsed.data === undefined) return reply;
            return { ...reply, body: JSON.stringify({ ...parsed, data: { ...parsed.data, ...change(parsed.data) } }) };
          }
        : undefined;
  };
  const isToken = ({ url }: FakeRequest): boolean => url.pathname.endsWith('/access_token');
  const meetings: Readonly<Record<string, Meeting>> = {
    ...GENERIC,
    'an empty page that is not the last': listing(() => ({ children: [] })),
    'an empty page that says it is the last': listing(() => ({ children: [], after: null })),
    'an end before the end': listing(() => ({ after: null })),
    'half a page': listing(({ children }) => ({ children: children.slice(children.length / 2) })),
    'page 1, whatever page is asked for': (request) => {
      if (!isPage(request)) return undefined;
      request.url.searchParams.delete('after');
      return asItIs;
    },
    'a page that leads to itself': (request) => {
      const after = request.url.searchParams.get('after');
      return after === null ? undefined : listing(() => ({ after }))(request);
    },
    'an error that says 200': (request) =>
      isToken(request) ? (reply) => ({ ...reply, body: '{"error":"invalid_grant"}' }) : undefined,
    'things without the flag': ({ url }) =>
      url.pathname === '/api/info'
        ? (reply) => ({ ...reply, body: reply.body.replaceAll(/"saved":(true|false)/g, '"saved":null') })
        : undefined,
    'nothing known': ({ url }) =>
      url.pathname === '/api/info'
        ? (reply) => ({ ...reply, body: reply.body.replace(/"children":\[.*\]/, '"children":[]') })
        : undefined,
  };
  const saved = (): readonly string[] => [...me.saved].sort();
  const story = (full: boolean): FaultStory => {
    let next = 10_000;
    return {
      provider: 'reddit',
      seed,
      driver,
      service: reddit,
      meetings,
      // A token, two pages, whose token it is, a question, and the threads of comments.
      positions: 6,
      full,
      saved,
      change: () => {
        reddit.world.unsave(me, me.saved[(next * 7) % me.saved.length] ?? '');
        reddit.world.save(me, reddit.world.thing(next++).name);
      },
      expireToken: () => reddit.world.accessTokens.clear(),
      reconnect: async () => {
        await driver.run(
          connect(driver.app, { provider: 'reddit', user: 'me', how: { by: 'token', token: REFRESH }, signal }),
        );
      },
    };
  };
  const begin = async (): Promise<void> => {
    reddit.mostPerPage = 30;
    for (let n = 0; n < 45; n++) reddit.world.save(me, reddit.world.thing(n).name);
    await connectAndSync(driver, 'reddit', { by: 'token', token: REFRESH });
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
      expect(await tellFaults({ ...story(false), positions: 3 })).toBeGreaterThan(Object.keys(meetings).length);
    },
    LIMIT_MS,
  );
});
