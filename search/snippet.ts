import type { ItemContent } from '../core/ports/item-store.ts';
import { matches, type Word, wordsOf } from './words.ts';

const SNIPPET_CHARS = 240;
/** As far as the words are looked for. */
const MAX_TEXT_CHARS = 100_000;
/** What stands before the first word that matched, so that it is read in its sentence. */
const LEAD_CHARS = 60;

/**
 * The stretch of title and body that has the most words of the query, cut between words. Plain text: whoever shows it on a
 * page escapes it.
 */
export function snippetOf(content: Pick<ItemContent, 'title' | 'body'>, queryWords: readonly string[]): string {
  const text = [content.title, content.body]
    .filter((part) => part !== null && part !== '')
    .join(' — ')
    .slice(0, MAX_TEXT_CHARS)
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  if (text.length <= SNIPPET_CHARS) return text;
  const hits = wordsOf(text).filter(({ folded }) => queryWords.some((word) => matches(word, folded)));
  const from = Math.max(0, bestStart(hits) - LEAD_CHARS);
  return cut(text, from, Math.min(text.length, from + SNIPPET_CHARS));
}

/** Of all stretches that begin with a hit, the first of those with the most different words. */
function bestStart(hits: readonly Word[]): number {
  let best = { start: 0, words: 0 };
  for (const [i, { start }] of hits.entries()) {
    const words = new Set<string>();
    for (let j = i; j < hits.length; j++) {
      const hit = hits[j];
      if (hit === undefined || hit.end > start + SNIPPET_CHARS - LEAD_CHARS) break;
      words.add(hit.folded);
    }
    if (words.size > best.words) best = { start, words: words.size };
  }
  return best.start;
}

function cut(text: string, from: number, to: number): string {
  const space = text.indexOf(' ', from);
  const start = from === 0 || space === -1 || space > from + LEAD_CHARS / 2 ? from : space + 1;
  const lastSpace = text.lastIndexOf(' ', to);
  const end = to === text.length || lastSpace < to - LEAD_CHARS / 2 ? to : lastSpace;
  // Half of a surrogate pair is no character.
  const middle = text.slice(start, end).replace(/^[\udc00-\udfff]|[\ud800-\udbff]$/g, '');
  return `${start > 0 ? '…' : ''}${middle}${end < text.length ? '…' : ''}`;
}
