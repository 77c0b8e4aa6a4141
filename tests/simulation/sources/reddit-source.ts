import { createLiveProviders } from '../../../app/live-providers.ts';
import { FakeReddit } from '../../../testing/fake-reddit/fake-reddit.ts';
import { shapeOf } from '../../../testing/fake-reddit/shapes.ts';
import type { FakeThing } from '../../../testing/fake-reddit/world.ts';
import { makeZip } from '../../../testing/make-zip.ts';
import { type InventedLink, savedCsv } from '../../../testing/reddit-requests.ts';
import type { Source, Taken } from '../source.ts';
import { Truth } from '../truth.ts';

const REFRESH = 'invented-refresh-token';
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
  const truth = new Truth();
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
  const takeExport = (how: 'honest' | 'forged'): Taken => {
    const names = how === 'honest' ? me.saved : me.saved.slice(1);
    const csv = (kind: string): string => savedCsv(names.filter((name) => name.startsWith(kind)).map(linkOf));
    const bytes = makeZip([
      { name: 'saved_posts.csv', data: csv('t3'), stored: true },
      { name: 'saved_comments.csv', data: csv('t1'), stored: true },
    ]);
    return { name: 'export.zip', bytes, asOf: now(), isForged: how === 'forged' };
  };
  return {
    provider: 'reddit',
    items: 8,
    listsAll,
    truth,
    shrankUnseen: (since, until) => truth.hasShrunk(since, until),
    env: {
      REDDIT_API_URL: service.origin,
      REDDIT_AUTH_URL: service.origin,
      REDDIT_CLIENT_ID: service.clientId,
      REDDIT_CLIENT_SECRET: service.clientSecret,
    },
    live: (deps, config) => createLiveProviders(deps, config, service.fetch),
    oembed: service.fetch,
    service: connected ? service : null,
    connectBy: connected ? { by: 'token', token: REFRESH } : null,
    publicBy: null,
    secrets: [REFRESH, OTHER_REFRESH],
    idOf,
    markOf,
    save(n) {
      if (truth.isSaved(idOf(n))) return;
      world.save(me, thing(n).name);
      truth.save(idOf(n), now());
    },
    unsave(n) {
      world.unsave(me, idOf(n));
      truth.unsave(idOf(n), now());
    },
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
    revoke: () => {
      world.refreshTokens.clear();
      world.accessTokens.clear();
    },
    grant: () => void world.refreshTokens.set(REFRESH, me.id),
    impersonate(isOther) {
      world.accessTokens.clear();
      for (const token of world.refreshTokens.keys()) world.refreshTokens.set(token, isOther ? other.id : me.id);
    },
    takeExport,
    // What was hidden may have been purged; what never stood in the shortened list is not known of; a link has no words.
    isPrivate: () => false,
    isExcused: (n) => everHidden.has(n) || !me.listing.includes(idOf(n)) || !connected,
  };
}
