import { afterEach, expect, test } from '@jest/globals';
import { keepText, keptText } from './kept-texts.ts';

function offer(storage: Partial<Storage> | null): void {
  Object.defineProperty(globalThis, 'localStorage', {
    configurable: true,
    get: () => {
      if (storage === null) throw new DOMException('Access is denied for this document.', 'SecurityError');
      return storage;
    },
  });
}

afterEach(() => void Reflect.deleteProperty(globalThis, 'localStorage'));

test('a browser that keeps nothing for this site forgets with the page, and nothing fails', () => {
  offer(null);
  expect(keptText('a')).toBeNull();
  keepText('a', 'text');
  expect(keptText('a')).toBe('text');
  keepText('a', null);
  expect(keptText('a')).toBeNull();
});

test('what there is no room for counts until the page is left, instead of what was kept before', () => {
  const kept = new Map([['b', 'of before']]);
  const full = (): never => {
    throw new DOMException('The quota has been exceeded.', 'QuotaExceededError');
  };
  offer({ getItem: (key) => kept.get(key) ?? null, setItem: full });
  expect(keptText('b')).toBe('of before');
  keepText('b', 'new');
  expect(keptText('b')).toBe('new');
  offer({ getItem: (key) => kept.get(key) ?? null, setItem: (key, text) => void kept.set(key, text) });
  keepText('b', 'newer');
  expect([keptText('b'), kept.get('b')]).toEqual(['newer', 'newer']);
});
