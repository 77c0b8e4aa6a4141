import path from 'node:path';
import { expect, it } from '@jest/globals';
import { readRequest } from './read-request.ts';

it('the sample is a data request of posts and comments whose addresses all hold words', async () => {
  const folder = path.resolve(__dirname, '../../../samples/reddit');
  const { lists, warnings } = await readRequest(folder, { now: Date.UTC(2027, 0, 1) });
  expect(warnings).toEqual([]);
  expect(lists.map(({ kind, items, skipped }) => [kind, items.size, skipped.size])).toEqual([
    ['t1', 20, 0],
    ['t3', 20, 0],
  ]);
  for (const { items } of lists)
    for (const link of items.values()) expect(link).toMatchObject({ words: expect.stringContaining(' ') });
});
