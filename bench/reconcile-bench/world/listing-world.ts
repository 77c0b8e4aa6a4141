import { FakeGitHub } from '../../../testing/fake-github/fake-github.ts';
import type { FakeLogin } from '../../../testing/fake-github/world.ts';
import type { SavedItem } from '../contender.ts';
import { type Listing, World } from './world.ts';

const FIRST_ID = 1000;
const TOKEN = 'github_pat_invented';
const OTHERS = 12;

/** A list that is walked by pages, newest first: stars at the fake GitHub. */
export class ListingWorld extends World {
  readonly github: FakeGitHub;
  readonly listing: Listing;
  readonly me: FakeLogin;
  readonly #other: FakeLogin;

  constructor(random: () => number, now: () => number, perPage: number) {
    super(random);
    this.github = new FakeGitHub(now);
    this.github.mostPerPage = perPage;
    this.listing = { service: this.github, token: TOKEN };
    this.me = this.github.world.login(7, 'me-myself', TOKEN);
    this.#other = this.github.world.login(8, 'somebody-else', 'github_pat_of_another');
    for (let n = 0; n < OTHERS; n++) this.github.world.star(this.#other, FIRST_ID / 2 + n);
  }

  idOf(n: number): string {
    return String(FIRST_ID + n);
  }

  itemOf(n: number): SavedItem {
    const repository = this.github.world.repositories.get(FIRST_ID + n);
    const star = this.me.stars.find(({ repositoryId }) => repositoryId === FIRST_ID + n);
    const name = repository?.nameWithOwner ?? '';
    return {
      id: this.idOf(n),
      title: name,
      text: repository?.description ?? '',
      url: `https://github.com/${name}`,
      savedAt: star?.starredAt ?? '',
      stars: repository?.stars ?? 0,
    };
  }

  /** The names that are made of these are `owner/name`. */
  rename(n: number, nameWithOwner: string): void {
    const repository = this.github.world.repositories.get(FIRST_ID + n);
    if (repository !== undefined) repository.nameWithOwner = nameWithOwner;
  }

  /** Counters of everything change, and nothing else. */
  churn(): void {
    for (const repository of this.github.world.repositories.values()) repository.stars += 1;
  }

  /** The credentials are those of somebody else, or the right ones again. */
  impersonate(isOther: boolean): void {
    this.github.world.tokens.set(TOKEN, isOther ? this.#other.id : this.me.id);
  }

  protected put(n: number): void {
    const id = FIRST_ID + n;
    const known = this.github.world.repositories.get(id);
    if (known === undefined) this.github.world.repository(id, { description: this.textOf(n) });
    else known.description = this.textOf(n);
    if (!this.me.stars.some(({ repositoryId }) => repositoryId === id)) this.github.world.star(this.me, id);
  }

  protected take(n: number): void {
    this.github.world.unstar(this.me, FIRST_ID + n);
  }
}
