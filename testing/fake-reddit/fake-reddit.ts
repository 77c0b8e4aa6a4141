import { createHash } from 'node:crypto';
import { type FakeReply, type FakeRequest, FakeService } from '../fake-service/fake-service.ts';
import { pageAsking } from '../fake-service/page-asking.ts';
import { shapeOf, THREAD, threadOf } from './shapes.ts';
import { type FakeRedditor, RedditWorld } from './world.ts';

const WINDOW_MS = 600_000;
const LIMIT = 1000;
const PER_PAGE = 25;
const MOST = 100;

/** Reddit as far as Hoardarr asks it, as recorded and documented (providers.md, section 1). What it says is invented. */
export class FakeReddit extends FakeService {
  readonly world: RedditWorld;
  readonly clientId = 'invented-client';
  readonly clientSecret = 'invented-secret';
  expiresInS = 86_400;
  /** every refresh gives a new refresh token, and ends the old one */
  rotates = false;
  /** new access tokens may see what is saved */
  seesSaved = true;
  sendsRateHeaders = true;
  mostPerPage = MOST;
  /** who is logged in where a browser opens the page that asks for the authorization */
  person: FakeRedditor | null = null;
  /** requests of each window of 10 minutes that were let in */
  used = 0;
  #windowEnds = 0;
  #issued = 0;
  /** by code: whose, and the challenge that was sent */
  readonly #codes = new Map<string, { readonly redditor: string; readonly challenge: string | null }>();
  readonly #now: () => number;

  constructor(now: () => number = Date.now, seed = 1) {
    super();
    this.#now = now;
    this.world = new RedditWorld(seed);
  }

  /** The person allows it in the browser: where Reddit sends the browser back to. */
  authorize(url: string, redditor: FakeRedditor): string {
    const asked = new URL(url).searchParams;
    const code = `invented-code-${++this.#issued}`;
    this.#codes.set(code, { redditor: redditor.id, challenge: asked.get('code_challenge') });
    return backFrom(asked, { code });
  }

  protected answer(request: FakeRequest): FakeReply {
    const { pathname } = request.url;
    if (/^(node|python-requests|curl)|^$/i.test(request.headers.get('user-agent') ?? '')) return tooMany();
    if (pathname === '/api/v1/access_token') return this.#token(request);
    if (pathname === '/api/v1/authorize') return this.#authorization(request);
    const now = this.#now();
    if (now >= this.#windowEnds) {
      this.#windowEnds = now + WINDOW_MS;
      this.used = 0;
    }
    if (this.used >= LIMIT) return tooMany();
    this.used++;
    return this.#withRate(this.#route(request), now);
  }

  #route(request: FakeRequest): FakeReply {
    const { pathname, searchParams } = request.url;
    const token = /^bearer (.+)$/i.exec(request.headers.get('authorization') ?? '')?.[1] ?? '';
    const granted = this.world.accessTokens.get(token);
    const viewer = this.world.redditors.get(granted?.redditor ?? '');
    if (granted === undefined || viewer === undefined || granted.until <= this.#now()) return unauthorized();
    if (pathname === '/api/v1/me') return json(200, { id: viewer.id, name: viewer.name, has_verified_email: true });
    if (pathname === '/api/info') return this.#info(searchParams, viewer, granted.sees);
    const whose = /^\/user\/([^/]+)\/saved$/.exec(pathname)?.[1];
    if (whose === undefined) return json(404, { message: 'Not Found', error: 404 });
    return whose === viewer.name ? this.#saved(searchParams, viewer, granted.sees) : json(403, { error: 403 });
  }

  /** The page that asks the person, and what follows from the button that was chosen there. */
  #authorization({ method, url, body }: FakeRequest): FakeReply {
    const { person } = this;
    if (person === null) return json(403, { message: 'nobody is logged in', error: 403 });
    if (method !== 'POST')
      return pageAsking({ title: `Reddit asks ${person.name}`, action: url, buttons: ['Allow', 'Decline'] });
    const isAllowed = new URLSearchParams(body).get('chosen') === 'Allow';
    const back = isAllowed ? this.authorize(url.href, person) : backFrom(url.searchParams, { error: 'access_denied' });
    return { status: 302, headers: { location: back }, body: '' };
  }

  /** Pages are cut by the fullname after which they begin: where that one is gone, the listing ends. */
  #saved(query: URLSearchParams, viewer: FakeRedditor, sees: boolean): FakeReply {
    const limit = Math.min(Number(query.get('limit') ?? PER_PAGE), this.mostPerPage);
    const after = query.get('after');
    const shown = viewer.listing.filter((name) => this.world.things.get(name)?.fate !== 'omitted');
    const from = after === null ? 0 : shown.indexOf(after) + 1;
    const names = after !== null && from === 0 ? [] : shown.slice(from, from + limit);
    const children = names.flatMap((name) => {
      const thing = this.world.things.get(name);
      return thing === undefined ? [] : [shapeOf(thing, sees ? true : undefined, true)];
    });
    const last = names.at(-1);
    const next = last !== undefined && from + names.length < shown.length ? last : null;
    return listing(children, next);
  }

  /** What Reddit does not know, or does not show, is left out without a word. */
  #info(query: URLSearchParams, viewer: FakeRedditor, sees: boolean): FakeReply {
    const ids = (query.get('id') ?? '').split(',').slice(0, MOST);
    const children = ids.flatMap((name) => {
      if (name.startsWith(THREAD)) return [threadOf(name, 'test')];
      const thing = this.world.things.get(name);
      if (thing === undefined || thing.fate === 'omitted') return [];
      return [shapeOf(thing, sees ? viewer.saved.includes(name) : undefined, false)];
    });
    return listing(children, null);
  }

  #token({ headers, body }: FakeRequest): FakeReply {
    const basic = Buffer.from(`${this.clientId}:${this.clientSecret}`).toString('base64');
    if (headers.get('authorization') !== `Basic ${basic}`) return json(401, { message: 'Unauthorized', error: 401 });
    const form = new URLSearchParams(body);
    if (form.get('grant_type') === 'authorization_code') {
      const granted = this.#codes.get(form.get('code') ?? '');
      this.#codes.delete(form.get('code') ?? '');
      const verified = createHash('sha256')
        .update(form.get('code_verifier') ?? '')
        .digest('base64url');
      // As recorded: an error in an answer that says 200.
      if (granted === undefined || (granted.challenge !== null && granted.challenge !== verified))
        return json(200, { error: 'invalid_grant' });
      return this.#grant(granted.redditor, `invented-refresh-${++this.#issued}`);
    }
    const refresh = form.get('refresh_token') ?? '';
    const redditor = this.world.refreshTokens.get(refresh);
    if (redditor === undefined) return json(400, { error: 400 });
    if (!this.rotates) return this.#grant(redditor, refresh);
    this.world.refreshTokens.delete(refresh);
    return this.#grant(redditor, `invented-refresh-${++this.#issued}`);
  }

  #grant(redditor: string, refreshToken: string): FakeReply {
    const accessToken = `invented-access-${++this.#issued}`;
    this.world.refreshTokens.set(refreshToken, redditor);
    const until = this.#now() + this.expiresInS * 1000;
    this.world.accessTokens.set(accessToken, { redditor, until, sees: this.seesSaved });
    return json(200, {
      access_token: accessToken,
      token_type: 'bearer',
      expires_in: this.expiresInS,
      refresh_token: refreshToken,
      scope: 'identity history read',
    });
  }

  #withRate(reply: FakeReply, now: number): FakeReply {
    if (!this.sendsRateHeaders || reply.status >= 400) return reply;
    const rate = {
      'x-ratelimit-remaining': `${LIMIT - this.used}.0`,
      'x-ratelimit-used': String(this.used),
      'x-ratelimit-reset': String(Math.ceil((this.#windowEnds - now) / 1000)),
    };
    return { ...reply, headers: { ...reply.headers, ...rate } };
  }
}

function backFrom(asked: URLSearchParams, brought: Readonly<Record<string, string>>): string {
  const back = new URL(asked.get('redirect_uri') ?? '');
  back.search = new URLSearchParams({ state: asked.get('state') ?? '', ...brought }).toString();
  return back.href;
}

function json(status: number, value: unknown): FakeReply {
  return { status, headers: { 'content-type': 'application/json; charset=UTF-8' }, body: JSON.stringify(value) };
}

function listing(children: readonly object[], after: string | null): FakeReply {
  return json(200, {
    kind: 'Listing',
    data: { after, dist: children.length, modhash: null, geo_filter: null, children, before: null },
  });
}

function unauthorized(): FakeReply {
  const reply = json(401, { message: 'Unauthorized', error: 401 });
  return {
    ...reply,
    headers: { ...reply.headers, 'www-authenticate': 'Bearer realm="reddit", error="invalid_token"' },
  };
}

function tooMany(): FakeReply {
  return {
    status: 429,
    headers: { 'content-type': 'text/html', 'retry-after': '4' },
    body: '<html>Too many requests</html>',
  };
}
