import { createLiveProviders } from '../../../app/live-providers.ts';
import { FakeGitHub } from '../../../testing/fake-github/fake-github.ts';
import type { FakeLogin, FakeRepository } from '../../../testing/fake-github/world.ts';
import type { Source } from '../source.ts';
import { Truth } from '../truth.ts';

const TOKEN = 'github_pat_invented';
const FIRST_ID = 100;
const PAGE_STARS = 3;

/** Stars at the fake GitHub, with pages of three. */
export function githubSource(now: () => number): Source {
  const service = new FakeGitHub(now);
  service.mostPerPage = PAGE_STARS;
  const { world } = service;
  const me = world.login(7, 'me-myself', TOKEN);
  const other: FakeLogin = world.login(8, 'somebody-else', 'github_pat_of_another');
  const truth = new Truth();
  const versions = new Map<number, number>();
  const takenFromLaterPages: number[] = [];
  const idOf = (n: number): string => String(FIRST_ID + n);
  const repository = (n: number): FakeRepository =>
    world.repositories.get(FIRST_ID + n) ?? world.repository(FIRST_ID + n, { description: markOf(n) });
  const markOf = (n: number): string => `mark-${n}-${versions.get(n) ?? 0}-`;
  repository(0);
  for (const id of [FIRST_ID, 501, 502]) world.star(other, id);
  return {
    provider: 'github',
    items: 8,
    listsAll: true,
    truth,
    // Page 1 is read again at the end of a walk, and no other.
    shrankUnseen: (since, until) => takenFromLaterPages.some((at) => since <= at && at <= until),
    env: { GITHUB_API_URL: service.origin },
    live: (deps, config) => createLiveProviders(deps, config, service.fetch),
    oembed: service.fetch,
    service,
    connectBy: { by: 'token', token: TOKEN },
    secrets: [TOKEN],
    idOf,
    markOf,
    save(n) {
      if (repository(n).gone !== null || truth.isSaved(idOf(n))) return;
      world.star(me, FIRST_ID + n);
      truth.save(idOf(n), now());
    },
    unsave(n) {
      const place = world.listed(me).findIndex(({ star }) => star.repositoryId === FIRST_ID + n);
      if (place >= PAGE_STARS) takenFromLaterPages.push(now());
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
    // A repository that is gone takes its star with it.
    hide(n) {
      this.unsave(n);
      repository(n).gone = 404;
    },
    show(n) {
      repository(n).gone = null;
    },
    revoke: () => void world.tokens.delete(TOKEN),
    grant: () => void world.tokens.set(TOKEN, me.id),
    impersonate: (isOther) => void world.tokens.set(TOKEN, isOther ? other.id : me.id),
    takeExport: () => null,
    isExcused: () => false,
  };
}
