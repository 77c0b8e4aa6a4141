import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { loadConfig } from '../app/config.ts';
import { isRemoteEmbedder, outboundHosts } from '../app/outbound.ts';
import { ApiWorld, exported } from './api-world.test-helper.ts';

interface Way {
  readonly provider: string;
  readonly way: string;
  readonly missing: readonly string[];
}

describe('the overview', () => {
  const world = new ApiWorld();
  beforeAll(() => world.start());
  afterAll(async () => {
    await world.stop();
    world.cli.remove();
  });

  it('says that nothing is there yet, and then what is', async () => {
    expect((await world.ask('GET', '/v1/overview')).json()).toMatchObject({
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      embedder: { name: 'hash', coverage: null, isRemote: false },
      eventLog: 'embedded',
      store: 'sqlite',
      trashDays: 30,
      totals: { active: 0, trash: 0, held: 0 },
      collections: [],
      isEmpty: true,
      hasSample: false,
      samples: true,
    });
    await world.upload(exported(5));
    expect((await world.ask('GET', '/v1/overview')).json()).toMatchObject({
      embedder: { name: 'hash', model: expect.any(String), dimensions: expect.any(Number), coverage: 1 },
      totals: { active: 5, trash: 0, held: 0 },
      collections: [{ provider: 'tiktok', user: 'me', collection: 'favorites', active: 5, trash: 0, held: 0 }],
      isEmpty: false,
      hasSample: false,
    });
  });

  it('knows the sample, once it was taken in', async () => {
    const accepted = await world.ask('POST', '/v1/sample');
    expect(accepted).toMatchObject({ status: 202, headers: { location: expect.stringContaining('/v1/uploads/') } });
    const { id } = accepted.json<{ id: string }>();
    expect(accepted.json()).toMatchObject({ provider: 'tiktok', user: 'sample', fileName: 'user_data_tiktok.json' });
    const upload = async () => (await world.ask('GET', `/v1/uploads/${id}`)).json();
    while ((await upload())['finishedAt'] === null) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await upload()).toMatchObject({ status: 'done', new: 42, failed: 0, error: null });
    expect((await world.ask('GET', '/v1/overview')).json()).toMatchObject({ hasSample: true, totals: { active: 47 } });
    const found = (await world.ask('GET', '/v1/search?q=dripping%20tap')).json<{ results: object[] }>();
    expect(found.results[0]).toMatchObject({ user: 'sample', title: expect.stringContaining('dripping tap') });
  });

  it('says which ways to connect an account can work, and what the others lack', async () => {
    const missing = async (asked: ApiWorld): Promise<Readonly<Record<string, readonly string[]>>> => {
      const { connecting } = (await asked.ask('GET', '/v1/overview')).json<{ connecting: readonly Way[] }>();
      return Object.fromEntries(connecting.map((each) => [`${each.provider} ${each.way}`, each.missing]));
    };
    const free = { 'github token': [], 'github public': [] };
    expect(await missing(world)).toEqual({
      ...free,
      'github code': ['GITHUB_CLIENT_ID'],
      'reddit browser': ['REDDIT_CLIENT_ID'],
      'reddit token': ['REDDIT_CLIENT_ID'],
    });
    const configured = new ApiWorld({ GITHUB_CLIENT_ID: 'invented', REDDIT_CLIENT_ID: 'invented' });
    await configured.start();
    expect(await missing(configured)).toEqual({ ...free, 'github code': [], 'reddit browser': [], 'reddit token': [] });
    await configured.stop();
    configured.cli.remove();
  });

  it('is described', async () => {
    const { paths } = (await world.ask('GET', '/openapi.json')).json<{ paths: Record<string, object> }>();
    expect(paths['/v1/overview']).toMatchObject({ get: { responses: { 200: {} } } });
  });
});

describe('what leaves the machine', () => {
  const hostsWith = (env: Readonly<Record<string, string>>): readonly string[] =>
    outboundHosts(loadConfig({ dataDir: '.' }, env)).map(({ host }) => host);

  it('is GitHub alone where all else is off', () => {
    expect(hostsWith({ TIKTOK_OEMBED_URL: 'off', HOARDARR_EMBEDDER: 'local' })).toEqual(['api.github.com']);
  });

  it('is told of every host that is configured, without its secrets', () => {
    const hosts = hostsWith({
      OPENAI_API_KEY: 'planted-key',
      REDDIT_CLIENT_ID: 'id',
      GITHUB_CLIENT_ID: 'id',
      HOARDARR_NOTIFY_URL: 'ntfys://someone:planted-password@ntfy.example/planted-topic',
      HOARDARR_EVENT_LOG: 'kafka',
      KAFKA_BROKERS: 'one:9092,two:9092',
      SCHEMA_REGISTRY_URL: 'http://registry.example:8081',
      HOARDARR_STORE: 'couchbase',
      COUCHBASE_URL: 'couchbase://store.example?x=planted',
      COUCHBASE_USERNAME: 'someone',
      COUCHBASE_PASSWORD: 'planted-password',
    });
    for (const host of [
      'api.openai.com',
      'api.github.com',
      'github.com',
      'oauth.reddit.com',
      'www.reddit.com',
      'www.tiktok.com',
      'ntfy.example',
      'one:9092',
      'two:9092',
      'registry.example:8081',
      'store.example',
    ])
      expect(hosts).toContain(host);
    expect(hosts.join(' ')).not.toContain('planted');
  });

  it.each([
    [{ HOARDARR_EMBEDDER: 'local' }, false],
    [{ OPENAI_API_KEY: 'x' }, true],
    [{ OPENAI_API_KEY: 'x', OPENAI_BASE_URL: 'http://localhost:11434/v1' }, false],
    [{ OPENAI_API_KEY: 'x', OPENAI_BASE_URL: 'http://[::1]:11434/v1' }, false],
    [{ OPENAI_API_KEY: 'x', OPENAI_BASE_URL: 'https://127.evil.example/v1' }, true],
  ])('%j embeds elsewhere: %s', (env, isRemote) => {
    expect(isRemoteEmbedder(loadConfig({ dataDir: '.' }, env).embedder)).toBe(isRemote);
  });
});
