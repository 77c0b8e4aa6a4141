/** A repository of the invented GitHub. */
export interface FakeRepository {
  id: number;
  nameWithOwner: string;
  description: string | null;
  language: string | null;
  topics: readonly string[];
  stars: number;
  archived: boolean;
  fork: boolean;
  isPrivate: boolean;
  /** 404: deleted, or nobody's to see any more; 451: taken down */
  gone: 404 | 451 | null;
}

export interface FakeStar {
  readonly repositoryId: number;
  /** ISO 8601, whole seconds */
  readonly starredAt: string;
}

export interface FakeLogin {
  readonly id: number;
  name: string;
  /** in any order; listings sort by date */
  stars: FakeStar[];
}

/** Everything that is true at the invented GitHub. Tests change it, also while a list is walked. */
export class GitHubWorld {
  readonly repositories = new Map<number, FakeRepository>();
  readonly logins = new Map<number, FakeLogin>();
  /** login id by token; a token that is not here is refused */
  readonly tokens = new Map<string, number>();
  #clock = Date.UTC(2026, 0, 1);

  login(id: number, name: string, ...tokens: readonly string[]): FakeLogin {
    const login: FakeLogin = { id, name, stars: [] };
    this.logins.set(id, login);
    for (const token of tokens) this.tokens.set(token, id);
    return login;
  }

  repository(id: number, about: Partial<FakeRepository> = {}): FakeRepository {
    const made: FakeRepository = {
      id,
      nameWithOwner: `owner-${id % 7}/repository-${id}`,
      description: `Invented repository number ${id}`,
      language: id % 3 === 0 ? null : 'TypeScript',
      topics: [],
      stars: id % 1000,
      archived: false,
      fork: false,
      isPrivate: false,
      gone: null,
      ...about,
    };
    this.repositories.set(id, made);
    return made;
  }

  star(login: FakeLogin, repositoryId: number, starredAt?: string): void {
    this.#clock += 1000;
    if (!this.repositories.has(repositoryId)) this.repository(repositoryId);
    const at = starredAt ?? `${new Date(this.#clock).toISOString().slice(0, 19)}Z`;
    login.stars = [
      ...login.stars.filter((star) => star.repositoryId !== repositoryId),
      { repositoryId, starredAt: at },
    ];
  }

  unstar(login: FakeLogin, ...repositoryIds: readonly number[]): void {
    login.stars = login.stars.filter(({ repositoryId }) => !repositoryIds.includes(repositoryId));
  }

  /** What a listing shows: newest first, without what is gone. */
  listed(login: FakeLogin): readonly { readonly star: FakeStar; readonly repository: FakeRepository }[] {
    return login.stars
      .flatMap((star) => {
        const repository = this.repositories.get(star.repositoryId);
        return repository === undefined || repository.gone !== null ? [] : [{ star, repository }];
      })
      .sort((a, b) =>
        a.star.starredAt < b.star.starredAt
          ? 1
          : a.star.starredAt > b.star.starredAt
            ? -1
            : b.repository.id - a.repository.id,
      );
  }
}
