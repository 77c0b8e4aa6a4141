import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ApiWorld, exported, PROBLEM } from './api-world.test-helper.ts';

const JSON_BODY = { 'content-type': 'application/json' };
const NONE_BEHIND = { lag: 0, deadLetters: 0 };

interface Stage {
  readonly name: string;
  readonly recordsPerSecond: number;
  readonly total: number;
  readonly lag: number;
  readonly deadLetters: number;
}

interface Pipeline {
  readonly stages: readonly Stage[];
  readonly embedding: Readonly<Record<string, unknown>>;
}

describe('the health of the pipeline over HTTP', () => {
  let world: ApiWorld;
  beforeAll(async () => {
    world = new ApiWorld();
    await world.start();
  });
  afterAll(async () => {
    await world.stop();
    world.cli.remove();
  });

  const look = async (): Promise<Pipeline> => (await world.ask('GET', '/v1/pipeline')).json<Pipeline>();
  const until = async (holds: (seen: Pipeline) => boolean): Promise<Pipeline> => {
    for (;;) {
      const seen = await look();
      if (holds(seen)) return seen;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const idle = ({ stages }: Pipeline): boolean => stages.every(({ lag }) => lag === 0);

  it('shows nothing before anything happened', async () => {
    const { stages, embedding } = await look();
    const nothing = { ...NONE_BEHIND, recordsPerSecond: 0, total: 0, lastAt: null };
    expect(stages).toEqual(['producers', 'embed', 'sink'].map((name) => ({ name, ...nothing })));
    expect(embedding).toEqual({
      isHere: true,
      since: null,
      requests: 0,
      tokens: 0,
      textsEmbedded: 0,
      cacheHits: 0,
      tokensSaved: 0,
      costUsd: null,
      savedUsd: null,
    });
  });

  it('shows what went through each stage, how fast, and what the cache saved', async () => {
    await world.upload(exported(20));
    const first = await until((seen) => idle(seen) && seen.embedding['textsEmbedded'] === 20);
    const ends = (await world.app?.log.ends('ingest')) ?? [];
    const written = ends.reduce((sum, { end }) => sum + end, 0);
    expect(first.stages).toMatchObject([
      { name: 'producers', total: written, ...NONE_BEHIND, lastAt: expect.stringMatching(/^\d{4}-/) },
      { name: 'embed', total: written, ...NONE_BEHIND, lastAt: expect.stringMatching(/^\d{4}-/) },
      { name: 'sink', ...NONE_BEHIND, lastAt: expect.stringMatching(/^\d{4}-/) },
    ]);
    // What the sink owes passes through it too.
    for (const { name, total, recordsPerSecond } of first.stages) {
      expect({ name, enough: total >= written }).toEqual({ name, enough: true });
      expect({ name, moves: recordsPerSecond > 0 }).toEqual({ name, moves: true });
    }
    expect(first.embedding).toMatchObject({ cacheHits: 0, tokensSaved: 0, costUsd: null });
    expect(Number(first.embedding['requests'])).toBeGreaterThan(0);
    expect(Number(first.embedding['tokens'])).toBeGreaterThan(20);
    await world.upload(exported(20), undefined, 'somebody');
    const second = await until((seen) => seen.embedding['cacheHits'] === 20);
    expect(second.embedding).toMatchObject({ textsEmbedded: 20, requests: first.embedding['requests'] });
    expect(Number(second.embedding['tokensSaved'])).toBeGreaterThan(20);
  });

  it('shows what embedding took before it was started again, and since when', async () => {
    const before = await look();
    expect(before.embedding['since']).toMatch(/^\d{4}-/);
    await world.stop();
    await world.start();
    expect((await look()).embedding).toEqual(before.embedding);
  });

  it('is told to who listens', async () => {
    const stop = new AbortController();
    const response = await fetch(`${world.url.origin}/v1/events`, { signal: stop.signal });
    const decoder = new TextDecoder();
    let text = '';
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      text += decoder.decode(chunk, { stream: true });
      if (text.split('event: pipeline\n').length > 2 && text.endsWith('\n\n')) break;
    }
    stop.abort();
    const told = [...text.matchAll(/^event: pipeline\ndata: (.*)$/gm)].map(([, data]) => JSON.parse(data ?? ''));
    expect(told).toHaveLength(2);
    const { stages, embedding } = await look();
    expect(told[0]).toMatchObject({
      stages: stages.map(({ name, total }) => ({ name, total })),
      embedding: { requests: embedding['requests'] },
      uptimeS: expect.any(Number),
    });
  });

  it('shows records that no stage could take, and takes them anew', async () => {
    const { log } = world.app ?? {};
    if (log === undefined) throw new Error('it was started');
    const value = Uint8Array.of(0, 9, 9, 9, 9, 9);
    const keys = ['tiktok/me|tiktok/me/favorites|7000000000000000001|poison', 'tiktok/me|tiktok/me/favorites|:end|x'];
    for (const key of keys) await log.append('ingest', log.partitionOf('tiktok/me'), [{ key, value }]);
    const seen = await until(({ stages }) => stages[1]?.deadLetters === 2);
    expect(seen.stages.map(({ deadLetters }) => deadLetters)).toEqual([0, 2, 0]);
    const list = async (): Promise<{ readonly records: readonly { readonly id: string }[]; readonly total: number }> =>
      (await world.ask('GET', '/v1/dead-letters')).json();
    const before = await list();
    const letter = { topic: 'ingest', partition: log.partitionOf('tiktok/me'), stage: 'embed', at: expect.any(String) };
    expect(before).toMatchObject({ records: [letter, letter], total: 2 });
    const answer = await world.ask('POST', '/v1/dead-letters/redrive', { headers: JSON_BODY, body: '{}' });
    expect(answer.status).toBe(200);
    expect(answer.json()).toMatchObject({
      redriven: 1,
      skipped: [{ id: expect.any(String), reason: expect.stringContaining('import again') }],
    });
    // It is no record after that either.
    await until(({ stages }) => stages[1]?.deadLetters === 2);
    const after = await list();
    expect(after.records.map(({ id }) => id)).not.toEqual(before.records.map(({ id }) => id));
    for (const [body, status] of [
      ['{"ids":["0-999"]}', 404],
      ['{"ids":"all"}', 400],
      ['{"all":true}', 400],
    ] as const) {
      const refused = await world.ask('POST', '/v1/dead-letters/redrive', { headers: JSON_BODY, body });
      expect(refused.json()).toMatchObject({ ...PROBLEM, status });
    }
  });
});
