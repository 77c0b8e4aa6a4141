import { createLiveProviders } from '../../../app/live-providers.ts';
import { FakeReddit } from '../../../testing/fake-reddit/fake-reddit.ts';
import { shapeOf } from '../../../testing/fake-reddit/shapes.ts';
import type { FakeRedditor, FakeThing } from '../../../testing/fake-reddit/world.ts';
import { makeZip } from '../../../testing/make-zip.ts';
import { type InventedLink, savedCsv } from '../../../testing/reddit-requests.ts';
import type { Saved, Source } from '../source.ts';
import { Truth } from '../truth.ts';

const REFRESH = 'invented-refresh-token';
const NEIGHBOUR_REFRESH = 'invented-refresh-token-of-the-neighbour';
const OTHER_REFRESH = 'invented-refresh-token-of-another';

/** Saved things at the fake Reddit, with pages of three, and its data request. `connected`: it can be asked, too. */
export function redditSource(now: () => number, seed: number, connected: boolean): Source {
  const service = new FakeReddit(now, seed);
  service.mostPerPage = 3;
  // Pages of a list that was shortened without a word, in some histories.
  const listsAll = seed % 4 !== 0;
  if (!listsAll) service.world.cap = 6;
  const { world } = service;
  const me = world.redditor('2abc', 'me_myself', REFRESH);
  const other = world.redditor('2xyz', 'somebody_else', OTHER_REFRESH);
  const next = world.redditor('2nxt', 'next_door', NEIGHBOUR_REFRESH);
  const versions = new Map<number, number>();
  const everHidden = new Set<number>();
  const twins = new Map<number, string>();
  const markOf = (n: number): string => twins.get(n) ?? `mark-${n}-${versions.get(n) ?? 0}-`;
  const thing = (n: number): FakeThing => {
    const found = world.thing(n);
    found.title = `Invented ${markOf(n)}`;
    found.text = `Words of ${markOf(n)}`;
    return found;
  };
  const idOf = (n: number): string => world.thing(n).name;
  for (const n of [0, 50, 51]) world.save(other, world.thing(n).name);
  const linkOf = (name: string): InventedLink => {
    const found = world.things.get(name);
    if (found === undefined) throw new Error(`there is no ${name}`);
    const { data } = shapeOf(found, true, false) as { readonly data: { readonly permalink: string } };
    return { id: name.slice(3), permalink: `https://www.reddit.com${data.permalink}` };
  };
  const savedOf = (redditor: FakeRedditor, refreshToken: string): Saved => {
    const truth = new Truth();
    return {
      provider: 'reddit',
      items: 8,
      listsAll,
      truth,
      shrankUnseen: (since, until) => truth.hasShrunk(since, until),
      connectBy: connected ? { by: 'token', token: refreshToken } : null,
      idOf,
      markOf,
      save(n) {
        if (truth.isSaved(idOf(n))) return;
        world.save(redditor, thing(n).name);
        truth.save(idOf(n), now());
      },
      unsave(n) {
        world.unsave(redditor, idOf(n));
        truth.unsave(idOf(n), now());
      },
      takeExport(how) {
        const names = how === 'honest' ? redditor.saved : redditor.saved.slice(1);
        const csv = (kind: string): string => savedCsv(names.filter((name) => name.startsWith(kind)).map(linkOf));
        const bytes = makeZip([
          { name: 'saved_posts.csv', data: csv('t3'), stored: true },
          { name: 'saved_comments.csv', data: csv('t1'), stored: true },
        ]);
        return { name: 'export.zip', bytes, asOf: now(), isForged: how === 'forged' };
      },
      isPrivate: () => false,
      // What was hidden may have been purged; what never stood in the shortened list is not known of; a link has no words.
      isExcused: (n) => everHidden.has(n) || !redditor.listing.includes(idOf(n)) || !connected,
    };
  };
  const isOfNext = (id: string): boolean => id === next.id;
  const forget = (): void => {
    for (const [token, { redditor }] of world.accessTokens) if (!isOfNext(redditor)) world.accessTokens.delete(token);
  };
  return {
    ...savedOf(me, REFRESH),
    neighbour: savedOf(next, NEIGHBOUR_REFRESH),
    env: {
      REDDIT_API_URL: service.origin,
      REDDIT_AUTH_URL: service.origin,
      REDDIT_CLIENT_ID: service.clientId,
      REDDIT_CLIENT_SECRET: service.clientSecret,
    },
    live: (deps, config) => createLiveProviders(deps, config, service.fetch),
    oembed: service.fetch,
    service: connected ? service : null,
    publicBy: null,
    secrets: [REFRESH, OTHER_REFRESH, NEIGHBOUR_REFRESH],
    edit(n, version) {
      twins.delete(n);
      versions.set(n, version);
      thing(n);
    },
    twin(n, other) {
      twins.set(n, markOf(other));
      thing(n);
      return true;
    },
    touch(n) {
      world.thing(n).score += 1;
    },
    hide(n) {
      everHidden.add(n);
      world.thing(n).fate = n % 2 === 0 ? 'deleted' : 'removed';
    },
    show(n) {
      world.thing(n).fate = 'there';
    },
    revoke() {
      for (const [token, id] of world.refreshTokens) if (!isOfNext(id)) world.refreshTokens.delete(token);
      forget();
    },
    grant: () => void world.refreshTokens.set(REFRESH, me.id).set(NEIGHBOUR_REFRESH, next.id),
    impersonate(isOther) {
      forget();
      for (const [token, id] of world.refreshTokens)
        if (!isOfNext(id)) world.refreshTokens.set(token, isOther ? other.id : me.id);
    },
  };
}
