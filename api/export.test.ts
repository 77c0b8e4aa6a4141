import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ApiWorld, exported } from './api-world.test-helper.ts';

describe('the export over HTTP', () => {
  const world = new ApiWorld();
  beforeAll(async () => {
    await world.start();
    await world.upload(exported(600));
    await world.upload(exported(3, 1_000), undefined, 'other');
  });
  afterAll(async () => {
    await world.stop();
    world.cli.remove();
  });

  it.each([
    ['', 'application/jsonl; charset=utf-8', 'jsonl'],
    ['?format=netscape', 'text/html; charset=utf-8', 'html'],
    ['?format=karakeep', 'application/json; charset=utf-8', 'json'],
  ])('is a streamed file (%s)', async (query, type, extension) => {
    const { status, headers } = await world.ask('GET', `/v1/export${query}`);
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'content-type': type,
      'content-disposition': expect.stringMatching(
        `^attachment; filename="hoardarr-\\d{4}-\\d\\d-\\d\\d\\.${extension}"$`,
      ),
      'transfer-encoding': 'chunked',
    });
  });

  it('has everything, or what was chosen', async () => {
    const count = async (query: string): Promise<number> =>
      (await world.ask('GET', `/v1/export${query}`)).text.split('\n').length - 1;
    expect(await count('')).toBe(603);
    expect(await count('?user=other')).toBe(3);
    expect(await count('?provider=reddit')).toBe(0);
    const { bookmarks } = (await world.ask('GET', '/v1/export?format=karakeep')).json<{ bookmarks: object[] }>();
    expect(bookmarks).toHaveLength(603);
  });

  it('says what is wrong with the question', async () => {
    expect((await world.ask('GET', '/v1/export?format=pdf')).status).toBe(400);
    expect((await world.ask('GET', '/v1/export?provider=myspace')).status).toBe(400);
  });
});
