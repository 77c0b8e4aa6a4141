import { describe, expect, test } from '@jest/globals';
import { formatAgo, formatBytes, plural } from './format.ts';

describe('formats for people', () => {
  test.each([
    [0, '0 B'],
    [999, '999 B'],
    [3_400_000, '3.4 MB'],
    [512_000_000, '512 MB'],
    [5_000_000_000_000, '5000 GB'],
  ])('%d bytes', (bytes, shown) => {
    expect(formatBytes(bytes)).toBe(shown);
  });

  test.each([
    ['2026-01-01T00:00:00Z', 'just now'],
    ['2026-01-01T00:05:00Z', 'in 5 minutes'],
    ['2025-12-31T00:00:00Z', 'yesterday'],
    ['2023-12-30T00:00:00Z', '2 years ago'],
  ])('%s', (at, shown) => {
    expect(formatAgo(at, Date.UTC(2026, 0, 1))).toBe(shown);
  });

  test('one and many', () => {
    expect([plural(1, 'item', 'items'), plural(12_345, 'item', 'items')]).toEqual(['1 item', '12,345 items']);
  });
});
