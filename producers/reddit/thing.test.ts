import { expect, it } from '@jest/globals';
import { contentOf, readThing, toDocument } from './thing.ts';

it.each([
  [1_500_000_000, 1_500_000_000_000],
  [1_500_000_000.25, 1_500_000_000_250],
  [0.0001, 0],
  [1e300, null],
  [null, null],
])('the time %j of a post is one that the log can hold: %j', (created_utc, createdAt) => {
  const post = readThing({ kind: 't3', data: { name: 't3_1abc', title: 'An invented title', created_utc } });
  expect(toDocument(post).createdAt).toBe(createdAt);
});

it.each([
  ['[removed]', 'removed'],
  ['[ Removed by Reddit ]', 'removed'],
  ['[unavailable]', 'removed'],
  ['[deleted]', 'deleted'],
  ['[removed] was the answer they gave me', 'full'],
  ['[Unavailable] in my country, but here is how', 'full'],
])('the text %j of a comment says that it is %s', (body, content) => {
  const comment = readThing({ kind: 't1', data: { name: 't1_1abc', author: 'somebody', body } });
  expect(contentOf(comment)).toBe(content);
});
