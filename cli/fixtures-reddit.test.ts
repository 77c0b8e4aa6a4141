import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it, jest } from '@jest/globals';
import { CliWorld } from './run-cli.test-helper.ts';

jest.setTimeout(240_000);

/** A real list, and one that was made of real posts; they lie beside the checkout, and are no part of the project. */
const FIXTURES = path.resolve(__dirname, '../../shared/fixtures/reddit');
const LISTS = ['gdpr.saved_posts.csv', 'derived.saved_posts.csv'];
const present = LISTS.filter((name) => existsSync(path.join(FIXTURES, name)));

interface Page {
  readonly items: readonly { readonly itemId: string; readonly url: string; readonly hasVector: boolean }[];
  readonly next: string | null;
}

async function itemsOf(world: CliWorld): Promise<ReadonlyMap<string, Page['items'][number]>> {
  const items = new Map<string, Page['items'][number]>();
  for (let after: string | null = null; ; ) {
    const more: string[] = after === null ? [] : ['--after', after];
    const page: Page = (await world.run('items', '--limit', '1000', ...more)).json<Page>();
    for (const item of page.items) items.set(item.itemId, item);
    after = page.next;
    if (after === null) return items;
  }
}

describe('real data requests', () => {
  const worlds: CliWorld[] = [];
  afterAll(() => {
    for (const world of worlds) world.remove();
  });

  it.each(present.length === 0 ? ['absent'] : present)(
    '%s imports with exactly its rows, a second time without doing anything, and loses what a newer one lacks',
    async (name) => {
      if (name === 'absent') {
        process.stderr.write(`SKIPPED: the real lists are not beside the checkout (${FIXTURES})\n`);
        return;
      }
      const world = new CliWorld();
      worlds.push(world);
      const file = path.join(FIXTURES, name);
      // By a regular expression over its lines, without the importer.
      const lines = readFileSync(file, 'utf8').trimEnd().split('\n').slice(1);
      const urls = new Map(lines.map((line) => [`t3_${/^\w+/.exec(line)?.[0]}`, /https:.*$/.exec(line)?.[0] ?? '']));
      expect((await world.run('import', 'reddit', file, '--as-of', '2026-01-01')).json()).toMatchObject({
        processed: lines.length,
        new: urls.size,
        removed: 0,
        held: 0,
        skipped: 0,
        failed: 0,
        converged: true,
        warnings: [],
      });
      const items = await itemsOf(world);
      expect(new Map([...items].map(([itemId, { url }]) => [itemId, url]))).toEqual(urls);
      expect([...items.values()].every(({ hasVector }) => hasVector)).toBe(true);
      const again = await world.run('import', 'reddit', file, '--as-of', '2026-01-01');
      expect(again.json()).toMatchObject({ new: 0, updated: 0, removed: 0, converged: true });

      const kept = lines.filter((_, n) => n % 50 !== 7);
      const shorter = path.join(world.root, 'saved_posts.csv');
      writeFileSync(shorter, ['id,permalink', ...kept, ''].join('\n'));
      expect((await world.run('import', 'reddit', shorter, '--as-of', '2026-02-01')).json()).toMatchObject({
        new: 0,
        removed: lines.length - kept.length,
        held: 0,
        converged: true,
      });
      expect((await world.run('rebuild')).json()).toMatchObject({ match: true, embeddingCalls: 0 });
    },
  );
});
