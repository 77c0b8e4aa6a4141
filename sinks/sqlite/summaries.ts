import type { ItemContent, ItemSummary } from '../../core/ports/item-store.ts';
import { FLAG, stateOf } from './flags.ts';

/** Columns of a summary, from `ledger l` and, where it has content, `items i`. */
export const SUMMARY_COLUMNS =
  'l.scope_id, l.item_id, l.flags, l.saved_at, i.title, i.url, i.author, i.thumbnail_url IS NOT NULL';
export const SUMMARY_COLUMN_COUNT = 8;

export type RawSummary = readonly [
  scopeId: number,
  itemId: string,
  flags: number,
  savedAt: number | null,
  title: string | null,
  url: string | null,
  author: string | null,
  hasThumbnail: number,
];

export function toSummary(scope: string, raw: RawSummary): ItemSummary {
  const [, itemId, flags, savedAt, title, url, author, hasThumbnail] = raw;
  return {
    scope,
    itemId,
    state: stateOf(flags),
    pinned: (flags & FLAG.pinned) !== 0,
    blocked: (flags & FLAG.blocked) !== 0,
    hidden: (flags & FLAG.hidden) !== 0,
    stub: (flags & FLAG.full) === 0,
    unavailable: (flags & FLAG.unavailable) !== 0,
    hasVector: (flags & FLAG.vector) !== 0,
    hasThumbnail: hasThumbnail === 1,
    title,
    url,
    author,
    savedAt,
  };
}

export const CONTENT_COLUMNS =
  'i.url, i.title, i.author, i.body, i.saved_at, i.created_at, i.thumbnail_url, i.extra, i.payload';

export type RawContent = readonly [
  url: string,
  title: string | null,
  author: string | null,
  body: string | null,
  savedAt: number | null,
  createdAt: number | null,
  thumbnailUrl: string | null,
  extra: string,
  payload: string | null,
];

export function toContent(raw: RawContent): ItemContent {
  const [url, title, author, body, savedAt, createdAt, thumbnailUrl, extra, payload] = raw;
  return { url, title, author, body, savedAt, createdAt, thumbnailUrl, extra, payload };
}
