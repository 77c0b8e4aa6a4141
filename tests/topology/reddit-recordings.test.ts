import { afterEach, describe, expect, it } from '@jest/globals';
import { createProviderHttp } from '../../producers/http/provider-http.ts';
import { createRedditProvider } from '../../producers/reddit/provider.ts';
import { REDDIT_RATE_RULES } from '../../producers/reddit/rate-rules.ts';
import { RedditSession } from '../../producers/reddit/session.ts';
import { readThing } from '../../producers/reddit/thing.ts';
import { MemoryMetadataStore } from '../../testing/memory-metadata/memory-metadata-store.ts';
import { type Exchange, invented, RecordedHttp, readRecording } from '../../testing/recorded-http/recorded-http.ts';
import { RecordingTelemetry } from '../../testing/recording-telemetry.ts';
import { seedFor } from '../../testing/seeds.ts';
import { connectAndSync, openSyncDriver, syncNow } from '../../testing/topology/sync-driver.ts';
import type { TopologyDriver } from '../../testing/topology/topology-driver.ts';
import { VirtualClock } from '../../testing/virtual-clock.ts';

const API = 'https://oauth.reddit.com';
const AUTH = 'https://www.reddit.com';
const ME = invented(`${API}/api/v1/me`, { id: '2abc', name: 'me_myself' });
const SAVED = '/user/me_myself/saved';
const REFRESH = { by: 'token', token: 'invented-refresh-token' } as const;
const app = { authUrl: AUTH, clientId: 'invented-client', clientSecret: 'invented-secret' };
const signal = new AbortController().signal;

interface Listed {
  readonly kind: string;
  readonly data: { readonly name: string; readonly link_title?: string; readonly permalink?: string };
}

interface Listing {
  readonly data: { readonly children: readonly Listed[]; readonly after: string | null };
}

describe('Reddit as it was recorded, byte for byte', () => {
  const seed = seedFor('TOPOLOGY_SEED');
  let driver: TopologyDriver | undefined;
  afterEach(async () => {
    await driver?.close();
    driver = undefined;
  });

  const open = async (service: RecordedHttp): Promise<TopologyDriver> => {
    driver = await openSyncDriver({
      seed,
      service,
      env: {
        REDDIT_API_URL: API,
        REDDIT_AUTH_URL: AUTH,
        REDDIT_CLIENT_ID: app.clientId,
        REDDIT_CLIENT_SECRET: app.clientSecret,
      },
    });
    return driver;
  };
  const childrenOf = (exchange: Exchange | undefined): readonly Listed[] =>
    (JSON.parse(exchange?.body ?? '{"data":{"children":[]}}') as Listing).data.children;
  const names = (children: readonly Listed[]): readonly string[] => children.map(({ data }) => data.name).sort();
  /** Lists as if they were the saved one, with the token that was recorded before them. */
  const asSaved = ([token, ...pages]: readonly Exchange[]): RecordedHttp =>
    new RecordedHttp()
      .add([ME])
      .add(token === undefined ? [] : [token])
      .add(pages, SAVED);

  it('reads the saved list of 2016, with comments that name no address of their own', async () => {
    const exchanges = readRecording('reddit/praw.TestRedditorListings.test_saved.json');
    if (exchanges === null) return;
    const listed = childrenOf(exchanges[1]);
    const on = await open(asSaved(exchanges));
    await connectAndSync(on, 'reddit', REFRESH);
    expect(listed).toHaveLength(18);
    expect(await on.ids()).toEqual(names(listed));
    const comment = listed.find(({ kind }) => kind === 't1');
    const item = (await on.items()).find(({ itemId }) => itemId === comment?.data.name);
    expect(comment?.data.permalink).toBeUndefined();
    expect(item).toMatchObject({ title: comment?.data.link_title, url: expect.stringContaining('/comments/2n5e28/') });
    expect(await syncNow(on, 'reddit', true)).toMatchObject({ fetched: 18, new: 0, removed: 0, converged: true });
  });

  it('walks 1,001 things in eleven pages to their end, and knows that such a list may be a window', async () => {
    const exchanges = readRecording('reddit/praw.TestListingGenerator.test_exhaust_items.json');
    if (exchanges === null) return;
    const listed = exchanges.slice(1).flatMap(childrenOf);
    const service = asSaved(exchanges);
    const on = await open(service);
    await connectAndSync(on, 'reddit', REFRESH);
    expect(await on.ids()).toEqual(names(listed));
    expect(service.asked.filter((line) => line.includes('/saved?'))).toHaveLength(11);
    const full = await syncNow(on, 'reddit', true);
    expect(full).toMatchObject({ fetched: 1001, new: 0, updated: 0, removed: 0, converged: null, requests: 11 });
  });

  it('takes every field set of 2026, and aborts where the recording ends in the middle of the list', async () => {
    const exchanges = readRecording('reddit/praw.TestRedditorListings.test_overview__new.json');
    if (exchanges === null) return;
    const listed = childrenOf(exchanges[1]);
    const on = await open(asSaved(exchanges));
    await connectAndSync(on, 'reddit', REFRESH);
    expect(await on.ids()).toEqual(names(listed));
    expect(await on.deadLetters()).toBe(0);
    expect((await on.items()).filter(({ title, url }) => title === null || url === null)).toEqual([]);
    expect(await syncNow(on, 'reddit', true)).toMatchObject({ removed: 0, error: expect.any(String) });
  });

  it('takes an empty list for one, and holds what is missing in it', async () => {
    const first = readRecording('reddit/praw.TestRedditorListings.test_saved.json');
    const empty = readRecording('reddit/praw.TestListingGenerator.test_no_items.json');
    if (first === null || empty === null) return;
    const listed = childrenOf(first[1]).map(({ kind, data }) => ({ kind, data: { ...data, saved: false } }));
    const service = asSaved(first).add(empty.slice(1), SAVED);
    service.add([invented(`${API}/api/info`, { kind: 'Listing', data: { children: listed, after: null } })]);
    const on = await open(service);
    await connectAndSync(on, 'reddit', REFRESH);
    expect(await syncNow(on, 'reddit', true)).toMatchObject({ fetched: 0, removed: 0, held: 18, error: null });
    expect(await on.ids('held')).toEqual(names(listed));
  });

  it('takes 403 for somebody else’s list, removes nothing, and does not ask to be connected again', async () => {
    const first = readRecording('reddit/praw.TestRedditorListings.test_saved.json');
    const refused = readRecording('reddit/praw.TestRedditorListings.test_saved__other_user.json');
    if (first === null || refused === null) return;
    const on = await open(asSaved(first).add(refused.slice(1), SAVED));
    await connectAndSync(on, 'reddit', REFRESH);
    const report = await syncNow(on, 'reddit', true);
    expect(report).toMatchObject({ removed: 0, needsReauth: false, error: expect.stringContaining('403') });
    expect(await on.ids()).toHaveLength(18);
  });

  it('refuses a refresh token that Reddit refuses, and keeps the one that comes with the answer', async () => {
    const invalid = readRecording('reddit/prawcore.TestAuthorizer.test_refresh__with_invalid_token.json');
    const refreshed = readRecording('reddit/prawcore.TestAuthorizer.test_refresh.json');
    if (invalid === null || refreshed === null) return;
    const on = await open(new RecordedHttp().add(invalid));
    await expect(connectAndSync(on, 'reddit', REFRESH)).rejects.toThrow('Reddit refuses the token');
    const told = await on.app.metadata.get('reddit:me');
    expect(told).toBeNull();
    const kept = await renewedBy(refreshed);
    expect(kept).toMatchObject({ refreshToken: '<REFRESH_TOKEN>', accessToken: '<ACCESS_TOKEN>' });
  });

  it('takes a code for a permanent grant', async () => {
    const granted = readRecording('reddit/prawcore.TestAuthorizer.test_authorize__with_permanent_grant.json');
    if (granted === null) return;
    expect(await renewedBy(granted)).toMatchObject({ refreshToken: '<REFRESH_TOKEN>', expiresAt: 3_600_000 + START });
  });

  it('waits as long as 429 says, and tries a server that is away again', async () => {
    const limited = readRecording(
      'reddit/prawcore.TestSession.test_request__too__many_requests__with_retry_headers.json',
    );
    const away = readRecording('reddit/prawcore.TestSession.test_request__service_unavailable.json');
    if (limited === null || away === null) return;
    const on = await open(new RecordedHttp().add(limited).add([ME]).add(away.slice(1), SAVED).add([noneSaved], SAVED));
    const before = on.app.clock.now();
    await connectAndSync(on, 'reddit', REFRESH);
    expect(on.app.clock.now() - before).toBeGreaterThanOrEqual(4000);
    expect(on.parts.lines.filter((line) => line.includes('waiting for a rate limit'))).toHaveLength(1);
    expect(on.parts.lines.filter((line) => line.includes('aborted'))).toEqual([]);
  });

  it('goes on with a new token where the old one is not taken any more', async () => {
    const exchanges = readRecording('reddit/prawcore.TestSession.test_request__with_invalid_access_token__retry.json');
    if (exchanges === null) return;
    const [token, refused, renewed, page] = exchanges;
    if (token === undefined || refused === undefined || renewed === undefined || page === undefined) throw new Error();
    const service = new RecordedHttp().add([ME, token, renewed]).add([refused, page], SAVED);
    const on = await open(service);
    await connectAndSync(on, 'reddit', REFRESH);
    expect(service.asked.map((line) => line.replace(/\?\S*/, ''))).toEqual([
      'POST /api/v1/access_token 200',
      'GET /api/v1/me 200',
      `GET ${SAVED} 401`,
      'POST /api/v1/access_token 200',
      `GET ${SAVED} 200`,
      `GET ${SAVED} nobody`,
      `GET ${SAVED} nobody`,
      `GET ${SAVED} nobody`,
      `GET ${SAVED} nobody`,
    ]);
    expect(await on.ids()).toEqual(names(childrenOf(page)));
  });

  it('asks about 300 things, of which 297 come back and the others are unknown', async () => {
    const exchanges = readRecording('reddit/praw.TestReddit.test_info.json');
    if (exchanges === null) return;
    const asked = exchanges.slice(1).map(({ url }) => (url.searchParams.get('id') ?? '').split(','));
    const shown = new Set(
      exchanges
        .slice(1)
        .flatMap(childrenOf)
        .map(({ data }) => data.name),
    );
    const service = new RecordedHttp().add([ME]).add(exchanges);
    const provider = providerOf(service);
    const session = await sessionOf(service);
    if ('notApplicable' in provider.recheck) throw new Error('Reddit can be asked');
    const answers = [];
    for (const ids of asked) answers.push(...(await provider.recheck.run(session, 'saved', ids, signal)));
    expect(answers.map(({ itemId }) => itemId)).toEqual(asked.flat());
    // Subreddits (t5) are none of ours.
    const unknown = answers.filter(({ answer }) => answer === 'unknown').map(({ itemId }) => itemId);
    expect(unknown).toEqual(asked.flat().filter((id) => id.startsWith('t5_') || !shown.has(id)));
    expect(unknown.filter((id) => !id.startsWith('t5_'))).toEqual(['t3_5dec66', 't3_5dec67', 't3_5dec68']);
    const told = new Set(answers.filter(({ itemId }) => !itemId.startsWith('t5_')).map(({ answer }) => answer));
    expect([...told].sort()).toEqual(['deleted', 'unknown', 'unsaved']);
  });

  it('sees that a comment was deleted by its author', async () => {
    const exchanges = readRecording('reddit/praw.TestComment.test_refresh__deleted_comment.json');
    if (exchanges === null) return;
    const service = new RecordedHttp().add([ME]).add(exchanges);
    const provider = providerOf(service);
    if ('notApplicable' in provider.recheck) throw new Error('Reddit can be asked');
    const [answer] = await provider.recheck.run(await sessionOf(service), 'saved', ['t1_d7ltvl0'], signal);
    expect(answer).toMatchObject({ itemId: 't1_d7ltvl0', answer: 'deleted', saved: false });
  });

  it('finds the words of galleries and of what was posted elsewhere first', () => {
    const gallery = readRecording('reddit/praw.TestSubreddit.test_submit_gallery.json');
    const crosspost = readRecording('reddit/praw.TestSubmission.test_crosspost.json');
    const escaped = readRecording('reddit/prawcore.TestSession.test_request__raw_json.json');
    if (gallery === null || crosspost === null || escaped === null) return;
    const provider = providerOf(new RecordedHttp());
    const postOf = (exchange: Exchange | undefined): ReturnType<typeof readThing> => {
      const [post] = JSON.parse(exchange?.body ?? '[]') as Listing[];
      return readThing(post?.data.children[0]);
    };
    const [pictures, shared] = [postOf(gallery.at(-1)), postOf(crosspost.at(-1))];
    const captions = pictures.data.gallery_data?.items.flatMap(({ caption }) => caption ?? []) ?? [];
    expect(captions.length).toBeGreaterThan(0);
    for (const caption of captions) expect(provider.vectorizationText(pictures)).toContain(caption);
    const [parent] = shared.data.crosspost_parent_list ?? [];
    expect(provider.toDocument(shared).extra).toContain(shared.data.crosspost_parent ?? 'a parent');
    expect(provider.vectorizationText(shared)).toContain(parent?.title ?? 'a title');
    const text = provider.vectorizationText(postOf(escaped.at(-1))) ?? '';
    expect(text).toMatch(/[<>&]/);
    expect(text).not.toMatch(/&(lt|gt|amp);/);
  });
});

const START = 1_700_000_000_000;
const noneSaved = invented(`${API}${SAVED}`, { kind: 'Listing', data: { children: [], after: null } });

function clientOf(service: RecordedHttp, clock: VirtualClock): ReturnType<typeof createProviderHttp> {
  const deps = {
    fetch: service.fetch,
    metadata: new MemoryMetadataStore(),
    clock,
    random: () => 0.5,
    telemetry: new RecordingTelemetry(),
    instance: 'here',
  };
  return createProviderHttp(deps, { provider: 'reddit', credential: 'x', rules: REDDIT_RATE_RULES, userAgent: 'test' });
}

function providerOf(service: RecordedHttp): ReturnType<typeof createRedditProvider> {
  const clock = new VirtualClock(START);
  const http = clientOf(service, clock);
  return createRedditProvider({ apiUrl: API, clock, app, redirectUrl: '', configured: true, httpFor: () => http });
}

function holderOf(): Parameters<typeof RedditSession.open>[2] & { readonly kept: { value: unknown } } {
  const kept: { value: unknown } = { value: null };
  const given = { kind: 'oauth', accessToken: null, refreshToken: 'invented', expiresAt: null } as const;
  return {
    account: { provider: 'reddit', user: 'me' },
    login: '2abc',
    loginName: 'me_myself',
    kept,
    read: async () => given,
    async renew(renewal) {
      const next = await renewal(given);
      kept.value = next;
      return next;
    },
  };
}

async function sessionOf(service: RecordedHttp, holder = holderOf()): Promise<RedditSession> {
  const clock = new VirtualClock(START);
  const http = clientOf(service, clock);
  return RedditSession.open({ apiUrl: API, clock, httpFor: () => http }, app, holder);
}

/** What an account keeps after Reddit answered so. */
async function renewedBy(exchanges: readonly Exchange[]): Promise<unknown> {
  const holder = holderOf();
  const session = await sessionOf(new RecordedHttp().add([ME]).add(exchanges), holder);
  await session.identify(signal);
  return holder.kept.value;
}
