import { expect, test } from '@jest/globals';
import { isFiltered, readFilters, toQuery, writeFilters } from './filters.ts';

test('what stands in the address comes back as it was', () => {
  const search = '?q=sourdough+%26+rye&provider=tiktok&from=2025-01-01';
  expect(writeFilters(readFilters(search))).toBe(search);
  expect(writeFilters(readFilters(''))).toBe('');
});

test('a day belongs to the range as a whole', () => {
  const { savedFrom, savedTo } = toQuery(readFilters('?from=2025-03-01&to=2025-03-01'));
  expect(Date.parse(savedTo ?? '') - Date.parse(savedFrom ?? '')).toBe(86_399_999);
});

test('a date that is still typed filters nothing', () => {
  expect(toQuery(readFilters('?from=2025-&to=2025-'))).toMatchObject({ savedFrom: '', savedTo: '' });
});

test('a search alone is no filter', () => {
  expect([isFiltered(readFilters('?q=a')), isFiltered(readFilters('?state=trash'))]).toEqual([false, true]);
});
