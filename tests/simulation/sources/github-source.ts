import { createLiveProviders } from '../../../app/live-providers.ts';
import type { ConnectBy } from '../../../producers/sync/connect.ts';
import { FakeGitHub } from '../../../testing/fake-github/fake-github.ts';
import type { FakeLogin, FakeRepository } from '../../../testing/fake-github/world.ts';
import type { Saved, Source } from '../source.ts';
import { Truth } from '../truth.ts';

const SECRET = 'github_pat_invented';
const LOGIN_NAME = 'me-myself';
export const TOKEN: ConnectBy = { by: 'token', token: SECRET };
export const PUBLIC: ConnectBy = { by: 'public', loginName: LOGIN_NAME };
const NEIGHBOUR_SECRET = 'github_pat_of_the_neighbour';
const NEIGHBOUR_NAME = 'next-door';
const NEIGHBOUR_TOKEN: ConnectBy = { by: 'token', token: NEIGHBOUR_SECRET };
const NEIGHBOUR_PUBLIC: ConnectBy = { by: 'public', loginName: NEIGHBOUR_NAME };
const FIRST_ID = 100;
const PAGE_STARS = 3;
const PRIVATE_EVERY = 3;

const idOf = (n: number): string => String(FIRST_ID + n);

interface Stars extends Saved {
  /** A list shows the star no more, though it may still be there. */
  vanish(n: number): void;
  reappear(n: number): void;
}

/**
 * Stars at the fake GitHub, with pages of three. With a token, every third repository is private from the beginning; of a list that
 * nobody but the public ever saw, those that are hidden become private.
 */
export function githubSource(now: () => number, connectBy: ConnectBy): Source {
  const service = new FakeGitHub(now);
  service.mostPerPage = PAGE_STARS;
  const { world } = service;
  const hasToken = connectBy.by === 'token';
  const me = world.login(7, LOGIN_NAME, SECRET);
  const other: FakeLogin = world.login(8, 'somebody-else', 'github_pat_of_another');
  const next = world.login(9, NEIGHBOUR_NAME, NEIGHBOUR_SECRET);
  const versions = new Map<number, number>();
  const repository = (n: number): FakeRepository =>
    world.repositories.get(FIRST_ID + n) ??
    world.repository(FIRST_ID + n, { description: markOf(n), isPrivate: hasToken && n % PRIVATE_EVERY === 2 });
  const markOf = (n: number): string => `mark-${n}-${versions.get(n) ?? 0}-`;
  const starsOf = (login: FakeLogin, loginBy: ConnectBy): Stars => {
    const truth = new Truth();
    const takenFromLaterPages: number[] = [];
    /** Page 1 is read again at the end of a walk, and no other. */
    const vanish = (n: number): void => {
      const place = world.listed(login).findIndex(({ star }) => star.repositoryId === FIRST_ID + n);
      if (place >= PAGE_STARS) takenFromLaterPages.push(now());
      truth.unsave(idOf(n), now());
    };
    return {
      provider: 'github',
      items: 8,
      listsAll: true,
      truth,
      connectBy: loginBy,
      shrankUnseen: (since, until) => takenFromLaterPages.some((at) => since <= at && at <= until),
      idOf,
      markOf,
      save(n) {
        const { gone, isPrivate } = repository(n);
        if (gone !== null || (isPrivate && !hasToken) || truth.isSaved(idOf(n))) return;
        world.star(login, FIRST_ID + n);
        truth.save(idOf(n), now());
      },
      unsave(n) {
        vanish(n);
        world.unstar(login, FIRST_ID + n);
      },
      vanish,
      reappear(n) {
        if (login.stars.some((star) => star.repositoryId === FIRST_ID + n)) truth.save(idOf(n), now());
      },
      takeExport: () => null,
      isPrivate: (n) => hasToken && repository(n).isPrivate,
      isExcused: () => false,
    };
  };
  const mine = starsOf(me, connectBy);
  const neighbour = starsOf(next, hasToken ? NEIGHBOUR_TOKEN : NEIGHBOUR_PUBLIC);
  const both = [mine, neighbour];
  repository(0);
  for (const id of [FIRST_ID, 501, 502]) world.star(other, id);
  return {
    ...mine,
    neighbour,
    env: { GITHUB_API_URL: service.origin },
    live: (deps, config) => createLiveProviders(deps, config, service.fetch),
    oembed: service.fetch,
    service,
    publicBy: hasToken ? PUBLIC : null,
    secrets: hasToken ? [SECRET, NEIGHBOUR_SECRET] : [],
    edit(n, version) {
      versions.set(n, version);
      repository(n).description = markOf(n);
    },
    // Its name is part of what it says.
    twin: () => false,
    touch(n) {
      const touched = repository(n);
      touched.stars += 1;
      if (touched.stars % 3 === 0) touched.nameWithOwner = `owner-${touched.stars}/renamed-${n}`;
    },
    // A repository that is gone takes its stars with it; one that becomes private keeps them, and shows them to nobody without a token.
    hide(n) {
      if (hasToken) {
        for (const stars of both) stars.unsave(n);
        repository(n).gone = 404;
        return;
      }
      for (const stars of both) stars.vanish(n);
      repository(n).isPrivate = true;
    },
    show(n) {
      repository(n).gone = null;
      if (hasToken || !repository(n).isPrivate) return;
      repository(n).isPrivate = false;
      for (const stars of both) stars.reappear(n);
    },
    revoke: () => void world.tokens.delete(SECRET),
    grant: () => void world.tokens.set(SECRET, me.id),
    impersonate: (isOther) => void world.tokens.set(SECRET, isOther ? other.id : me.id),
  };
}
