import { expect, it } from '@jest/globals';
import type { Document } from '../schemas/generated/records.ts';
import { documentHash } from './document-hash.ts';

const document: Document = {
  url: 'https://example.org/1',
  title: 'Title',
  author: null,
  body: null,
  savedAt: 1,
  createdAt: null,
  thumbnailUrl: 'https://example.org/a?expires=1',
  extra: '{"stars":1,"topics":["a","b"],"deep":{"x":1,"y":2}}',
};
const volatile = { extra: ['stars'], thumbnail: true };

it('has 22 characters of base64url', () => {
  expect(documentHash(document)).toMatch(/^[\w-]{22}$/);
});

it('does not depend on the order of keys, nor on what is volatile', () => {
  const other = { ...document, thumbnailUrl: null, extra: '{ "deep": {"y":2,"x":1}, "topics":["a","b"], "stars": 2 }' };
  expect(documentHash(other, volatile)).toBe(documentHash(document, volatile));
  expect(documentHash(other)).not.toBe(documentHash(document));
});

it.each([
  { title: 'Other' },
  { savedAt: 2 },
  { body: '' },
  { extra: '{"stars":1,"topics":["b","a"]}' },
  { extra: 'not JSON' },
  { extra: '[1]' },
])('changes with %j', (change) => {
  expect(documentHash({ ...document, ...change }, volatile)).not.toBe(documentHash(document, volatile));
});
