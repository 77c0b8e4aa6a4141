import { existsSync } from 'node:fs';
import path from 'node:path';
import { FakeGitHub } from '../../testing/fake-github/fake-github.ts';
import { applyStarDay, readStarHistory, type StarDay } from '../../testing/fake-github/star-history.ts';
import type { FakeLogin } from '../../testing/fake-github/world.ts';
import { FakeOEmbed } from '../../testing/fake-oembed/fake-oembed.ts';
import { FakeOpenAi } from '../../testing/fake-openai/fake-openai.ts';
import { FakeReddit } from '../../testing/fake-reddit/fake-reddit.ts';
import type { FakeRedditor } from '../../testing/fake-reddit/world.ts';
import { inventedExport, inventedId, inventedRows } from '../../testing/topology/invented-export.ts';
import { IndependentExport, tiktokFixtures } from '../e2e/fixtures.test-support.ts';

export const GITHUB_TOKEN = 'github_pat_invented';
export const REDDIT_TOKEN = 'invented-refresh-token';
/** Recorded days, or as many invented ones. */
export const DAYS = 8;

const HISTORY = path.join(__dirname, '../../../shared/fixtures/github/star-history');
const SEED = 5;
const DIMENSIONS = 32;
const INVENTED_STARS = 120;
const CAPTIONED = 90;
/** The listing of Reddit ends here, and everything beyond is saved all the same. */
const WINDOW = 800;
const BEYOND = 24;
const DAY_MS = 86_400_000;
/** After every row of the exports. */
const EXPORTED = Date.UTC(2025, 7, 1);

/** An export as a person brings it on one day. */
export interface DailyExport {
  readonly user: string;
  readonly fileName: string;
  readonly content: string;
  readonly asOf: string;
}

/** What is true outside of the program, day by day; the same in every telling. Each service is on a loopback port. */
export class World {
  readonly github = new FakeGitHub();
  readonly reddit = new FakeReddit(Date.now, SEED);
  readonly oembed: FakeOEmbed;
  readonly openai: FakeOpenAi;
  /** how often each text was embedded */
  readonly embedded: ReadonlyMap<string, number>;
  readonly #stargazer: FakeLogin;
  readonly #redditor: FakeRedditor;
  readonly #history: readonly StarDay[] | null;
  readonly #exports = exportsOf();
  #things = 0;

  private constructor(oembed: FakeOEmbed, openai: FakeOpenAi, embedded: ReadonlyMap<string, number>) {
    this.oembed = oembed;
    this.openai = openai;
    this.embedded = embedded;
    this.#stargazer = this.github.world.login(7, 'me-myself', GITHUB_TOKEN);
    // What the exports call otherwise than oEmbed does would be called now this, now that, whoever speaks last.
    for (let n = 0; n < CAPTIONED; n++) oembed.unavailable.add(inventedId(n));
    this.reddit.world.cap = WINDOW;
    this.#redditor = this.reddit.world.redditor('2abc', 'me_myself', REDDIT_TOKEN);
    this.#history = existsSync(HISTORY) ? readStarHistory(HISTORY) : null;
  }

  static async begin(): Promise<World> {
    const embedded = new Map<string, number>();
    const onAnswer = (texts: readonly string[]): void => {
      for (const text of texts) embedded.set(text, (embedded.get(text) ?? 0) + 1);
    };
    const openai = await FakeOpenAi.start({ dimensions: DIMENSIONS, latencyMs: 20, onAnswer });
    const world = new World(await FakeOEmbed.start(), openai, embedded);
    await Promise.all([world.github.listen(), world.reddit.listen()]);
    return world;
  }

  /** How the program reaches it. */
  get environment(): Readonly<Record<string, string>> {
    return {
      HOARDARR_EMBEDDER: 'openai',
      OPENAI_API_KEY: 'sk-invented',
      OPENAI_BASE_URL: this.openai.url,
      OPENAI_EMBEDDING_MODEL: 'text-embedding-3-small',
      OPENAI_EMBEDDING_DIMENSIONS: String(DIMENSIONS),
      TIKTOK_OEMBED_URL: this.oembed.url,
      GITHUB_API_URL: this.github.origin,
      REDDIT_API_URL: this.reddit.origin,
      REDDIT_AUTH_URL: this.reddit.origin,
      REDDIT_CLIENT_ID: this.reddit.clientId,
      REDDIT_CLIENT_SECRET: this.reddit.clientSecret,
    };
  }

  /** Makes it the day with this number, from 0 on. */
  become(day: number): void {
    const recorded = this.#history?.[day];
    if (recorded === undefined) this.#inventStars(day);
    else applyStarDay(this.github.world, this.#stargazer, recorded);
    this.#saveAndUnsave(day);
  }

  /** The exports of the day: every second one lacks some rows, which are back on the next. */
  exports(day: number): readonly DailyExport[] {
    return this.#exports.map(({ user, fileName, whole, lacking }) => ({
      user,
      fileName,
      content: day % 2 === 0 ? whole : lacking,
      asOf: new Date(EXPORTED + day * DAY_MS).toISOString().slice(0, 10),
    }));
  }

  async end(): Promise<void> {
    await Promise.all([this.github.close(), this.reddit.close(), this.oembed.close(), this.openai.stop()]);
  }

  #inventStars(day: number): void {
    const { world } = this.github;
    if (day === 0) for (let id = 1; id <= INVENTED_STARS; id++) world.star(this.#stargazer, id);
    else world.unstar(this.#stargazer, 3 * day, 3 * day + 40);
    world.star(this.#stargazer, 1_000 + day);
    world.repository(50 + day, { description: `Described anew on day ${day}` });
  }

  /** Some more are saved, and the old ones fall out of the window; a few are unsaved, one is deleted by its author. */
  #saveAndUnsave(day: number): void {
    const { world } = this.reddit;
    for (const end = this.#things + (day === 0 ? WINDOW + BEYOND : 6); this.#things < end; this.#things++)
      world.save(this.#redditor, world.thing(this.#things).name);
    if (day === 0) return;
    world.unsave(this.#redditor, world.thing(7 * day).name, world.thing(WINDOW - 11 * day).name);
    world.thing(300 + day).fate = 'deleted';
  }
}

interface Exports {
  readonly user: string;
  readonly fileName: string;
  readonly whole: string;
  readonly lacking: string;
}

/** Real exports where they are, and one that is invented. */
function exportsOf(): readonly Exports[] {
  const names = { 'your-activity.2025-06.json': 'me', 'likes-and-favorites.2025-04.full.json': 'lea' };
  const real = tiktokFixtures().flatMap((fixture): Exports[] => {
    const user = names[fixture.name as keyof typeof names];
    if (user === undefined) return [];
    const read = new IndependentExport(fixture);
    const gone = [...new Set(read.middle.map(({ id }) => id))].filter((_, n) => n % 4 === 1);
    return [{ user, fileName: fixture.name, whole: read.without(new Set()), lacking: read.without(new Set(gone)) }];
  });
  const rows = inventedRows(CAPTIONED);
  const whole = JSON.stringify(inventedExport(rows));
  const lacking = JSON.stringify(inventedExport(rows.filter((_, n) => n % 9 !== 4)));
  const uncaptioned = inventedRows(CAPTIONED + 12, false).slice(CAPTIONED);
  const bare = JSON.stringify(inventedExport(uncaptioned));
  return [
    ...real,
    { user: 'ben', fileName: 'user_data_tiktok.json', whole, lacking },
    { user: 'eve', fileName: 'user_data_tiktok.json', whole: bare, lacking: bare },
  ];
}
