import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { CliWorld } from './run-cli.test-helper.ts';

/** Real exports, published by others; they lie beside the checkout, and are no part of the project. */
const FIXTURES = path.resolve(__dirname, '../../shared/fixtures/tiktok');
const EXPORTS = [
  'activity.2025-01.tiktok-com-links.json',
  'your-activity.2025-06.json',
  'likes-and-favorites.2025-04.full.json',
  'likes-and-favorites.2026-04.json',
  'txt-2025-05',
];

const present = EXPORTS.filter((name) => existsSync(path.join(FIXTURES, name)));

/** Ids of the list of favourites, read by a regular expression over its lines, without the importer. */
function idsOf(file: string): Set<string> {
  const text = readFileSync(file.includes('txt-') ? path.join(file, 'Favorite Videos.txt') : file, 'utf8');
  if (file.includes('txt-')) return new Set([...text.matchAll(/video\/(\d+)/g)].map((match) => match[1] ?? ''));
  const ids = new Set<string>();
  const walk = (value: unknown, inList: boolean): void => {
    if (typeof value === 'string' && inList)
      for (const match of value.matchAll(/\/video\/(\d+)/g)) ids.add(match[1] ?? '');
    if (typeof value !== 'object' || value === null) return;
    for (const [key, entry] of Object.entries(value)) walk(entry, inList || key === 'FavoriteVideoList');
  };
  walk(JSON.parse(text), false);
  return ids;
}

describe('real exports', () => {
  it.each(present.length === 0 ? ['absent'] : present)(
    '%s imports with exactly its favourites, and a second time without doing anything',
    async (name) => {
      if (name === 'absent') {
        process.stderr.write(`SKIPPED: the real exports are not beside the checkout (${FIXTURES})\n`);
        return;
      }
      const world = new CliWorld();
      const file = path.join(FIXTURES, name);
      const ids = idsOf(file);
      expect((await world.run('import', 'tiktok', file)).json()).toMatchObject({
        new: ids.size,
        removed: 0,
        held: 0,
        converged: true,
      });
      const listed = new Set<string>();
      for (let after: string | null = null; ; ) {
        const page: { items: { itemId: string }[]; next: string | null } = (
          await world.run('items', '--limit', '1000', ...(after === null ? [] : ['--after', after]))
        ).json<{
          items: { itemId: string }[];
          next: string | null;
        }>();
        for (const { itemId } of page.items) listed.add(itemId);
        after = page.next;
        if (after === null) break;
      }
      expect(listed).toEqual(ids);
      expect((await world.run('import', 'tiktok', file)).json()).toMatchObject({ new: 0, updated: 0, removed: 0 });
      world.remove();
    },
  );
});

describe('two real exports of one account', () => {
  const world = new CliWorld();
  afterAll(() => world.remove());

  it('of different people: most would go, so all of it waits for a person', async () => {
    const [one, other] = [
      path.join(FIXTURES, 'likes-and-favorites.2025-04.full.json'),
      path.join(FIXTURES, 'likes-and-favorites.2026-04.json'),
    ];
    if (!existsSync(one) || !existsSync(other)) {
      process.stderr.write('SKIPPED: the real exports are not beside the checkout\n');
      return;
    }
    const before = (await world.run('import', 'tiktok', one)).json<{ new: number }>().new;
    expect((await world.run('import', 'tiktok', other)).json()).toMatchObject({ removed: 0, held: before });
    expect(
      (await world.run('held')).json<{ held: { count: number }[] }>().held.reduce((sum, group) => sum + group.count, 0),
    ).toBe(before);
  });
});
