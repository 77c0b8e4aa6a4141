import type { ItemContent } from '../../core/ports/item-store.ts';

// Scripts that put no spaces between words. The first test is a range of code units, since it runs over every text stored.
const MAY_BE_UNSPACED = /[\u2e80-\ud7ff\uf900-\ufaff\uff66-\uff9f\ud840-\ud8ff]/;
const UNSPACED = /[\p{scx=Hani}\p{scx=Hira}\p{scx=Kana}\p{scx=Hang}]/gu;

/**
 * Puts spaces around every Chinese, Japanese and Korean character: the tokenizer takes a run of them for one word, and
 * nobody searches for whole sentences. A query's run becomes a phrase in the same way, so any part of it is found.
 */
export function spaceOut(text: string): string {
  return MAY_BE_UNSPACED.test(text) ? text.replace(UNSPACED, ' $& ') : text;
}

/**
 * What is indexed of a content, by column of `words`. Whoever changes this adds a migration that fills the index anew.
 */
export function indexedText(
  content: Pick<ItemContent, 'title' | 'author' | 'body' | 'url'>,
): readonly [string, string, string, string] {
  const { title, author, body, url } = content;
  return [spaceOut(title ?? ''), spaceOut(author ?? ''), spaceOut(body ?? ''), url.replace(/^https?:\/\/(www\.)?/, '')];
}
