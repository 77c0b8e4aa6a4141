import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { makeZip } from '../testing/make-zip.ts';
import { inventedComments, inventedPosts, savedCsv } from '../testing/reddit-requests.ts';
import { CliWorld } from './run-cli.test-helper.ts';

interface Listed {
  readonly items: readonly { readonly itemId: string; readonly stub: boolean; readonly title: string | null }[];
}

describe('import reddit', () => {
  const world = new CliWorld();
  afterAll(() => world.remove());
  const write = (name: string, content: string | Uint8Array): string => {
    const file = path.join(world.root, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content);
    return file;
  };
  const ids = async (): Promise<readonly string[]> =>
    (await world.run('items', '--provider', 'reddit', '--limit', '100'))
      .json<Listed>()
      .items.map(({ itemId }) => itemId)
      .sort();

  it('takes in the sample, whose things are found by the words of their addresses', async () => {
    const ran = await world.run('import', 'reddit', path.resolve(__dirname, '../samples/reddit'), '--user', 'sample');
    expect(ran.status).toBe(0);
    expect(ran.json()).toMatchObject({
      provider: 'reddit',
      user: 'sample',
      collection: 'saved',
      processed: 40,
      new: 40,
      removed: 0,
      skipped: 0,
      failed: 0,
      asOf: null,
      converged: null,
    });
    const found = await world.run('search', 'floorboard', '--user', 'sample');
    expect(found.json<{ results: object[] }>().results[0]).toMatchObject({
      provider: 'reddit',
      title: 'how to silence a squeaking floorboard',
      url: expect.stringMatching(/^https:\/\/www\.reddit\.com\/r\/homeimprovement\/comments\//),
    });
  });

  it('removes what a newer one lacks, keeps kinds apart, and changes nothing by an older one', async () => {
    const zip = makeZip([
      { name: 'saved_posts.csv', data: savedCsv(inventedPosts(20)), modifiedAt: Date.UTC(2025, 0, 2) },
      { name: 'saved_comments.csv', data: savedCsv(inventedComments(10)), modifiedAt: Date.UTC(2025, 0, 1) },
    ]);
    const first = await world.run('import', 'reddit', write('request.zip', zip));
    expect(first.json()).toMatchObject({ new: 30, asOf: '2025-01-01T00:00:00.000Z', converged: true, warnings: [] });
    const posts = write('saved_posts.csv', savedCsv(inventedPosts(18)));
    const undated = (await world.run('import', 'reddit', posts)).json<{ warnings: string[] }>();
    expect(undated).toMatchObject({ removed: 0, asOf: null, warnings: [expect.stringContaining('--as-of')] });
    const dated = await world.run('import', 'reddit', posts, '--as-of', '2025-02-01');
    expect(dated.json()).toMatchObject({ new: 0, removed: 2, held: 0, converged: true });
    expect(await ids()).toHaveLength(28);
    const older = (await world.run('import', 'reddit', path.join(world.root, 'request.zip'))).json<{
      warnings: string[];
    }>();
    expect(older).toMatchObject({ new: 0, removed: 0, restored: 0 });
    expect(older.warnings.join()).toContain('nothing was changed: the export is older');
    const none = write('saved_comments.csv', 'id,permalink\r\n');
    const empty = await world.run('import', 'reddit', none, '--as-of', '2025-02-01');
    expect(empty.json()).toMatchObject({ processed: 0, removed: 0, held: 10 });
    expect((await world.run('explain', 'reddit', `t3_${inventedPosts(20)[19]?.id}`)).json()).toMatchObject({
      state: 'trash',
      history: expect.arrayContaining([
        expect.objectContaining({ event: 'removed', evidence: expect.objectContaining({ coverage: 'complete' }) }),
      ]),
    });
  });

  it('refuses what is none with exit status 2, and changes nothing', async () => {
    const before = await ids();
    const video = { Date: '2025-01-01 00:00:00', Link: 'https://www.tiktokv.com/share/video/7300000000000000001/' };
    for (const [name, content, message] of [
      ['saved_posts.csv', savedCsv(inventedPosts(3)).slice(0, -20), 'is cut off'],
      ['saved_posts.csv', savedCsv(inventedPosts(3)).slice(13), 'has no header'],
      ['page.html', '<!doctype html><title>Log in</title>', 'HTML'],
      ['tiktok.json', JSON.stringify({ Activity: { 'Favorite Videos': { FavoriteVideoList: [video] } } }), 'is JSON'],
      ['other.zip', makeZip([{ name: 'chat_history.csv', data: 'a,b\n' }]), 'chat_history.csv'],
    ] as const) {
      const ran = await world.run('import', 'reddit', write(`refused/${name}`, content));
      expect(ran.status).toBe(2);
      expect(ran.json<{ error: string }>().error).toContain(message);
    }
    expect(
      (await world.run('import', 'tiktok', write('refused/saved_posts.csv', savedCsv(inventedPosts(3))))).status,
    ).toBe(2);
    expect(await ids()).toEqual(before);
  });
});
