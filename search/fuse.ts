import type { SearchHit } from '../core/ports/item-store.ts';
import { coverage } from './words.ts';

/** How slowly the weight of a rank falls: Cormack, Clarke and Büttcher, "Reciprocal Rank Fusion", SIGIR 2009. */
const RANK_OFFSET = 60;
/** A hit by words weighs this much, and one more when it has all of them: then it stands before what is merely similar. */
const WORDS_BASE = 0.5;
/** At this share of the best similarity a vector says nothing any more: everything has some similarity. */
const FAR = 0.5;
/** Words further back in a long text are not looked for: a ranking is not worth more time. */
const MAX_TEXT_CHARS = 20_000;

/** Why an item was found: by its words, or because its vector is near that of the query. */
export type MatchedBy = 'words' | 'meaning';

export interface FusedHit extends SearchHit {
  /** at least one */
  readonly matched: readonly MatchedBy[];
}

/**
 * One ranking out of that by words and that by vectors, each with the best first. Ranks are added up, not scores, which
 * cannot be compared; a hit by words counts as far as it has the words of the query, one by vectors as far as it is similar.
 * What has none of the words, and is far less similar than the best, is no answer, and left out.
 *
 * @param queryWords folded words of the query, without those that every text has
 */
export function fuse(
  byWords: readonly SearchHit[],
  byVectors: readonly SearchHit[],
  queryWords: readonly string[],
): readonly FusedHit[] {
  const fused = new Map<string, FusedHit>();
  const add = (hit: SearchHit, rank: number, weight: number, by: MatchedBy): void => {
    const key = `${hit.scope} ${hit.itemId}`;
    const before = fused.get(key);
    const score = (before?.score ?? 0) + weight / (RANK_OFFSET + rank + 1);
    fused.set(key, { ...hit, score, matched: [...(before?.matched ?? []), by] });
  };
  for (const [rank, hit] of byWords.entries()) {
    const { title, author, body, url } = hit.content;
    const text = `${title ?? ''} ${author ?? ''} ${url} ${body ?? ''}`.slice(0, MAX_TEXT_CHARS);
    const share = coverage(queryWords, text);
    add(hit, rank, WORDS_BASE + share, 'words');
  }
  const best = byVectors[0]?.score ?? 0;
  for (const [rank, hit] of byVectors.entries()) {
    const nearness = best > 0 ? (hit.score / best - FAR) / (1 - FAR) : 0;
    if (nearness > 0) add(hit, rank, nearness, 'meaning');
  }
  return [...fused.values()].sort((a, b) => b.score - a.score);
}
