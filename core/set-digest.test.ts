import { createHash } from 'node:crypto';
import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { digestOfIds, SetDigest } from './set-digest.ts';

/** The definition, word by word. */
function slowDigest(ids: readonly string[]): string {
  const sum = ids.reduce(
    (total, id) => total + BigInt(`0x${createHash('sha256').update(id).digest('hex').slice(0, 32)}`),
    0n,
  );
  return (sum % 2n ** 128n).toString(16).padStart(32, '0');
}

it('is what the protocol defines, in any order', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string(), { maxLength: 40 }), (ids) => {
      expect(digestOfIds(ids)).toBe(slowDigest(ids));
      expect(digestOfIds(ids.toReversed())).toBe(slowDigest(ids));
    }),
  );
});

it('follows ids as they come and go, and goes on from where it was', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.string(), { maxLength: 20 }),
      fc.uniqueArray(fc.string(), { maxLength: 20 }),
      (kept, gone) => {
        const digest = new SetDigest();
        for (const id of [...kept, ...gone]) digest.add(id);
        const later = new SetDigest(digest.toString());
        for (const id of gone) later.remove(id);
        expect(later.toString()).toBe(slowDigest(kept));
      },
    ),
  );
  expect(new SetDigest().remove('a').add('a').toString()).toBe('0'.repeat(32));
});

it('refuses what is no digest', () => {
  expect(() => new SetDigest('abc')).toThrow(RangeError);
});
