import type { ProviderItem } from '../../core/ports/provider.ts';
import type { Document } from '../../schemas/generated/records.ts';

export type SavedKind = 't1' | 't3';

/** What a permalink tells of a post or comment. */
export interface SavedLink {
  readonly kind: SavedKind;
  /** base 36, without its kind */
  readonly id: string;
  /** from the slash after the host, without query */
  readonly path: string;
  readonly subreddit: string | null;
  /** words of the title, as far as the address holds them; null where it holds none */
  readonly words: string | null;
}

const PERMALINK =
  /^(?:https?:\/\/(?:[a-z-]+\.)?reddit\.com)?((?:\/(?:r|u|user)\/([^/?#\s]+))?\/comments\/([0-9a-z]{1,13})(?:\/([^/?#\s]*)(?:\/([0-9a-z]{1,13}))?)?\/?)(?:[?#]\S*)?$/i;
const SITE = 'https://www.reddit.com';
const MAX_PERMALINK = 2_000;
/** What stands in the place of the title where an address does not need one. */
const NO_WORDS = new Set(['', '_', '-', 'x', 'comment']);

/** Null where it leads to neither a post nor a comment. */
export function parsePermalink(text: string): SavedLink | null {
  if (text.length > MAX_PERMALINK) return null;
  const [, path, subreddit, post, slug = '', comment] = PERMALINK.exec(text) ?? [];
  if (path === undefined || post === undefined) return null;
  return {
    kind: comment === undefined ? 't3' : 't1',
    id: (comment ?? post).toLowerCase(),
    path,
    subreddit: subreddit ?? null,
    words: wordsOf(slug),
  };
}

function wordsOf(slug: string): string | null {
  if (NO_WORDS.has(slug)) return null;
  const words = decoded(slug)
    .replace(/[_\s]+/g, ' ')
    .trim();
  return words === '' ? null : words;
}

function decoded(slug: string): string {
  try {
    return decodeURIComponent(slug);
  } catch {
    return slug;
  }
}

/**
 * What little a data request says of an item, until its content can be had: where it is, and words of its title. A hydration:
 * an import sights by its snapshot.
 */
export function toStub({ kind, id, path, subreddit, words }: SavedLink): ProviderItem {
  const document: Document = {
    url: `${SITE}${path}`,
    title: words,
    author: null,
    body: null,
    savedAt: null,
    createdAt: null,
    thumbnailUrl: null,
    extra: JSON.stringify({ source: 'data request', kind: kind === 't1' ? 'comment' : 'post', subreddit }),
  };
  const text = [words, subreddit].filter((part) => part !== null).join('\n');
  return {
    itemId: `${kind}_${id}`,
    sighting: false,
    content: 'stub',
    document,
    text: text === '' ? null : text,
    documentHash: '',
    truncated: false,
    payload: null,
  };
}
