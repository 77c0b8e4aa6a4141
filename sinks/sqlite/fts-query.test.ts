import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { openDatabase } from '../../sqlite/open.ts';
import { wordQuery } from './fts-query.ts';
import { STORE_MIGRATIONS } from './schema.ts';

describe('wordQuery', () => {
  it('asks for all words, or any that is not too common', () => {
    expect(wordQuery('bread with salt ')).toEqual({
      all: '"bread" AND "with" AND ("salt" OR "salt" *)',
      any: ['"bread"', '("salt" OR "salt" *)'],
    });
    expect(wordQuery('the who')).toEqual({ all: '"the" AND ("who" OR "who" *)', any: ['"the"', '("who" OR "who" *)'] });
  });

  it('takes a quoted phrase as it is', () => {
    expect(wordQuery('"sour dough" x')).toEqual({ all: '"sour dough" AND "x"', any: ['"sour dough"', '"x"'] });
    expect(wordQuery('"sour dough"')).toEqual({ all: '"sour dough"', any: [] });
    expect(wordQuery('open "phrase')).toEqual({
      all: '"open" AND ("phrase" OR "phrase" *)',
      any: ['"open"', '("phrase" OR "phrase" *)'],
    });
  });

  it('makes a phrase of characters that are written without spaces', () => {
    expect(wordQuery('日本語')?.all).toBe('"日  本  語"');
  });

  it('finds nothing to ask for where there is no word', () => {
    for (const query of ['', ' ', '"', '""', '!?', '🙂', '"🙂 -"']) expect(wordQuery(query)).toBeNull();
  });

  it('bounds the number of words', () => {
    expect(wordQuery('word '.repeat(500))?.all.split(' AND ')).toHaveLength(32);
  });

  it('is never a syntax error', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'hoardarr-words-'));
    const db = openDatabase(path.join(folder, 'words.db'), { migrations: STORE_MIGRATIONS });
    const search = db.prepare('SELECT rowid FROM words WHERE words MATCH ?');
    const pieces = fc.constantFrom(
      '"',
      '*',
      '(',
      ')',
      ' ',
      'AND',
      'OR',
      'NOT',
      'NEAR',
      ':',
      '-',
      '^',
      '+',
      '{',
      '}',
      "'",
      'a',
      'é',
      '語',
      '\0',
      '\ud800',
      '\\',
      ',',
    );
    const query = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(pieces).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(query, (text) => {
        const words = wordQuery(text);
        if (words === null) return;
        search.all(words.all);
        if (words.any.length > 0) search.all(words.any.join(' OR '));
      }),
      { numRuns: 500 },
    );
    db.close();
    rmSync(folder, { recursive: true });
  });
});
