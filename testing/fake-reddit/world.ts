import { mulberry32 } from '../producer-world.ts';

/** A post or comment of the invented Reddit. */
export interface FakeThing {
  readonly name: string;
  title: string;
  text: string;
  readonly subreddit: string;
  author: string;
  /** what became of it at Reddit; `omitted`: it is not shown at all any more */
  fate: 'there' | 'deleted' | 'removed' | 'omitted';
  /** seconds since the epoch: has nothing to do with when it was saved */
  readonly createdUtc: number;
  score: number;
}

export interface FakeRedditor {
  readonly id: string;
  readonly name: string;
  /** fullnames, last saved first */
  saved: string[];
  /** what the precomputed listing shows of them */
  listing: string[];
}

const SUBREDDITS = ['woodworking', 'askhistorians', 'typescript', 'cooking'];

/** Everything that is true at the invented Reddit. Tests change it, also while a list is walked. */
export class RedditWorld {
  readonly things = new Map<string, FakeThing>();
  readonly redditors = new Map<string, FakeRedditor>();
  /** refresh tokens that count, by redditor id */
  readonly refreshTokens = new Map<string, string>();
  /** access tokens that count: whose, until when (ms), and whether they may see `saved` */
  readonly accessTokens = new Map<
    string,
    { readonly redditor: string; readonly until: number; readonly sees: boolean }
  >();
  /** where the listing is cut off; unsaving leaves a gap there that is filled by chance only */
  cap = 1000;
  /** chance that an unsave brings the next one into the listing */
  refill = 0.3;
  readonly #random: () => number;

  constructor(seed = 1) {
    this.#random = mulberry32(seed);
  }

  redditor(id: string, name: string, refreshToken: string): FakeRedditor {
    const redditor: FakeRedditor = { id, name, saved: [], listing: [] };
    this.redditors.set(id, redditor);
    this.refreshTokens.set(refreshToken, id);
    return redditor;
  }

  /** The nth invented thing: every fourth is a comment. */
  thing(n: number): FakeThing {
    const name = `${n % 4 === 3 ? 't1' : 't3'}_${(n + 1_000_000).toString(36)}`;
    const known = this.things.get(name);
    if (known !== undefined) return known;
    const made: FakeThing = {
      name,
      title: `Invented post number ${n}`,
      text: n % 4 === 1 ? '' : `Something to read about subject ${n % 11}, written by hand as number ${n}`,
      subreddit: SUBREDDITS[n % SUBREDDITS.length] ?? 'test',
      author: `author_${n % 23}`,
      fate: 'there',
      createdUtc: 1_300_000_000 + ((n * 7_919) % 400_000_000),
      score: n % 500,
    };
    this.things.set(name, made);
    return made;
  }

  /** The last one is the newest. */
  save(redditor: FakeRedditor, ...names: readonly string[]): void {
    for (const name of names) {
      redditor.saved = [name, ...redditor.saved.filter((each) => each !== name)];
      redditor.listing = [name, ...redditor.listing.filter((each) => each !== name)].slice(0, this.cap);
    }
  }

  unsave(redditor: FakeRedditor, ...names: readonly string[]): void {
    for (const name of names) {
      redditor.saved = redditor.saved.filter((each) => each !== name);
      if (!redditor.listing.includes(name)) continue;
      redditor.listing = redditor.listing.filter((each) => each !== name);
      const next = redditor.saved[redditor.listing.length];
      if (next !== undefined && !redditor.listing.includes(next) && this.#random() < this.refill)
        redditor.listing.push(next);
    }
  }
}
