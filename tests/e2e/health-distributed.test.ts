import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { ApiWorld, exported } from '../../api/api-world.test-helper.ts';
import { couchbaseOf, environmentOf } from '../../testing/couchbase/couchbase-server.ts';
import { FakeGitHub } from '../../testing/fake-github/fake-github.ts';
import { describeWithParts, endOwnParts, startOwnParts } from '../../testing/stack/real-parts.ts';

const TOKEN = 'github_pat_invented0123456789';
const JSON_BODY = { 'content-type': 'application/json' };

type Row = Readonly<Record<string, unknown>>;

describeWithParts('accounts and health on Kafka and Couchbase', ['kafka', 'registry', 'couchbase'], (environment) => {
  const stateDir = mkdtempSync(path.join(tmpdir(), 'own-couchbase-'));
  let world: ApiWorld | undefined;
  let store: Readonly<Record<string, string>> = {};
  // The bucket belongs to one log, so it is not shared with other suites.
  beforeAll(async () => {
    store = environmentOf(couchbaseOf(await startOwnParts(['couchbase'], stateDir)));
  });
  afterAll(() => endOwnParts(stateDir));
  const github = new FakeGitHub();
  afterEach(async () => {
    await world?.stop();
    await github.close();
    world?.cli.remove();
  });

  it('are told and changed as on the embedded parts', async () => {
    await github.listen();
    const me = github.world.login(7, 'me-myself', TOKEN);
    for (let id = 1; id <= 5; id++) github.world.star(me, id);
    const { KAFKA_BROKERS = '', SCHEMA_REGISTRY_URL = '' } = environment();
    const on = new ApiWorld({
      ...store,
      KAFKA_BROKERS,
      SCHEMA_REGISTRY_URL,
      HOARDARR_EVENT_LOG: 'kafka',
      HOARDARR_TOPIC_PREFIX: `health-${process.pid}-${Date.now()}.`,
      GITHUB_API_URL: github.origin,
    });
    world = on;
    expect((await on.cli.run('schemas', 'register')).status).toBe(0);
    await on.start();
    const get = async (path: string): Promise<Row> => (await on.ask('GET', path)).json();
    const send = async (method: string, path: string, body: unknown): Promise<Row> =>
      (await on.ask(method, path, { headers: JSON_BODY, body: JSON.stringify(body) })).json();
    const until = async (path: string, holds: (seen: Row) => boolean): Promise<Row> => {
      for (;;) {
        const seen = await get(path);
        if (holds(seen)) return seen;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    };
    const stages = (seen: Row): readonly Row[] => seen['stages'] as readonly Row[];

    await get('/v1/pipeline');
    await on.upload(exported(20));
    const connected = await send('POST', '/v1/connections', { provider: 'github', user: 'me', token: TOKEN });
    expect(connected).toMatchObject({ state: 'connected', login: '7' });
    const account = (seen: Row): Row | undefined =>
      (seen['accounts'] as readonly Row[]).find(({ provider }) => provider === 'github');
    const synced = account(await until('/v1/accounts', (seen) => account(seen)?.['converged'] === true));
    expect(synced).toMatchObject({
      active: 5,
      cadenceMs: 900_000,
      budget: { limit: 4950 },
      convergence: { count: 5, sentence: expect.stringContaining('hold the same 5 items') },
    });
    const pipeline = await until('/v1/pipeline', (seen) => stages(seen).every(({ lag }) => lag === 0));
    for (const stage of stages(pipeline))
      expect({ ...stage, moves: Number(stage['recordsPerSecond']) > 0 && Number(stage['total']) > 0 }).toMatchObject({
        moves: true,
        deadLetters: 0,
        lastAt: expect.any(String),
      });
    expect(await send('PATCH', '/v1/accounts/github/me', { paused: true, cadenceMs: 3_600_000 })).toMatchObject({
      paused: true,
      cadenceMs: 3_600_000,
    });

    const poison = { key: 'tiktok/me|tiktok/me/favorites|7000000000000000001|x', value: Uint8Array.of(0, 9, 9, 9, 9) };
    const partition = on.app?.log.partitionOf('tiktok/me') ?? 0;
    await on.app?.log.append('ingest', partition, [poison]);
    await until('/v1/pipeline', (seen) => stages(seen)[1]?.['deadLetters'] === 1);
    expect(await send('POST', '/v1/dead-letters/redrive', {})).toMatchObject({ redriven: 1, skipped: [] });

    const { id } = await send('POST', '/v1/rebuilds', {});
    const rebuilt = await until(`/v1/rebuilds/${String(id)}`, ({ state }) => state !== 'running');
    expect(rebuilt).toMatchObject({ state: 'done', match: true, embeddingCalls: 0, error: null });
    const erased = await on.ask('DELETE', '/v1/accounts/github/me?erase=true');
    expect(erased.json()).toMatchObject({ erased: 5 });
  });
});
