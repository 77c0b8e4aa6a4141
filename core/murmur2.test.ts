import { describe, expect, it } from '@jest/globals';
import { murmur2, partitionOfKey } from './murmur2.ts';

describe('murmur2', () => {
  // From UtilsTest.testMurmur2 of Apache Kafka.
  it.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['abc', 479470107],
    ['', 275646681],
    ['string-f-24-chars-length', 124730809],
    ['string-fo-25-chars-length', 1269511650],
    ['string-foo-26-chars-length', 119165628],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ])('hashes %s as Java does', (text, hash) => {
    expect(murmur2(new TextEncoder().encode(text))).toBe(hash);
  });

  it('reads a view into a larger buffer at any alignment', () => {
    const bytes = new TextEncoder().encode('xfoobarx');
    expect(murmur2(bytes.subarray(1, 7))).toBe(-790332482);
  });
});

describe('partitionOfKey', () => {
  it('is never negative, and uses the UTF-8 bytes', () => {
    expect(partitionOfKey('foobar', 4)).toBe((-790332482 & 0x7fffffff) % 4);
    for (const account of ['tiktok/me', 'github/me', 'reddit/ünïcode', '']) {
      expect(partitionOfKey(account, 4)).toBeGreaterThanOrEqual(0);
      expect(partitionOfKey(account, 4)).toBeLessThan(4);
      expect(partitionOfKey(account, 1)).toBe(0);
    }
  });
});
