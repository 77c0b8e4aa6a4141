import { describe, expect, it } from '@jest/globals';
import { countTokens } from 'gpt-tokenizer/encoding/cl100k_base';
import { shorten } from './pack.ts';
import { loadTokenizer } from './tokens.ts';

const WORDS = [
  'the',
  'Repository',
  "didn't",
  '3.14159',
  'naïve',
  '日本',
  '…',
  '\n',
  '--',
  'x'.repeat(40),
  '👩‍👩‍👧‍👦',
  'Äpfel',
];

/** Words and spaces in every order. */
function proseOf(words: number, seed: number): string {
  let state = seed;
  const next = (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 16) % below;
  };
  return Array.from({ length: words }, () => `${WORDS[next(WORDS.length)]}${' '.repeat(next(3))}`).join('');
}

describe('tokens', () => {
  it('counts as the tokenizer does on the whole text', async () => {
    const tokenizer = await loadTokenizer();
    for (let seed = 1; seed <= 20; seed += 1) {
      const text = proseOf(500, seed);
      expect({ seed, count: tokenizer.count(text) }).toEqual({
        seed,
        count: { tokens: countTokens(text), exact: true },
      });
    }
  });

  it('cuts to a beginning of the text that has as many tokens, never inside a character', async () => {
    const tokenizer = await loadTokenizer();
    for (let seed = 1; seed <= 20; seed += 1) {
      const text = proseOf(300, seed);
      for (const limit of [1, 2, 3, 57, 58, 59, 60, 200]) {
        const cut = tokenizer.cut(text, limit);
        expect(text.startsWith(cut)).toBe(true);
        expect(cut).not.toContain('\ufffd');
        expect(countTokens(cut)).toBeLessThanOrEqual(limit + 1);
      }
    }
  });

  it('leaves a text alone that is short enough', async () => {
    const tokenizer = await loadTokenizer();
    const text = proseOf(100, 7);
    expect(tokenizer.cut(text, countTokens(text))).toBe(text);
  });

  it('says that the count of a run without breaks is not exact', async () => {
    const tokenizer = await loadTokenizer();
    const { tokens, exact } = tokenizer.count('日本語'.repeat(600));
    expect(exact).toBe(false);
    expect(Math.abs(tokens - countTokens('日本語'.repeat(600)))).toBeLessThan(20);
  });

  it('takes time in proportion to the length, whatever the text', async () => {
    const run = { index: 0, text: 'x'.repeat(760_000), tokens: 760_000, counted: false, truncated: false };
    const { text, tokens, truncated } = await shorten(run, 8_192);
    expect(truncated).toBe(true);
    expect(tokens).toBeLessThanOrEqual(8_192);
    expect(text.length).toBeGreaterThan(8_192);
  });
});
