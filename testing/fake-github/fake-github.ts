import { createHash } from 'node:crypto';
import { type FakeReply, type FakeRequest, FakeService } from '../fake-service/fake-service.ts';
import { pageAsking } from '../fake-service/page-asking.ts';
import { graphqlRepository, restRepository, starredRow } from './shapes.ts';
import { type FakeLogin, type FakeRepository, GitHubWorld } from './world.ts';

const HOUR_MS = 3_600_000;
const PER_PAGE = 30;
const DEVICE_CODE = 'invented-device-code';
const USER_CODE = 'ABCD-1234';
/** What the device flow says by what the person chose; nothing: here is the token. */
const PERSON_ANSWERS: Readonly<Record<string, string | undefined>> = {
  '': 'authorization_pending',
  Cancel: 'access_denied',
};

/** GitHub as far as Hoardarr asks it, as recorded and documented (providers.md, section 2). What it says is invented. */
export class FakeGitHub extends FakeService {
  readonly world = new GitHubWorld();
  /** GraphQL can be switched off, as on old Enterprise servers and for some tokens */
  hasGraphql = true;
  /** requests of a window before the limit, by credential */
  limit = 5000;
  windowMs = HOUR_MS;
  mostPerPage = 100;
  sendsRateHeaders = true;
  /** of tokens that may not, and to whom has none, private repositories are neither listed nor known */
  seesPrivate = true;
  /** READMEs by full name */
  readonly readmes = new Map<string, string>();
  /** what the device flow says, in this order; then the token */
  deviceAnswers: string[] = [];
  deviceToken = '';
  /** whether that waits until the person has typed the code in a browser, and agreed or not */
  asksPerson = false;
  #chosen: string | null = null;
  readonly #used = new Map<string, number>();
  #windowEnds = 0;
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    super();
    this.#now = now;
  }

  protected answer(request: FakeRequest): FakeReply {
    const { pathname } = request.url;
    if (pathname.startsWith('/login/')) return this.#device(request);
    const token = /^Bearer (.+)$/.exec(request.headers.get('authorization') ?? '')?.[1] ?? null;
    const viewer = token === null ? null : this.world.logins.get(this.world.tokens.get(token) ?? -1);
    if (viewer === undefined) return json(401, { message: 'Bad credentials', status: '401' });
    const resource = pathname === '/graphql' ? 'graphql' : 'core';
    const credential = `${viewer?.id ?? 'nobody'} ${resource}`;
    if (this.#now() >= this.#windowEnds) this.#newWindow();
    const used = this.#used.get(credential) ?? 0;
    const limit = viewer === null ? 60 : this.limit;
    if (used >= limit) {
      const message = 'API rate limit exceeded';
      return this.#withRate(json(403, { message }), resource, limit, used);
    }
    const reply = this.#route(request, viewer);
    const counted = reply.status === 304 && viewer !== null ? used : used + 1;
    this.#used.set(credential, counted);
    return this.#withRate(reply, resource, limit, counted);
  }

  #newWindow(): void {
    this.#used.clear();
    this.#windowEnds = this.#now() + this.windowMs;
  }

  #route(request: FakeRequest, viewer: FakeLogin | null): FakeReply {
    const { pathname } = request.url;
    if (pathname === '/graphql') return this.#graphql(request, viewer);
    if (pathname === '/user') return viewer === null ? notFound() : json(200, userOf(viewer));
    if (pathname === '/user/starred') return viewer === null ? notFound() : this.#starred(request, viewer, viewer);
    const asked = /^\/user\/starred\/([^/]+\/[^/]+)$/.exec(pathname)?.[1];
    if (asked !== undefined) return this.#hasStarred(viewer, asked);
    const byId = /^\/user\/(\d+)(\/starred)?$/.exec(pathname);
    if (byId !== null)
      return this.#ofLogin(request, viewer, this.world.logins.get(Number(byId[1])), byId[2] !== undefined);
    const byName = /^\/users\/([^/]+)(\/starred)?$/.exec(pathname);
    if (byName !== null) {
      const login = [...this.world.logins.values()].find(({ name }) => name === byName[1]);
      return this.#ofLogin(request, viewer, login, byName[2] !== undefined);
    }
    const repositoryId = /^\/repositories\/(\d+)$/.exec(pathname)?.[1];
    if (repositoryId !== undefined) {
      const found = this.world.repositories.get(Number(repositoryId));
      if (found === undefined || found.gone === 404 || this.#isHidden(found, viewer)) return notFound();
      return found.gone === 451
        ? json(451, { message: 'Repository access blocked' })
        : json(200, restRepository(found));
    }
    const readme = this.readmes.get(/^\/repos\/([^/]+\/[^/]+)\/readme$/.exec(pathname)?.[1] ?? '');
    return readme === undefined ? notFound() : { status: 200, headers: { 'content-type': 'text/plain' }, body: readme };
  }

  #ofLogin(
    request: FakeRequest,
    viewer: FakeLogin | null,
    login: FakeLogin | undefined,
    isStarred: boolean,
  ): FakeReply {
    if (login === undefined) return notFound();
    return isStarred ? this.#starred(request, viewer, login) : json(200, userOf(login));
  }

  /** Links name the login by its id, as the recordings show; the last page has only `first` and `prev`. */
  #starred({ url, headers }: FakeRequest, viewer: FakeLogin | null, login: FakeLogin): FakeReply {
    const perPage = Math.min(Number(url.searchParams.get('per_page') ?? PER_PAGE), this.mostPerPage);
    const page = Math.max(1, Number(url.searchParams.get('page') ?? 1));
    const all = this.#listed(login, viewer);
    const shown = all.slice((page - 1) * perPage, page * perPage);
    const isStarJson = /\bstar\+json\b|param=star/.test(headers.get('accept') ?? '');
    const body = JSON.stringify(
      shown.map(({ star, repository }) => (isStarJson ? starredRow(star, repository) : restRepository(repository))),
    );
    const secret = headers.get('authorization') ?? '';
    const etag = `W/"${createHash('sha256').update(`${secret} ${body}`).digest('hex').slice(0, 32)}"`;
    if (headers.get('if-none-match') === etag) return { status: 304, headers: { etag }, body: '' };
    const last = Math.max(1, Math.ceil(all.length / perPage));
    const path = url.pathname === '/user/starred' ? '/user/starred' : `/user/${login.id}/starred`;
    const link = (number: number, rel: string): string => {
      const parameters = new URLSearchParams(url.searchParams);
      parameters.set('page', String(number));
      return `<${this.origin}${path}?${parameters.toString()}>; rel="${rel}"`;
    };
    const links = [
      ...(page < last ? [link(page + 1, 'next'), link(last, 'last')] : []),
      ...(page > 1 ? [link(1, 'first'), link(page - 1, 'prev')] : []),
    ];
    return {
      ...json(200, null),
      body,
      headers: { ...JSON_HEADERS, etag, ...(links.length > 0 ? { link: links.join(', ') } : {}) },
    };
  }

  #listed(login: FakeLogin, viewer: FakeLogin | null): ReturnType<GitHubWorld['listed']> {
    return this.world.listed(login).filter(({ repository }) => !this.#isHidden(repository, viewer));
  }

  #isHidden({ isPrivate }: FakeRepository, viewer: FakeLogin | null): boolean {
    return isPrivate && (viewer === null || !this.seesPrivate);
  }

  #hasStarred(viewer: FakeLogin | null, nameWithOwner: string): FakeReply {
    if (viewer === null) return json(401, { message: 'Requires authentication' });
    const has = this.#listed(viewer, viewer).some(({ repository }) => repository.nameWithOwner === nameWithOwner);
    return has ? { status: 204, headers: {}, body: '' } : notFound();
  }

  #graphql({ body }: FakeRequest, viewer: FakeLogin | null): FakeReply {
    if (!this.hasGraphql) return json(403, { message: 'Resource not accessible by personal access token' });
    if (viewer === null) return json(401, { message: 'This endpoint requires you to be authenticated.' });
    const { variables } = JSON.parse(body) as { readonly variables: { readonly ids: readonly string[] } };
    const errors: object[] = [];
    const nodes = variables.ids.map((nodeId, index) => {
      const found = this.world.repositories.get(numberOf(nodeId));
      if (found !== undefined && found.gone === null && !this.#isHidden(found, viewer))
        return graphqlRepository(
          found,
          viewer.stars.some((star) => star.repositoryId === found.id),
        );
      const message = `Could not resolve to a node with the global id of '${nodeId}'`;
      errors.push({ type: 'NOT_FOUND', path: ['nodes', index], message });
      return null;
    });
    const data = { viewer: { databaseId: viewer.id }, nodes };
    return json(200, errors.length > 0 ? { data, errors } : { data });
  }

  #device({ method, url, body }: FakeRequest): FakeReply {
    if (url.pathname === '/login/device') return this.#devicePage(method, url, new URLSearchParams(body));
    if (url.pathname === '/login/device/code') {
      this.#chosen = null;
      return json(200, {
        device_code: DEVICE_CODE,
        user_code: USER_CODE,
        verification_uri: `${this.origin}/login/device`,
        expires_in: 900,
        interval: 1,
      });
    }
    if (new URLSearchParams(body).get('device_code') !== DEVICE_CODE)
      return json(200, { error: 'incorrect_device_code' });
    const error = this.asksPerson ? PERSON_ANSWERS[this.#chosen ?? ''] : this.deviceAnswers.shift();
    return json(
      200,
      error === undefined ? { access_token: this.deviceToken, token_type: 'bearer', scope: '' } : { error },
    );
  }

  #devicePage(method: string, url: URL, typed: URLSearchParams): FakeReply {
    if (method !== 'POST')
      return pageAsking({ title: 'GitHub', action: url, fields: ['Code'], buttons: ['Authorize', 'Cancel'] });
    if (typed.get('Code') !== USER_CODE) return pageAsking({ title: 'That is not the code', action: url, buttons: [] });
    this.#chosen = typed.get('chosen');
    return pageAsking({ title: 'That is all', action: url, buttons: [] });
  }

  #withRate(reply: FakeReply, resource: string, limit: number, used: number): FakeReply {
    if (!this.sendsRateHeaders) return reply;
    const rate = {
      'x-ratelimit-limit': String(limit),
      'x-ratelimit-remaining': String(Math.max(0, limit - used)),
      'x-ratelimit-used': String(used),
      'x-ratelimit-reset': String(Math.ceil(this.#windowEnds / 1000)),
      'x-ratelimit-resource': resource,
    };
    return { ...reply, headers: { ...reply.headers, ...rate } };
  }
}

const JSON_HEADERS = { 'content-type': 'application/json; charset=utf-8' };

function json(status: number, value: unknown): FakeReply {
  return { status, headers: JSON_HEADERS, body: JSON.stringify(value) };
}

function notFound(): FakeReply {
  return json(404, { message: 'Not Found', status: '404' });
}

function userOf({ id, name }: FakeLogin): object {
  return { login: name, id, node_id: Buffer.from(`04:User${id}`).toString('base64'), type: 'User', site_admin: false };
}

/** The number in a node id of either form. */
function numberOf(nodeId: string): number {
  if (!nodeId.startsWith('R_')) return Number(/Repository(\d+)$/.exec(Buffer.from(nodeId, 'base64').toString())?.[1]);
  const bytes = Buffer.from(nodeId.slice(2), 'base64url');
  return bytes[2] === 0xcf ? Number(bytes.readBigUInt64BE(3)) : bytes.readUInt32BE(3);
}
