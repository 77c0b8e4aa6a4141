import { ReauthorizationError } from '../core/errors.ts';
import type {
  Connected,
  CredentialHolder,
  ListingEnd,
  Provider,
  ProviderAnswer,
  Session,
  WalkStep,
} from '../core/ports/provider.ts';

/** A thing that somebody saved at the scripted source. */
export interface ScriptedThing {
  readonly id: string;
  readonly title: string;
  readonly savedAt: number;
  /** a counter that changes without the thing having changed */
  readonly stars: number;
}

interface ScriptedSession extends Session {
  readonly token: string;
}

/**
 * A source of saved things in memory, whose provider is the simplest there can be: what tests of the sync machinery drive,
 * where the shapes of a real provider would only be in the way. The fake servers of Reddit and GitHub test those.
 */
export class ScriptedSource {
  /** of whoever the token belongs to, newest first */
  things: ScriptedThing[] = [];
  login = 'login-1';
  pageItems = 2;
  /** tokens that are taken */
  readonly tokens = new Set(['good']);
  /** asked before each page, from 0; may change the list, or throw */
  beforePage: (page: number) => void | Promise<void> = () => {};
  /** what a recheck says instead of the truth */
  lie: ((itemId: string) => Partial<ProviderAnswer<ScriptedThing>>) | null = null;
  requests = 0;

  save(...titles: readonly string[]): void {
    for (const title of titles)
      this.things.unshift({ id: idOf(title), title, savedAt: 1_700_000_000_000 + this.#saves++ * 1000, stars: 1 });
  }

  unsave(...titles: readonly string[]): void {
    this.things = this.things.filter(({ title }) => !titles.includes(title));
  }

  edit(title: string, change: Partial<ScriptedThing>): void {
    this.things = this.things.map((thing) => (thing.title === title ? { ...thing, ...change } : thing));
  }

  #saves = 0;

  /** As GitHub's: asked about single items, complete where it was walked to its end. */
  provider(): Provider<ScriptedThing, ScriptedSession> {
    return {
      name: 'github',
      collections: ['starred'],
      volatile: { extra: ['stars'] },
      itemId: ({ id }) => id,
      toDocument: ({ id, title, savedAt, stars }) => ({
        url: `https://example.org/${id}`,
        title,
        author: null,
        body: null,
        savedAt,
        createdAt: null,
        thumbnailUrl: null,
        extra: JSON.stringify({ stars }),
      }),
      vectorizationText: ({ title }) => title,
      contentOf: () => 'full',
      connector: {
        run: {
          address: 'http://scripted.invalid',
          configured: false,
          missing: null,
          fromToken: async (token) => this.#connect(token),
          interactive: { notApplicable: 'the scripted source has no browser' },
          fromPublic: { notApplicable: 'the scripted source has no public lists' },
          open: (credentials) => this.#open(credentials),
        },
      },
      fetchItems: {
        run: (session, walk) => this.#delta(session, (id) => walk.isKnown(id)),
      },
      listIds: { run: (session) => this.#full(session) },
      recheck: { run: async (session, _collection, itemIds) => itemIds.map((id) => this.#answer(session, id)) },
    };
  }

  async #connect(token: string): Promise<Connected> {
    this.#check(token);
    const credentials = { kind: 'token', accessToken: token, refreshToken: null, expiresAt: null } as const;
    return { login: this.login, loginName: this.login, credentials };
  }

  async #open(holder: CredentialHolder): Promise<ScriptedSession> {
    const { accessToken } = await holder.read();
    const before = this.requests;
    return {
      token: accessToken ?? '',
      login: holder.login,
      identify: async () => this.login,
      usage: () => ({ requests: this.requests - before, rateLimitWaitMs: 0 }),
    };
  }

  #check(token: string): void {
    this.requests++;
    if (!this.tokens.has(token)) throw new ReauthorizationError('the token is not taken any more');
  }

  async *#pages({ token }: ScriptedSession): AsyncGenerator<readonly ScriptedThing[], void, undefined> {
    for (let page = 0; ; page++) {
      await this.beforePage(page);
      this.#check(token);
      yield this.things.slice(page * this.pageItems, (page + 1) * this.pageItems);
      if ((page + 1) * this.pageItems >= this.things.length) return;
    }
  }

  async *#delta(
    session: ScriptedSession,
    isKnown: (id: string) => boolean,
  ): AsyncGenerator<WalkStep<ScriptedThing>, { cursor: null; etag: null }, undefined> {
    for await (const items of this.#pages(session)) {
      yield { kind: 'page', items, unreadable: [] };
      if (items.every(({ id }) => isKnown(id))) break;
    }
    return { cursor: null, etag: null };
  }

  async *#full(session: ScriptedSession): AsyncGenerator<WalkStep<ScriptedThing>, ListingEnd, undefined> {
    let pages = 0;
    for await (const items of this.#pages(session)) {
      pages++;
      yield { kind: 'page', items, unreadable: [] };
    }
    return {
      cursor: null,
      etag: null,
      coverage: 'complete',
      kinds: [''],
      proof: 'verdict',
      explicitlyEmpty: this.things.length === 0,
      evidence: { pages },
    };
  }

  #answer({ token }: ScriptedSession, itemId: string): ProviderAnswer<ScriptedThing> {
    this.#check(token);
    const raw = this.things.find(({ id }) => id === itemId) ?? null;
    const saved = raw !== null;
    const truth = { itemId, answer: saved ? 'present' : 'unsaved', saved, evidence: { saved }, raw } as const;
    return { ...truth, ...this.lie?.(itemId) };
  }
}

/** The id of the thing with this title. */
export function idOf(title: string): string {
  let number = 7;
  for (const letter of title) number = (number * 31 + letter.charCodeAt(0)) % 1_000_000_007;
  return String(number);
}
