import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { videos } from '../cli/run-cli.test-helper.ts';
import { ApiWorld, exported, form, PROBLEM } from './api-world.test-helper.ts';

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
    expect(again).toMatchObject({ status: 409, headers: { 'content-type': 'application/problem+json' } });
    expect(again.json()).toMatchObject({
      ...PROBLEM,
      status: 409,
      detail: 'it was purged: its content is gone',
      instance: `/v1/items/tiktok/favorites/${second}/restore`,
      itemId: second,
      done: false,
      state: 'purged',
    });
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
    ['GET', '/v1/items/tiktok/favorites/%', 400],
    ['GET', '/%E0%A4%A', 400],
    ['GET', '/v1/items/tiktok/favorites/123', 404],
    ['GET', '/v1/items/myspace/favorites/123', 400],
    ['GET', '/v1/uploads/00000000-0000-4000-8000-000000000000', 404],
    ['GET', '/v1/uploads/nothing', 400],
    ['GET', '/v1/items?limit=0', 400],
    ['GET', '/v1/items?state=gone', 400],
    ['GET', '/v1/items?after=%7Bnot-a-cursor', 400],
    ['GET', '/v1/search', 400],
    ['POST', '/v1/held/nothing/approve', 404],
    ['POST', '/v1/users/a%2Fb/tiktok/uploads', 400],
    ['POST', '/v1/users/me/tiktok/uploads?asOf=soon', 400],
    ['POST', '/v1/users/me/tiktok/uploads?id=..%2Felsewhere', 400],
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

  it('an empty export is refused, whatever it is said to be', async () => {
    for (const headers of [
      { 'content-type': 'application/json', 'content-length': '0' },
      { 'content-type': 'application/zip', 'transfer-encoding': 'chunked' },
    ]) {
      const answer = await world.ask('POST', '/v1/users/me/tiktok/uploads', { headers, body: '' });
      expect(answer).toMatchObject({ status: 400 });
      expect(answer.json()).toMatchObject({ ...PROBLEM, detail: expect.stringContaining('empty') });
    }
  });

  it('a form with two files is refused', async () => {
    const part = (name: string) =>
      `--b\r\ncontent-disposition: form-data; name="${name}"; filename="${name}"\r\n\r\n${name}\r\n`;
    const answer = await world.ask('POST', '/v1/users/me/tiktok/uploads', {
      headers: { 'content-type': 'multipart/form-data; boundary=b' },
      body: `${part('one')}${part('two')}--b--\r\n`,
    });
    expect(answer).toMatchObject({ status: 400 });
    expect(answer.json()).toMatchObject({ ...PROBLEM, detail: 'the form holds more than one file' });
  });

  it('what is no request of HTTP is answered with a problem document too', async () => {
    const tooLong = await world.ask('GET', `/v1/items?q=${'a'.repeat(20_000)}`);
    expect(tooLong).toMatchObject({ status: 431, headers: { 'content-type': 'application/problem+json' } });
    expect(tooLong.json()).toMatchObject({ ...PROBLEM, status: 431 });
    expect(await world.say('nonsense\r\n\r\n')).toMatch(
      /^HTTP\/1\.1 400 Bad Request\r\n[^]*content-type: application\/problem\+json\r\n[^]*"status":400/i,
    );
  });

  it.each([
    ['multipart/form-data', ''],
    ['multipart/form-data; boundary=b', '--b\r\ncontent-disposition: form-data; name="file"; filename="x"\r\n\r\ncut'],
    ['multipart/form-data; boundary=b', '--b\r\ncontent-disposition: form-data; name="asOf"\r\n\r\n2026'],
  ])('a form that is damaged is the fault of who sent it: %s, %j', async (type, body) => {
    const answer = await world.ask('POST', '/v1/users/me/tiktok/uploads', { headers: { 'content-type': type }, body });
    expect(answer).toMatchObject({ status: 400 });
    expect(answer.json()).toMatchObject({ ...PROBLEM, detail: expect.stringContaining('form is cut off or damaged') });
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
