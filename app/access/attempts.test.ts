import { expect, it } from '@jest/globals';
import { Attempts } from './attempts.ts';

const MINUTE_MS = 60_000;

it('one address has ten attempts in a quarter of an hour, counted when they begin', () => {
  const attempts = new Attempts();
  for (let n = 0; n < 10; n++) expect(attempts.begin('a', n * 1_000)).toBeNull();
  expect(attempts.begin('a', 10_000)).toBe(15 * MINUTE_MS - 10_000);
  expect(attempts.begin('b', 10_000)).toBeNull();
  expect(attempts.begin('a', 15 * MINUTE_MS)).toBeNull();
  expect(attempts.begin('a', 15 * MINUTE_MS)).toBe(1_000);
});

it('all addresses together have a hundred', () => {
  const attempts = new Attempts();
  for (let n = 0; n < 100; n++) expect(attempts.begin(`address ${n}`, 0)).toBeNull();
  expect(attempts.begin('another', 1)).toBe(15 * MINUTE_MS - 1);
});

it('who knew the password begins anew, and nobody else does', () => {
  const attempts = new Attempts();
  for (let n = 0; n < 10; n++) for (const address of ['a', 'b']) attempts.begin(address, 0);
  attempts.forgive('a');
  expect(attempts.begin('a', 1)).toBeNull();
  expect(attempts.begin('b', 1)).not.toBeNull();
});

it('a clock that goes back shuts nobody out', () => {
  const attempts = new Attempts();
  for (let n = 0; n < 10; n++) attempts.begin('a', 1_000_000_000);
  expect(attempts.begin('a', 0)).toBeNull();
});
