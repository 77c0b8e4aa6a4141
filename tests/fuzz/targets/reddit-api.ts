import { InputError, ReauthorizationError } from '../../../core/errors.ts';
import type { CredentialHolder, Credentials } from '../../../core/ports/provider.ts';
import { SourceUnavailableError } from '../../../producers/http/types.ts';
import { createConnector } from '../../../producers/reddit/connector.ts';
import { createRedditProvider } from '../../../producers/reddit/provider.ts';
import { askAbout } from '../../../producers/reddit/recheck.ts';
import { RedditError } from '../../../producers/reddit/reddit-error.ts';
import { RedditSession } from '../../../producers/reddit/session.ts';
import { deltaWalk, fullWalk } from '../../../producers/reddit/walk.ts';
import { type FuzzTarget, holds, readOrRefuse } from '../target.ts';
import { mustAnswer, walkAll } from './provider-items.ts';
import { InstantClock, replies, reply, ScriptedHttp } from './replies.ts';

const REFUSALS = [InputError, RedditError, ReauthorizationError, SourceUnavailableError];
const APP = { authUrl: 'https://www.reddit.test', clientId: 'an-app', clientSecret: null };
const IDS = ['t3_1abc', 't1_2def'];
const signal = new AbortController().signal;

const depsOf = (http: ScriptedHttp) => ({
  app: APP,
  apiUrl: 'https://oauth.reddit.test',
  redirectUrl: 'http://127.0.0.1:1/',
  configured: true,
  httpFor: () => http,
  clock: new InstantClock(),
});
const provider = createRedditProvider(depsOf(new ScriptedHttp(new Uint8Array())));

/** With a token that is good, or one that has to be renewed first. */
function sessionOf(http: ScriptedHttp, isFresh: boolean): Promise<RedditSession> {
  const stored: Credentials = { kind: 'oauth', accessToken: 'a', refreshToken: 'r', expiresAt: isFresh ? null : 0 };
  const holder: CredentialHolder = {
    account: { provider: 'reddit', user: 'me' },
    login: 'id7',
    loginName: 'me-myself',
    read: async () => stored,
    renew: async (renewal) => {
      const renewed = await renewal(stored);
      const { expiresAt } = renewed;
      holds(expiresAt === null || Number.isFinite(expiresAt), `a token ends at ${expiresAt}`);
      return renewed;
    },
  };
  return RedditSession.open(depsOf(http), APP, holder);
}

async function run(input: Uint8Array): Promise<void> {
  for (const isFresh of [true, false]) {
    await readOrRefuse(async () => {
      const http = new ScriptedHttp(input);
      const { end, rows } = await walkAll(
        provider,
        fullWalk(await sessionOf(http, isFresh), { collection: 'saved', mostEver: 0 }, signal),
      );
      holds(rows === end.evidence['rows'], `${rows} of ${String(end.evidence['rows'])} rows came`);
      holds(!end.explicitlyEmpty || rows === 0, 'a list with rows is called empty');
      // A 401 is answered with another token; any other failure ends the walk.
      const failed = http.given.find(({ status }) => status !== 200 && status !== 401);
      holds(failed === undefined, `a list is walked to its end although Reddit answered ${failed?.status}`);
    }, REFUSALS);
  }
  await readOrRefuse(async () => {
    const session = await sessionOf(new ScriptedHttp(input), true);
    const walk = { collection: 'saved', cursor: null, etag: null, isKnown: () => false };
    await walkAll(provider, deltaWalk(session, walk, signal));
  }, REFUSALS);
  await readOrRefuse(async () => {
    mustAnswer(provider, IDS, await askAbout(await sessionOf(new ScriptedHttp(input), true), IDS, signal));
  }, REFUSALS);
  await readOrRefuse(() => createConnector(depsOf(new ScriptedHttp(input))).fromToken('r', signal), REFUSALS);
}

const post = (id: string): object => ({
  kind: 't3',
  data: {
    name: `t3_${id}`,
    title: 'An invented title',
    selftext: 'some text',
    author: 'someone',
    permalink: `/r/test/comments/${id}/x/`,
    created_utc: 1_500_000_000,
    score: 3,
    saved: true,
    thumbnail: 'https://i.test/t.jpg',
    gallery_data: { items: [{ caption: 'a caption' }] },
    crosspost_parent_list: [{ title: 'the first', selftext: 'its text' }],
  },
});
const comment = (id: string): object => ({
  kind: 't1',
  data: { name: `t1_${id}`, body: 'a comment', link_id: 't3_1abc', created_utc: 1_500_000_000, saved: true },
});
const listing = (after: string | null, ...children: readonly object[]): object => ({
  kind: 'Listing',
  data: { children, after },
});
const token = { access_token: 'a', refresh_token: 'r2', expires_in: 86_400 };

export const redditApi: FuzzTarget = {
  about: "Reddit's answers: listings, single things, tokens",
  seeds: [
    replies(reply(listing('t1_2def', post('1abc'), comment('2def'))), reply(listing(null, post('3ghi')))),
    replies(reply(token), reply(listing(null, post('1abc')))),
    replies(reply(listing(null)), reply(listing(null))),
    replies(reply('', '', 401), reply(token), reply(listing(null, comment('2def')))),
    replies(
      reply({ id: 'id7', name: 'me-myself' }),
      reply(listing(null, post('1abc'), comment('2def'))),
      reply(listing(null, post('1abc'))),
    ),
    replies(reply(token), reply({ id: 'id7', name: 'me-myself' })),
    replies(reply({ error: 'invalid_grant' }), reply('', 'www-authenticate: Bearer error="insufficient_scope"', 403)),
  ],
  words: [
    '"created_utc":0.5',
    '"created_utc":1e300',
    '"removed_by_category":"deleted"',
    '"author":"[deleted]"',
    '"body":"[removed]"',
    '"name":"t1_"',
    '"expires_in":1e400',
    '"after":""',
    '"after":"t3_zzz"',
    '"children":[]',
    '\n%%\n',
    '401\n\n',
  ],
  open: async () => ({ run, close: async () => undefined }),
};
