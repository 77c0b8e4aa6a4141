import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { App } from '../app/app.ts';
import { loadConfig } from '../app/config.ts';
import { openApp } from '../app/open-app.ts';
import { createTelemetry } from '../app/telemetry.ts';
import { CliWorld, videos } from '../cli/run-cli.test-helper.ts';
import { startApi } from './start-api.ts';

jest.setTimeout(120_000);

const TOKEN = 'planted-api-token-0123456789';

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the test says what the document holds
  json<T = Record<string, unknown>>(): T;
}

/** A data folder with an API on it, over real HTTP. */
class ApiWorld {
  readonly cli: CliWorld;
  logs = '';
  app: App | undefined;

  constructor(env: Readonly<Record<string, string>> = {}) {
    this.cli = new CliWorld({ HOARDARR_PORT: '0', LOG_LEVEL: 'debug', ...env });
  }

  async start(): Promise<void> {
    const config = loadConfig({ dataDir: this.cli.dataDir }, this.cli.env);
    const telemetry = createTelemetry({
      level: 'debug',
      secrets: config.secrets,
      stream: { write: (line) => void (this.logs += line) },
    });
    this.app = await openApp(config, telemetry, { startApi });
    await this.app.roles.start(['api', 'scheduler', 'producer', 'embed', 'sink']);
  }

  get url(): URL {
    return new URL(this.app?.apiUrl() ?? 'http://nowhere.invalid');
  }

  /** With headers as they are given, Host and Origin too, which fetch would not send. */
  ask(
    method: string,
    path: string,
    options: { readonly headers?: Readonly<Record<string, string>>; readonly body?: string | Buffer } = {},
  ): Promise<Answer> {
    const { hostname, port, pathname } = this.url;
    return new Promise((resolve, reject) => {
      const sent = request(
        { hostname, port, method, path: `${pathname.replace(/\/$/, '')}${path}`, headers: options.headers },
        (response) => {
          const parts: Buffer[] = [];
          response.on('data', (part: Buffer) => parts.push(part));
          response.on('end', () => {
            const text = Buffer.concat(parts).toString();
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              text,
              // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- as above
              json: <T>() => JSON.parse(text) as T,
            });
          });
        },
      );
      sent.on('error', reject);
      sent.end(options.body);
    });
  }

  /** Sends an export, and waits until its import has ended. */
  async upload(
    body: Buffer | string,
    headers: Readonly<Record<string, string>> = { 'content-type': 'application/octet-stream' },
    user = 'me',
  ): Promise<Record<string, unknown>> {
    const accepted = await this.ask('POST', `/v1/users/${user}/tiktok/uploads`, { headers, body });
    expect(accepted.status).toBe(202);
    const { id } = accepted.json<{ id: string }>();
    for (;;) {
      const upload = (await this.ask('GET', `/v1/uploads/${id}`, { headers: authorizationOf(headers) })).json();
      if (upload['finishedAt'] !== null) return upload;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async stop(): Promise<void> {
    await this.app?.close();
    this.app = undefined;
  }
}

function authorizationOf(headers: Readonly<Record<string, string>>): Record<string, string> {
  return headers['authorization'] === undefined ? {} : { authorization: headers['authorization'] };
}

function exported(count: number, from = 0): Buffer {
  const rows = videos(count, from).map(({ id, date, caption }) => ({
    Date: date,
    Link: `https://www.tiktokv.com/share/video/${id}/`,
    Caption: caption,
  }));
  return Buffer.from(JSON.stringify({ Activity: { 'Favorite Videos': { FavoriteVideoList: rows } } }));
}

function form(file: Buffer, name: string): { readonly body: Buffer; readonly headers: Record<string, string> } {
  const boundary = 'a-boundary-of-a-form';
  const head = `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="${name}"\r\ncontent-type: application/json\r\n\r\n`;
  return {
    body: Buffer.concat([Buffer.from(head), file, Buffer.from(`\r\n--${boundary}--\r\n`)]),
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
  };
}

const PROBLEM = {
  type: 'about:blank',
  title: expect.any(String),
  status: expect.any(Number),
  detail: expect.any(String),
  instance: expect.any(String),
};

describe('the HTTP API', () => {
  const world = new ApiWorld();
  const all = videos(10);
  const [first, second] = [all[0]?.id ?? '', all[1]?.id ?? ''];
  beforeAll(() => world.start());
  afterAll(async () => {
    await world.stop();
    world.cli.remove();
  });

  it('is healthy and ready, and describes itself', async () => {
    expect((await world.ask('GET', '/healthz')).json()).toEqual({ status: 'ok' });
    expect((await world.ask('GET', '/readyz')).json()).toEqual({ status: 'ok' });
    const { paths } = (await world.ask('GET', '/openapi.json')).json<{ paths: Record<string, object> }>();
    expect(Object.keys(paths)).toEqual(
      expect.arrayContaining([
        '/v1/search',
        '/v1/items',
        '/v1/items/{provider}/{collection}/{id}',
        '/v1/held/{id}/approve',
        '/v1/users/{user}/{provider}/uploads',
        '/v1/uploads/{id}',
        '/v1/events',
        '/metrics',
      ]),
    );
  });

  it('takes an export as the body, and as a file of a form', async () => {
    expect(await world.upload(exported(8, 2))).toMatchObject({
      status: 'done',
      processed: 8,
      new: 8,
      removed: 0,
      converged: true,
      error: null,
    });
    const { body, headers } = form(exported(10), '../../evil name?.json');
    expect(await world.upload(body, headers)).toMatchObject({
      status: 'done',
      processed: 10,
      new: 2,
      fileName: 'evil name_.json',
    });
  });

  it('says what is wrong with a file that is none, and keeps nothing of it', async () => {
    const upload = await world.upload(JSON.stringify({ Profile: {} }), { 'content-type': 'application/json' });
    expect(upload).toMatchObject({ status: 'failed', error: expect.stringContaining('Profile') });
    expect(upload['error']).not.toContain(world.cli.dataDir);
  });

  it('searches, lists, shows and explains', async () => {
    const found = (await world.ask('GET', '/v1/search?q=sourdough')).json<{
      results: { title: string; provider: string }[];
    }>();
    expect(found.results[0]).toMatchObject({ provider: 'tiktok', title: expect.stringContaining('sourdough') });
    expect((await world.ask('GET', '/v1/items?limit=3')).json<{ items: object[]; next: string }>()).toMatchObject({
      items: [{ itemId: first }, {}, {}],
      next: expect.any(String),
    });
    expect((await world.ask('GET', `/v1/items/tiktok/favorites/${first}`)).json()).toMatchObject({
      itemId: first,
      title: all[0]?.caption,
      state: 'active',
    });
    expect(
      (await world.ask('GET', `/v1/items/tiktok/favorites/${first}/explain`)).json<{ history: { event: string }[] }>()
        .history[0],
    ).toMatchObject({ event: 'saved' });
    expect((await world.ask('GET', '/v1/accounts')).json<{ accounts: object[] }>().accounts).toMatchObject([
      { provider: 'tiktok', user: 'me', active: 10 },
    ]);
    expect((await world.ask('GET', '/v1/held')).json()).toEqual({ held: [] });
  });

  it('restores and purges', async () => {
    const newer = [...videos(1, -10), ...all.slice(1)].map(({ id, date, caption }) => ({
      Date: date,
      Link: `https://www.tiktokv.com/share/video/${id}/`,
      Caption: caption,
    }));
    expect(
      await world.upload(JSON.stringify({ Activity: { 'Favorite Videos': { FavoriteVideoList: newer } } })),
    ).toMatchObject({ removed: 1 });
    expect((await world.ask('POST', `/v1/items/tiktok/favorites/${first}/restore`)).json()).toMatchObject({
      done: true,
      state: 'active',
    });
    expect((await world.ask('DELETE', `/v1/items/tiktok/favorites/${second}`)).json()).toMatchObject({
      done: true,
      state: 'purged',
    });
    const again = await world.ask('POST', `/v1/items/tiktok/favorites/${second}/restore`);
    expect(again).toMatchObject({ status: 409 });
  });

  it('has metrics by the names of the conventions', async () => {
    const { text } = await world.ask('GET', '/metrics');
    for (const name of [
      'messaging_client_consumed_messages_total{',
      'messaging_client_sent_messages_total{',
      'messaging_process_duration_seconds_bucket{',
      'hoardarr_consumer_lag_records{',
      'hoardarr_embedding_requests_total',
      'hoardarr_embedding_cache_misses_total',
      'hoardarr_removed_total{reason="sink"} 1',
      'hoardarr_purged_total{reason="person"} 1',
      'hoardarr_items{scope="tiktok/me/favorites",state="active"} 10',
      'hoardarr_held_items{',
      'hoardarr_converged{scope="tiktok/me/favorites"} 1',
    ]) {
      expect(text).toContain(name);
    }
  });

  it.each([
    ['GET', '/nowhere', 404],
    ['GET', '/v1/items/tiktok/favorites/123', 404],
    ['GET', '/v1/items/myspace/favorites/123', 400],
    ['GET', '/v1/uploads/00000000-0000-4000-8000-000000000000', 404],
    ['GET', '/v1/uploads/nothing', 400],
    ['GET', '/v1/items?limit=0', 400],
    ['GET', '/v1/items?state=gone', 400],
    ['GET', '/v1/items?after=%7Bnot-a-cursor', 400],
    ['GET', '/v1/search', 400],
    ['POST', '/v1/held/nothing/approve', 404],
    ['POST', '/v1/users/me/reddit/uploads', 400],
    ['POST', '/v1/users/a%2Fb/tiktok/uploads', 400],
    ['POST', '/v1/users/me/tiktok/uploads?asOf=soon', 400],
  ])('%s %s is a problem document with status %i', async (method, path, status) => {
    const answer = await world.ask(
      method,
      path,
      method === 'POST' ? { headers: { 'content-type': 'text/plain' }, body: 'x' } : {},
    );
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(answer).toMatchObject({ status });
    expect(answer.json()).toMatchObject({ ...PROBLEM, status });
  });

  it.each([
    [{ host: 'evil.example' }],
    [{ host: 'evil.example:8080' }],
    [{ host: '127.0.0.1.evil.example' }],
    [{ host: 'localhost@evil.example' }],
    [{ origin: 'http://evil.example' }],
    [{ origin: 'null' }],
    [{ origin: 'http://127.0.0.1:1' }],
    [{ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }],
  ])('refuses what a page elsewhere could make a browser send: %j', async (headers) => {
    for (const [method, path] of [
      ['GET', '/v1/items'],
      ['GET', '/healthz'],
      ['DELETE', `/v1/items/tiktok/favorites/${first}`],
      ['POST', '/v1/users/me/tiktok/uploads'],
      ['GET', '/v1/events'],
    ] as const) {
      expect((await world.ask(method, path, { headers })).status).toBe(403);
    }
  });

  it('answers its own page', async () => {
    const { host, origin } = world.url;
    expect(
      (await world.ask('GET', '/v1/items', { headers: { host, origin, 'sec-fetch-site': 'same-origin' } })).status,
    ).toBe(200);
    expect((await world.ask('GET', '/v1/items', { headers: { host: `localhost:${world.url.port}` } })).status).toBe(
      200,
    );
  });

  it('streams outcomes and the progress of uploads, and goes on where a reader stopped', async () => {
    const read = async (lastId: string | null, until: RegExp, action?: () => Promise<unknown>): Promise<string> => {
      const stopping = new AbortController();
      const response = await fetch(`${world.url.origin}/v1/events`, {
        signal: stopping.signal,
        ...(lastId === null ? {} : { headers: { 'last-event-id': lastId } }),
      });
      expect(response.headers.get('content-type')).toContain('text/event-stream');
      let text = '';
      const acting = action?.();
      for await (const part of response.body as unknown as AsyncIterable<Uint8Array>) {
        text += Buffer.from(part).toString();
        if (until.test(text)) break;
      }
      stopping.abort();
      await acting;
      return text;
    };
    const text = await read(
      null,
      /"status":"done"[\s\S]*"kind":"compared"|"kind":"compared"[\s\S]*"status":"done"/,
      () => world.upload(exported(12, -11)),
    );
    expect(text).toContain('event: upload');
    expect(text).toContain('event: outcome');
    const id = /id: ([\d-]+)/.exec(text)?.[1] ?? '';
    expect(await read(id, /"kind":"compared"/)).toContain('"kind":"compared"');
  });
});

describe('an API that others can reach', () => {
  const world = new ApiWorld({
    HOARDARR_API_TOKEN: TOKEN,
    HOARDARR_BASE_PATH: '/hoard',
    HOARDARR_UPLOAD_LIMIT_BYTES: '3000',
  });
  const login = { authorization: `Bearer ${TOKEN}` };
  beforeAll(() => world.start());
  afterAll(async () => {
    await world.stop();
    world.cli.remove();
  });

  it('wants the token everywhere but for health', async () => {
    expect((await world.ask('GET', '/healthz')).status).toBe(200);
    expect((await world.ask('GET', '/readyz')).status).toBe(200);
    for (const path of ['/v1/items', '/metrics', '/openapi.json', '/v1/events', '/nowhere']) {
      const answer = await world.ask('GET', path);
      expect(answer).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Bearer' } });
      expect(answer.json()).toMatchObject({ ...PROBLEM, status: 401 });
    }
    expect((await world.ask('GET', '/v1/items', { headers: login })).status).toBe(200);
    for (const authorization of ['Bearer wrong', `Bearer ${TOKEN}x`, `Basic ${TOKEN}`, TOKEN, 'Bearer ']) {
      expect((await world.ask('GET', '/v1/items', { headers: { authorization } })).status).toBe(401);
    }
  });

  it('is served under its base path alone', async () => {
    expect(world.url.pathname).toBe('/hoard');
    const bare = await fetch(`${world.url.origin}/healthz`, { headers: login });
    expect(bare.status).toBe(404);
  });

  it.each(['body', 'form'])('stops an upload at its limit, as a %s', async (kind) => {
    const large = Buffer.alloc(100_000, 97);
    const sent =
      kind === 'form'
        ? form(large, 'x.json')
        : { body: large, headers: { 'content-type': 'application/octet-stream' } };
    const answer = await world.ask('POST', '/v1/users/me/tiktok/uploads', {
      body: sent.body,
      headers: { ...sent.headers, ...login, 'transfer-encoding': 'chunked' },
    });
    expect(answer.status).toBe(413);
    expect(answer.json()).toMatchObject({ ...PROBLEM, status: 413 });
  });

  it('says the token nowhere: not in logs, errors, metrics or files', async () => {
    await world.ask('GET', `/v1/items?state=${TOKEN}`, { headers: login });
    await world.ask('GET', `/${TOKEN}`, { headers: login });
    const error = await world.ask('GET', `/v1/search?q=x&provider=${TOKEN}`, { headers: login });
    expect(error.json()['detail']).not.toContain(TOKEN);
    world.app?.telemetry.log.error('something failed', { error: new Error(`with ${TOKEN}`), headers: login });
    expect(world.logs).not.toContain(TOKEN);
    expect((await world.ask('GET', '/metrics', { headers: login })).text).not.toContain(TOKEN);
  });

  it('takes up uploads that a dead process left behind', async () => {
    await world.stop();
    const dead = {
      id: '00000000-0000-4000-8000-000000000001',
      provider: 'tiktok',
      user: 'me',
      fileName: 'x.json',
      bytes: 3,
      asOf: null,
      status: 'importing',
      progress: null,
      report: null,
      error: null,
      createdAt: new Date().toISOString(),
      finishedAt: null,
      instance: `${(await import('node:os')).hostname()}:999999999:1`,
    };
    const cli = world.cli;
    const { openSqliteMetadata } = await import('../sinks/sqlite/sqlite-metadata.ts');
    const metadata = await openSqliteMetadata({ file: `${cli.dataDir}/meta.db` });
    await metadata.compareAndSet(`upload:${dead.id}`, null, dead);
    await metadata.close();
    await world.start();
    expect((await world.ask('GET', `/v1/uploads/${dead.id}`, { headers: login })).json()).toMatchObject({
      status: 'failed',
      error: expect.stringContaining('send it again'),
    });
  });
});
