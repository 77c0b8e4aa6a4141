import { expect, test } from '@jest/globals';
import { cameFromInside, followHistory } from './scroll-memory.ts';

test('who opened a page by its address has nowhere in the console to go back to', () => {
  const page = new EventTarget();
  Object.assign(globalThis, { window: page, history: {} });
  followHistory();
  const after = (...events: readonly string[]): boolean => {
    for (const event of events) page.dispatchEvent(new Event(event));
    return cameFromInside();
  };
  expect(after()).toBe(false);
  // A filter of the list changes its address, and leads nowhere.
  expect(after('replaceState')).toBe(false);
  expect(after('pushState')).toBe(true);
  expect(after('popstate')).toBe(false);
  expect(after('popstate', 'pushState', 'pushState', 'popstate')).toBe(true);
});
