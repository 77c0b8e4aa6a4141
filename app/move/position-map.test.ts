import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { PositionMap } from './position-map.ts';

/** Old offsets in order, some of them missing, each with how many records came before it that the old log does not have. */
const moves = fc.array(fc.record({ gap: fc.nat(3), twice: fc.oneof(fc.constant(0), fc.nat(4)) }), { maxLength: 60 });

function mapOf(steps: readonly { readonly gap: number; readonly twice: number }[]): {
  map: PositionMap;
  pairs: readonly (readonly [number, number])[];
} {
  const map = new PositionMap();
  const pairs: [number, number][] = [];
  let [old, moved] = [-1, -1];
  for (const { gap, twice } of steps) {
    old += 1 + gap;
    moved += 1 + gap + twice;
    map.add(old, moved);
    pairs.push([old, moved]);
  }
  return { map, pairs };
}

describe('a map of positions', () => {
  it('knows where each record lies, and keeps the order of all offsets, also of those that were never added', () => {
    fc.assert(
      fc.property(moves, (steps) => {
        const { map, pairs } = mapOf(steps);
        for (const [old, moved] of pairs) expect(map.at(old)).toBe(moved);
        const all = Array.from({ length: map.last + 5 }, (_, n) => map.at(n - 1));
        for (const [n, moved] of all.entries()) if (n > 0) expect(moved).toBeGreaterThan(all[n - 1] ?? 0);
      }),
    );
  });

  it('leaves everything where nothing came between, and stands for none as before', () => {
    const map = new PositionMap();
    expect(map.at(-1)).toBe(-1);
    expect(map.last).toBe(-1);
    for (const old of [0, 1, 5]) map.add(old, old);
    expect([-1, 0, 3, 5, 9].map((old) => map.at(old))).toEqual([-1, 0, 3, 5, 9]);
    expect(() => map.add(5, 6)).toThrow('offset 5');
  });

  it('begins at the first record where what was before it is past its time', () => {
    const map = new PositionMap();
    map.add(100, 0);
    expect([0, 99, 100, 101].map((old) => map.at(old))).toEqual([0, 0, 0, 1]);
  });
});
