import { spaceOut } from './fts-text.ts';

/** A query of a person in the language of FTS5. */
export interface WordQuery {
  /** all words have to be there */
  readonly all: string;
  /** the words one by one, each of which may be enough; none where the query has but one */
  readonly any: readonly string[];
}

const MAX_QUERY_LENGTH = 1_000;
const MAX_TERMS = 32;
const MIN_PREFIX_LENGTH = 3;
const HAS_WORD = /[\p{L}\p{N}\p{Co}]/u;
const QUOTED_OR_WORD = /"([^"]*)"|([^\s"]+)/g;

/** Words that nearly every text has: looking for any of them would rate the whole collection. */
const TOO_COMMON = new Set(
  'a an and are as at be by der die das ein eine el en et for from how i in is it la le les my of on or que that the this to und un une was what when where which who why with you your'.split(
    ' ',
  ),
);

/**
 * Makes a query that is never a syntax error: every word and every "quoted phrase" is a string of FTS5, and the last word
 * also finds what begins with it. Null when there is no word in it.
 *
 * Syntax: https://www.sqlite.org/fts5.html#full_text_query_syntax
 */
export function wordQuery(query: string): WordQuery | null {
  const terms: { readonly expression: string; readonly common: boolean }[] = [];
  const text = query.slice(0, MAX_QUERY_LENGTH).replaceAll('\0', ' ');
  for (const match of text.matchAll(QUOTED_OR_WORD)) {
    const word = match[1] ?? match[2] ?? '';
    if (terms.length === MAX_TERMS || !HAS_WORD.test(word)) continue;
    const isLast = match[2] !== undefined && match.index + match[0].length === text.trimEnd().length;
    terms.push({ expression: isLast ? orPrefix(word) : quote(word), common: TOO_COMMON.has(word.toLowerCase()) });
  }
  if (terms.length === 0) return null;
  const rare = terms.filter((term) => !term.common);
  const loose = rare.length === 0 ? terms : rare;
  return {
    all: terms.map((term) => term.expression).join(' AND '),
    any: terms.length === 1 ? [] : loose.map((term) => term.expression),
  };
}

const quote = (word: string): string => `"${spaceOut(word).trim().replaceAll('"', '""')}"`;

/** The whole word counts beside its beginning, so that it rates higher than words that merely begin with it. */
function orPrefix(word: string): string {
  const quoted = quote(word);
  return word.length < MIN_PREFIX_LENGTH || quoted.includes(' ') ? quoted : `(${quoted} OR ${quoted} *)`;
}
