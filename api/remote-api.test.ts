import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ApiWorld, form, PROBLEM, TOKEN } from './api-world.test-helper.ts';

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
    for (const path of ['/v1/items', '/metrics', '/openapi.json', '/v1/events', '/v1/nowhere']) {
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
