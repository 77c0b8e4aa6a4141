import { expect, it } from '@jest/globals';
import { ProducerWorld } from '../testing/producer-world.ts';
import { readStar, toDocument, VOLATILE_EXTRA, vectorizationText } from './github/star.ts';
import { failedItem, toRawItem } from './raw-item.ts';
import { withRun } from './run.ts';

const provider = {
  itemId: () => '5',
  toDocument,
  vectorizationText,
  contentOf: () => 'full' as const,
  volatile: { extra: VOLATILE_EXTRA },
};
const long = (length: number): string => 'ä'.repeat(length);
const repo = { id: 5, full_name: 'a/b', private: true };
const itemOf = (more: object): ReturnType<typeof toRawItem> =>
  toRawItem(provider, readStar({ starred_at: '2026-01-01T00:00:00Z', repo: { ...repo, ...more } }), true);

it.each([
  ['topics', { topics: Array.from({ length: 100_000 }, (_, n) => `topic-${n}`) }],
  ['a name', { full_name: `a/${long(1_000_000)}` }],
  ['an address', { html_url: `https://example.org/${long(1_000_000)}` }],
  ['an owner', { owner: { login: long(1_000_000) } }],
  ['a language', { language: long(1_000_000) }],
  ['a description', { description: long(1_000_000) }],
])('%s beyond all measure ends no run, and is marked', async (_name, more) => {
  const world = new ProducerWorld();
  const item = itemOf(more);
  expect(item.truncated).toBe(true);
  await withRun(world, { account: { provider: 'github', user: 'me' }, mode: 'full' }, async (run) => {
    await run.append([
      { type: 'RawItem', value: { ...item, collection: 'starred' } },
      {
        type: 'RawItem',
        value: { ...failedItem('6', { ...item.document, url: long(2_000_000) }, ''), collection: 'starred' },
      },
    ]);
    return { value: null, counts: {} };
  });
});

it('what is of usual length stays as it is', () => {
  const item = itemOf({ topics: ['b', 'a'], description: 'short' });
  expect(item).toMatchObject({ truncated: false, document: { title: 'a/b', body: 'short' } });
  expect(JSON.parse(item.document.extra)).toMatchObject({ topics: ['a', 'b'], private: true });
});
