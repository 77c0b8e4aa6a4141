import { describe, expect, it } from '@jest/globals';
import { mulberry32 } from '../../testing/producer-world.ts';
import { seedFor } from '../../testing/seeds.ts';
import { type Gap, GapFinder, gapAt } from './gaps.ts';

const LEAST = 5;

/** Gaps of a list whose nth item was saved at moment n. */
function gapsOf(count: number, absent: ReadonlySet<number>): readonly Gap[] {
  const finder = new GapFinder([...absent].toReversed(), LEAST);
  for (let n = 0; n < count; n++) if (!absent.has(n)) finder.see(n);
  return finder.gaps();
}

const range = (from: number, count: number): readonly number[] => Array.from({ length: count }, (_, n) => from + n);

/** Each item is absent with this chance, whatever its neighbours are. */
function scattered(count: number, share: number, random: () => number): ReadonlySet<number> {
  return new Set(range(0, count).filter(() => random() < share));
}

describe('gaps of an export', () => {
  it('are neighbours that are missing together, from so many on', () => {
    expect(gapsOf(60, new Set([...range(20, 5), 40, 41, ...range(50, 4)]))).toEqual([{ count: 5, from: 20, to: 24 }]);
    expect(gapsOf(60, new Set([...range(20, 6), ...range(40, 7)]))).toEqual([
      { count: 6, from: 20, to: 25 },
      { count: 7, from: 40, to: 46 },
    ]);
    expect(gapsOf(60, new Set(range(0, 6)))).toEqual([{ count: 6, from: 0, to: 5 }]);
    expect(gapsOf(60, new Set(range(54, 6)))).toEqual([{ count: 6, from: 54, to: 59 }]);
  });

  it('are none where the order of saving is not known', () => {
    const finder = new GapFinder([7, 7, 7, 7, 7, 7], LEAST);
    for (const n of range(0, 60)) finder.see(n);
    expect(finder.gaps()).toEqual([]);
  });

  it('are hardly ever found where items are absent here and there, however many', () => {
    const random = mulberry32(seedFor('GAPS_SEED'));
    for (const count of [30, 500]) {
      for (const share of [0.02, 0.1, 0.25, 0.4]) {
        const exports = Array.from({ length: 400 }, () => scattered(count, share, random));
        const held = exports.filter((absent) => gapsOf(count, absent).length > 0);
        // The bound is one in 20; thrice that leaves room for chance.
        expect({ count, share, isRare: held.length < 0.15 * exports.length }).toEqual({ count, share, isRare: true });
      }
    }
  });

  it('are found wherever they are, also where a tenth is absent besides', () => {
    const random = mulberry32(seedFor('GAPS_SEED'));
    for (let round = 0; round < 400; round++) {
      const from = Math.floor(random() * 290);
      const gaps = gapsOf(300, new Set([...scattered(300, 0.1, random), ...range(from, 10)]));
      for (const n of range(from, 10)) expect(gapAt(gaps, n)).not.toBeNull();
    }
  });

  it('hold what was saved in them, and nothing else', () => {
    const gaps = gapsOf(60, new Set([...range(20, 6), ...range(40, 7)]));
    expect([0, 19, 20, 25, 26, 39, 40, 46, 47, null].map((n) => gapAt(gaps, n)?.count ?? 0)).toEqual([
      0, 0, 6, 6, 0, 0, 7, 7, 0, 0,
    ]);
  });
});
