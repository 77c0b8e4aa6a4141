import { describe, expect, it } from '@jest/globals';
import { tooSeldom } from './situations.ts';

describe('situations that a run has to reach', () => {
  it('are asked for of runs that are long enough, by their length', () => {
    expect(tooSeldom({ histories: 499, reached: {} })).toEqual([]);
    expect(tooSeldom({ histories: 1_000, reached: {} })).toContain("'rebuilt' was reached 0 times, and not 300");
    const reached = { rebuilt: 150 };
    expect(tooSeldom({ histories: 500, reached }).filter((each) => each.startsWith("'rebuilt' "))).toEqual([]);
    expect(tooSeldom({ histories: 502, reached: { rebuilt: 149 } })).toContain(
      "'rebuilt' was reached 149 times, and not 150",
    );
  });
});
