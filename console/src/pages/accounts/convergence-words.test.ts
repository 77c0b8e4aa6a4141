import { describe, expect, it } from '@jest/globals';
import { convergenceWords } from './convergence-words.ts';

// Of the reader, wherever the test runs.
const NOW = new Date(2026, 10, 26, 15, 0).getTime();
const CHECKED = new Date(2026, 10, 26, 14, 2).toISOString();
const told = { converged: true, count: 1_812, checkedAt: CHECKED, asOf: null, sentence: 'checked 14:02 UTC' };

describe('what a comparison of both sides says', () => {
  it.each([
    ['GitHub and Hoardarr hold the same 1,812 items, checked 2:02 PM', {}],
    ['GitHub and Hoardarr hold the same 1 item', { count: 1, checkedAt: null }],
    ['GitHub and Hoardarr both hold nothing, checked 2:02 PM', { count: 0 }],
    ['The GitHub export of Nov 26, 2026 and Hoardarr hold the same 1,812 items, checked 2:02 PM', { asOf: CHECKED }],
    [
      'GitHub lists 1,812 items, and Hoardarr does not hold exactly these, checked 2:02 PM: what differs waits for you, or for the next sync',
      { converged: false },
    ],
    ['it was not compared yet', { converged: null, sentence: 'it was not compared yet' }],
  ])('%s', (words, changed) => {
    expect(convergenceWords('GitHub', { ...told, ...changed }, NOW).replaceAll('\u202f', ' ')).toBe(words);
  });

  it('with the day, unless it was today', () => {
    const tomorrow = NOW + 86_400_000;
    expect(convergenceWords('GitHub', told, tomorrow)).toContain('checked Nov 26, 2026, 2:02');
  });
});
