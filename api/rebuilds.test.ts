import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { PauseLock } from '../app/pause-lock.ts';
import { FakeOpenAi } from '../testing/fake-openai/fake-openai.ts';
import { ApiWorld, exported, PROBLEM } from './api-world.test-helper.ts';

const JSON_BODY = { 'content-type': 'application/json' };

interface Rebuild {
  readonly id: string;
  readonly state: string;
  readonly replayed: number;
  readonly total: number;
  readonly digestAfter: string | null;
}

describe('rebuilds over HTTP', () => {
  let world: ApiWorld;
  let openai: FakeOpenAi | null = null;
  beforeEach(async () => {
    world = new ApiWorld();
    await world.start();
    await world.upload(exported(30));
  });
  afterEach(async () => {
    await world.stop();
    await openai?.stop();
    openai = null;
    world.cli.remove();
  });

  const begin = (body?: unknown): ReturnType<ApiWorld['ask']> =>
    world.ask('POST', '/v1/rebuilds', body === undefined ? {} : { headers: JSON_BODY, body: JSON.stringify(body) });
  const get = async (id: string): Promise<Rebuild> => (await world.ask('GET', `/v1/rebuilds/${id}`)).json<Rebuild>();
  const ended = async (id: string): Promise<Rebuild> => {
    for (;;) {
      const seen = await get(id);
      if (seen.state !== 'running') return seen;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };

  it('go on in the background, one at a time, and end in the same digest', async () => {
    const answer = await begin({});
    expect(answer.status).toBe(202);
    const begun = answer.json<Rebuild>();
    expect(begun).toMatchObject({ state: 'running', replayed: 0, match: null, error: null });
    expect(begun.total).toBeGreaterThan(0);
    expect(answer.headers['location']).toBe(`/v1/rebuilds/${begun.id}`);
    expect((await begin()).json()).toMatchObject({ ...PROBLEM, status: 409 });
    // Nor does anything else of this process make the roles stand still meanwhile, as a backup would.
    expect(world.app === undefined ? undefined : await PauseLock.tryTake(world.app)).toBeNull();
    expect((await world.ask('GET', '/v1/items?limit=100')).json<{ items: object[] }>().items).toHaveLength(30);
    const done = await ended(begun.id);
    expect(done).toMatchObject({
      state: 'done',
      replayed: begun.total,
      digestBefore: done.digestAfter,
      digestAfter: expect.stringMatching(/^[0-9a-f]+$/),
      match: true,
      embeddingCalls: 0,
      warnings: [],
      error: null,
      durationMs: expect.any(Number),
    });
    expect((await world.ask('GET', '/v1/items?limit=100')).json<{ items: object[] }>().items).toHaveLength(30);
    // The pipeline goes on, into the generation that counts now.
    await world.upload(exported(5, 30), undefined, 'somebody');
    expect((await world.ask('GET', '/v1/items?limit=100')).json<{ items: object[] }>().items).toHaveLength(35);
    const again = await ended((await begin()).json<Rebuild>().id);
    expect(again).toMatchObject({ state: 'done', match: true });
    const { rebuilds } = (await world.ask('GET', '/v1/rebuilds')).json<{ rebuilds: Rebuild[] }>();
    expect(rebuilds).toEqual([again, done]);
  });

  it('refuse what this embedder does not have, and what is no request', async () => {
    for (const body of [{ model: 'another-model' }, { model: '' }, { modell: 'x' }])
      expect((await begin(body)).json()).toMatchObject({ ...PROBLEM, status: 400 });
    expect((await world.ask('GET', '/v1/rebuilds')).json()).toEqual({ rebuilds: [] });
    expect((await world.ask('GET', '/v1/rebuilds/00000000-0000-4000-8000-000000000001')).status).toBe(404);
    expect((await begin()).status).toBe(202);
  });

  it('end with their process, which the next one tells, and nothing is lost', async () => {
    const { id } = (await begin()).json<Rebuild>();
    await world.stop();
    await world.start();
    const seen = await get(id);
    // It may have been quick enough.
    expect(['failed', 'done']).toContain(seen.state);
    if (seen.state === 'failed') expect(seen).toMatchObject({ error: expect.stringContaining('Ask for it again') });
    const dead = { ...seen, id: '00000000-0000-4000-8000-000000000002', state: 'running', finishedAt: null };
    const instance = `${(await import('node:os')).hostname()}:999999999:1`;
    await world.app?.metadata.compareAndSet(`rebuild:${dead.id}`, null, { ...dead, instance });
    expect(await get(dead.id)).toMatchObject({ state: 'failed', error: expect.stringContaining('Ask for it again') });
    expect((await world.ask('GET', '/v1/items?limit=100')).json<{ items: object[] }>().items).toHaveLength(30);
    expect(await ended((await begin()).json<Rebuild>().id)).toMatchObject({ state: 'done', match: true });
  });

  /** Begins anew, with a server that has every model. */
  const withModels = async (env: Readonly<Record<string, string>>): Promise<readonly string[]> => {
    const asked: string[] = [];
    openai = await FakeOpenAi.start({ dimensions: 32, onAnswer: (_, model) => void asked.push(model) });
    await world.stop();
    world.cli.remove();
    const reach = { HOARDARR_EMBEDDER: 'openai', OPENAI_BASE_URL: openai.url, OPENAI_EMBEDDING_DIMENSIONS: '32' };
    world = new ApiWorld({ ...reach, ...env });
    await world.start();
    await world.upload(exported(5));
    return asked;
  };
  const haveVectors = async (): Promise<readonly boolean[]> =>
    (await world.ask('GET', '/v1/items'))
      .json<{ items: { hasVector: boolean }[] }>()
      .items.map((item) => item.hasVector);

  it('with another model are all that is needed where none is configured: what comes is embedded with it, also later', async () => {
    const asked = await withModels({});
    const before = asked.length;
    const done = await ended((await begin({ model: 'model-of-now' })).json<Rebuild>().id);
    expect(done).toMatchObject({ state: 'done', model: 'model-of-now', match: null, warnings: [], error: null });
    await world.upload(exported(5, 5), undefined, 'somebody');
    expect((await world.ask('GET', '/v1/search?q=title')).json()).toMatchObject({ mode: 'hybrid' });
    await world.stop();
    await world.start();
    await world.upload(exported(5, 10), undefined, 'another');
    expect(await haveVectors()).toEqual(Array(15).fill(true));
    expect(new Set(asked.slice(before))).toEqual(new Set(['model-of-now']));
    const { embedder } = (await world.ask('GET', '/v1/overview')).json<{ embedder: object }>();
    expect(embedder).toMatchObject({ name: 'openai', model: 'model-of-now', hasModels: true, configuredModel: null });
  });

  it('with another model say what has to be set, and where nothing new is embedded until then', async () => {
    await withModels({ OPENAI_EMBEDDING_MODEL: 'model-of-before' });
    const done = await ended((await begin({ model: 'model-of-now' })).json<Rebuild>().id);
    expect(done).toMatchObject({
      state: 'done',
      error: null,
      model: 'model-of-now',
      match: null,
      warnings: [expect.stringContaining('set OPENAI_EMBEDDING_MODEL=model-of-now')],
    });
    await world.stop();
    world.cli.env['OPENAI_EMBEDDING_MODEL'] = 'model-of-now';
    await world.start();
    await world.upload(exported(5, 5), undefined, 'somebody');
    expect(await haveVectors()).toEqual(Array(10).fill(true));
  });

  it('are described', async () => {
    const { paths } = (await world.ask('GET', '/openapi.json')).json<{ paths: Record<string, unknown> }>();
    for (const path of ['/v1/rebuilds', '/v1/rebuilds/{id}', '/v1/pipeline', '/v1/dead-letters'])
      expect(paths).toHaveProperty([path, 'get']);
    expect(paths['/v1/rebuilds']).toMatchObject({ post: { responses: { 202: {}, 400: {}, 409: {} } } });
  });
});
