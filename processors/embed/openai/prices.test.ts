import { expect, it } from '@jest/globals';
import { usdPerToken } from './prices.ts';

it('a token costs what OpenAI says, and elsewhere nobody knows what', () => {
  expect((usdPerToken('text-embedding-3-small') ?? 0) * 1_000_000).toBeCloseTo(0.02);
  expect((usdPerToken('text-embedding-3-large', 'https://api.openai.com/v1/') ?? 0) * 1_000_000).toBeCloseTo(0.13);
  expect(usdPerToken('text-embedding-3-small', 'http://127.0.0.1:11434/v1')).toBeNull();
  expect(usdPerToken('text-embedding-3-small', 'https://api.openai.com.example.org/v1')).toBeNull();
  expect(usdPerToken('nomic-embed-text')).toBeNull();
});
