import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { inventedComments, inventedPosts, savedCsv } from '../testing/reddit-requests.ts';
import { ApiWorld, exported, form, PROBLEM } from './api-world.test-helper.ts';

describe('uploads of data requests, and the date of an upload', () => {
  const world = new ApiWorld();
  beforeAll(() => world.start());
  afterAll(async () => {
    await world.stop();
    world.cli.remove();
  });
  const posts = (count: number): Buffer => Buffer.from(savedCsv(inventedPosts(count)));
  const uploadForm = (file: Buffer, name: string, date: Parameters<typeof form>[2], provider = 'reddit') => {
    const { body, headers } = form(file, name, date);
    return world.upload(body, headers, 'me', provider);
  };

  it('takes Reddit’s lists, as the body and as a file of a form', async () => {
    const comments = Buffer.from(savedCsv(inventedComments(4)));
    expect(await world.upload(comments, { 'content-type': 'text/csv' }, 'me', 'reddit')).toMatchObject({
      status: 'done',
      provider: 'reddit',
      collection: 'saved',
      processed: 4,
      new: 4,
      asOf: null,
      converged: null,
      warnings: [expect.stringContaining('--as-of')],
    });
    expect(await uploadForm(posts(12), 'saved_posts.csv', { asOf: '2025-02-01' })).toMatchObject({
      status: 'done',
      processed: 12,
      new: 12,
      asOf: '2025-02-01T00:00:00.000Z',
      converged: true,
      warnings: [],
    });
  });

  it('takes the date from a field before or after the file, for every provider', async () => {
    expect(await uploadForm(posts(11), 'saved_posts.csv', { asOf: '2025-02-02', after: true })).toMatchObject({
      asOf: '2025-02-02T00:00:00.000Z',
      removed: 1,
    });
    expect(await uploadForm(exported(5), 'a.json', { asOf: '2026-02-03', after: true }, 'tiktok')).toMatchObject({
      asOf: '2026-02-03T00:00:00.000Z',
      new: 5,
    });
  });

  it.each([[true], [false]])(
    'refuses a date that is none, and keeps nothing of the upload (after the file: %s)',
    async (after) => {
      const answer = await world.ask(
        'POST',
        '/v1/users/me/reddit/uploads',
        form(posts(1), 'p.csv', { asOf: 'soon', after }),
      );
      expect(answer.status).toBe(400);
      expect(answer.json()).toMatchObject({ ...PROBLEM, detail: expect.stringContaining("'soon' is no date") });
    },
  );

  it('says what is wrong with a file that is none', async () => {
    expect(await world.upload(exported(3), undefined, 'me', 'reddit')).toMatchObject({
      status: 'failed',
      error: expect.stringContaining('is JSON, not a data request of Reddit'),
    });
    expect(await world.ask('POST', '/v1/users/me/github/uploads', { body: 'x' })).toMatchObject({ status: 400 });
  });

  it('takes what is sent again under an id of its sender as the same upload', async () => {
    const id = '7b0c1c0e-0000-4000-8000-000000000001';
    const send = () => world.ask('POST', `/v1/users/again/reddit/uploads?id=${id}`, form(posts(2), 'saved_posts.csv'));
    const answers = [await send(), await send()];
    for (const answer of answers) {
      expect(answer).toMatchObject({ status: 202, headers: { location: `/v1/uploads/${id}` } });
      expect(answer.json()).toMatchObject({ id, user: 'again' });
    }
    expect(answers[1]?.json()['createdAt']).toBe(answers[0]?.json()['createdAt']);
  });
});
