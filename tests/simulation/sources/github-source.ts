import { createLiveProviders } from '../../../app/live-providers.ts';
import type { ConnectBy } from '../../../producers/sync/connect.ts';
import { FakeGitHub } from '../../../testing/fake-github/fake-github.ts';
import type { FakeLogin, FakeRepository } from '../../../testing/fake-github/world.ts';
import type { Source } from '../source.ts';
import { Truth } from '../truth.ts';

const SECRET = 'github_pat_invented';
const LOGIN_NAME = 'me-myself';
export const TOKEN: ConnectBy = { by: 'token', token: SECRET };
export const PUBLIC: ConnectBy = { by: 'public', loginName: LOGIN_NAME };
const FIRST_ID = 100;
const PAGE_STARS = 3;
const PRIVATE_EVERY = 3;

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
  const truth = new Truth();
  const versions = new Map<number, number>();
  const takenFromLaterPages: number[] = [];
  const idOf = (n: number): string => String(FIRST_ID + n);
  const repository = (n: number): FakeRepository =>
    world.repositories.get(FIRST_ID + n) ??
    world.repository(FIRST_ID + n, { description: markOf(n), isPrivate: hasToken && n % PRIVATE_EVERY === 2 });
  const markOf = (n: number): string => `mark-${n}-${versions.get(n) ?? 0}-`;
  /** Page 1 is read again at the end of a walk, and no other. */
  const notePlace = (n: number): void => {
    const place = world.listed(me).findIndex(({ star }) => star.repositoryId === FIRST_ID + n);
    if (place >= PAGE_STARS) takenFromLaterPages.push(now());
  };
  repository(0);
  for (const id of [FIRST_ID, 501, 502]) world.star(other, id);
  return {
    provider: 'github',
    items: 8,
    listsAll: true,
    truth,
    shrankUnseen: (since, until) => takenFromLaterPages.some((at) => since <= at && at <= until),
    env: { GITHUB_API_URL: service.origin },
    live: (deps, config) => createLiveProviders(deps, config, service.fetch),
    oembed: service.fetch,
    service,
    connectBy,
    publicBy: hasToken ? PUBLIC : null,
    secrets: hasToken ? [SECRET] : [],
    idOf,
    markOf,
    save(n) {
      const { gone, isPrivate } = repository(n);
      if (gone !== null || (isPrivate && !hasToken) || truth.isSaved(idOf(n))) return;
      world.star(me, FIRST_ID + n);
      truth.save(idOf(n), now());
    },
    unsave(n) {
      notePlace(n);
      world.unstar(me, FIRST_ID + n);
      truth.unsave(idOf(n), now());
    },
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
    // A repository that is gone takes its star with it; one that becomes private keeps it, and shows it to nobody without a token.
    hide(n) {
      if (hasToken) {
        this.unsave(n);
        repository(n).gone = 404;
        return;
      }
      notePlace(n);
      repository(n).isPrivate = true;
      truth.unsave(idOf(n), now());
    },
    show(n) {
      repository(n).gone = null;
      if (hasToken || !repository(n).isPrivate) return;
      repository(n).isPrivate = false;
      if (me.stars.some((star) => star.repositoryId === FIRST_ID + n)) truth.save(idOf(n), now());
    },
    revoke: () => void world.tokens.delete(SECRET),
    grant: () => void world.tokens.set(SECRET, me.id),
    impersonate: (isOther) => void world.tokens.set(SECRET, isOther ? other.id : me.id),
    takeExport: () => null,
    isPrivate: (n) => hasToken && repository(n).isPrivate,
    isExcused: () => false,
  };
}
