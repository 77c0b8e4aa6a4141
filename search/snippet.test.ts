import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { snippetOf } from './snippet.ts';
import { coverage, queryWords } from './words.ts';

const filler = 'lorem ipsum dolor sit amet '.repeat(60);

describe('snippetOf', () => {
  it('gives a short text whole, with its white space collapsed', () => {
    expect(snippetOf({ title: 'A title', body: ' two\n\n lines\t' }, ['title'])).toBe('A title — two lines');
    expect(snippetOf({ title: null, body: null }, ['title'])).toBe('');
  });

  it('shows the place with the most words of the query, cut between words', () => {
    const body = `${filler} a sourdough ${filler} the sourdough starter of my aunt ${filler}`;
    const snippet = snippetOf({ title: 'Bread', body }, queryWords('sourdough starters'));
    expect(snippet).toContain('the sourdough starter of my aunt');
    expect(snippet).toMatch(/^…[a-z]+ .* [a-z]+…$/);
  });

  it('shows the beginning where no word of the query is in the text', () => {
    expect(snippetOf({ title: 'Bread', body: filler }, ['nothing'])).toMatch(/^Bread — lorem/);
  });

  it('leaves markup as it is: it is text', () => {
    expect(snippetOf({ title: '<b>bold</b>', body: null }, ['bold'])).toBe('<b>bold</b>');
  });

  it('is never long, and always part of the text', () => {
    const text = fc.oneof(fc.string({ maxLength: 900 }), fc.string({ unit: 'grapheme', maxLength: 900 }));
    fc.assert(
      fc.property(text, fc.string({ maxLength: 20 }), (body, query) => {
        const snippet = snippetOf({ title: null, body }, queryWords(query));
        expect(snippet.length).toBeLessThanOrEqual(242);
        expect(body.replace(/[\s\p{Cc}]+/gu, ' ')).toContain(snippet.replace(/^…|…$/g, ''));
      }),
    );
  });
});

describe('the words of a query', () => {
  it('are folded, distinct, and without those that every text has', () => {
    expect(queryWords('The Crème of the crème, and CREMES')).toEqual(['creme', 'cremes']);
    expect(queryWords('the who')).toEqual(['the', 'who']);
    expect(queryWords('?!')).toEqual([]);
  });

  it('are found in their other forms, and as beginnings', () => {
    expect(coverage(['baking', 'breads'], 'Bake a bread')).toBe(0.5);
    expect(coverage(['tomatoes', 'plant'], 'Planting a tomato')).toBe(1);
    expect(coverage(['日本'], '日本語')).toBe(1);
    expect(coverage(['a'], 'abc')).toBe(0);
    expect(coverage([], 'abc')).toBe(0);
  });
});
