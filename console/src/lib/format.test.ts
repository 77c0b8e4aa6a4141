import { describe, expect, test } from '@jest/globals';
import { formatAgo, formatBytes, formatSeconds, plural } from './format.ts';

describe('formats for people', () => {
  test.each([
    [0, '0 B'],
    [999, '999 B'],
    [3_400_000, '3.4 MB'],
    [512_000_000, '512 MB'],
    [99_960, '100 kB'],
    [999_499, '999 kB'],
    [999_999, '1.0 MB'],
    [999_999_999, '1.0 GB'],
    [999_999_999_999, '1000 GB'],
    [5_000_000_000_000, '5000 GB'],
  ])('%d bytes', (bytes, shown) => {
    expect(formatBytes(bytes)).toBe(shown);
  });

  test.each([
    ['2026-01-01T00:00:00Z', 'just now'],
    ['2025-12-31T23:59:00.400Z', 'just now'],
    ['2026-01-01T00:05:00Z', 'in 5 minutes'],
    ['2025-12-31T23:00:20Z', '1 hour ago'],
    ['2025-12-31T00:00:20Z', 'yesterday'],
    ['2026-01-01T23:59:50Z', 'tomorrow'],
    ['2025-12-02T06:00:00Z', 'last month'],
    ['2025-01-08T00:00:00Z', 'last year'],
    ['2025-12-31T00:00:00Z', 'yesterday'],
    ['2023-12-30T00:00:00Z', '2 years ago'],
  ])('%s', (at, shown) => {
    expect(formatAgo(at, Date.UTC(2026, 0, 1))).toBe(shown);
  });

  test.each([
    [400, '0.4 s'],
    [9_960, '10 s'],
    [59_400, '59 s'],
    [59_600, '1 min 0 s'],
    [119_700, '2 min 0 s'],
    [200_000, '3 min 20 s'],
  ])('%d ms', (ms, shown) => {
    expect(formatSeconds(ms)).toBe(shown);
  });

  test('one and many', () => {
    expect([plural(1, 'item', 'items'), plural(12_345, 'item', 'items')]).toEqual(['1 item', '12,345 items']);
  });
});
