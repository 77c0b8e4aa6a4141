import { expect, it } from '@jest/globals';
import { readThing, toDocument } from './thing.ts';

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
