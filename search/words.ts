const WORD = /[\p{L}\p{N}\p{Co}]+/gu;
const UNSPACED = /[\p{scx=Hani}\p{scx=Hira}\p{scx=Kana}\p{scx=Hang}]/u;
const MARKS = /\p{M}+/gu;
const ENDING = /(?:ings?|ed|es|s)$/;
const MIN_STEM_LENGTH = 4;
const COMMON = new Set(
  'a an and are as at be by der die das for from how i in is it la le les my of on or that the this to und was what when where which who why with you your'.split(
    ' ',
  ),
);

/** A word of a text: how it is compared, and where it stands. */
export interface Word {
  readonly folded: string;
  readonly start: number;
  readonly end: number;
}

/** Folded and distinct, without those that nearly every text has, unless there are no others. */
export function queryWords(query: string): readonly string[] {
  const all = [...new Set(wordsOf(query).map(({ folded }) => folded))];
  const rare = all.filter((word) => !COMMON.has(word));
  return rare.length === 0 ? all : rare;
}

/** The words of a text, as a store's word search roughly sees them. */
export function wordsOf(text: string): readonly Word[] {
  return [...text.matchAll(WORD)].map((match) => ({
    folded: fold(match[0]),
    start: match.index,
    end: match.index + match[0].length,
  }));
}

/** Which of the words of a query a word of a text answers: the same one, one that begins with it, or another form of it. */
export function matches(queryWord: string, folded: string): boolean {
  if (UNSPACED.test(queryWord)) return folded.includes(queryWord);
  if (folded === queryWord) return true;
  const stem = queryWord.replace(ENDING, '');
  return stem.length >= MIN_STEM_LENGTH ? folded.startsWith(stem) : folded.replace(ENDING, '') === stem;
}

/** Share of the words of a query that a text has, from 0 to 1. */
export function coverage(queryWords: readonly string[], text: string): number {
  if (queryWords.length === 0) return 0;
  const folded = new Set(wordsOf(text).map((word) => word.folded));
  const found = queryWords.filter((word) => folded.has(word) || [...folded].some((other) => matches(word, other)));
  return found.length / queryWords.length;
}

function fold(word: string): string {
  return word.normalize('NFKD').replace(MARKS, '').toLowerCase();
}
