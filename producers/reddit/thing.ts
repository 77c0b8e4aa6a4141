import { z } from 'zod';
import { InputError } from '../../core/errors.ts';
import type { Document } from '../../schemas/generated/records.ts';

const Gallery = z.object({ items: z.array(z.object({ caption: z.string().nullish() })) });

/** What is read of a post or comment; field sets grew from 38 (2016) to 108 (2026), so almost all of it may be missing. */
const Data = z.object({
  name: z.string().regex(/^t[13]_[0-9a-z]+$/),
  author: z.string().nullish(),
  subreddit: z.string().nullish(),
  permalink: z.string().nullish(),
  created_utc: z.number().nullish(),
  over_18: z.boolean().nullish(),
  score: z.number().nullish(),
  num_comments: z.number().nullish(),
  saved: z.boolean().nullish(),
  title: z.string().nullish(),
  selftext: z.string().nullish(),
  url: z.string().nullish(),
  is_self: z.boolean().nullish(),
  thumbnail: z.string().nullish(),
  removed_by_category: z.string().nullish(),
  link_flair_text: z.string().nullish(),
  gallery_data: Gallery.nullish(),
  crosspost_parent: z.string().nullish(),
  crosspost_parent_list: z
    .array(z.object({ title: z.string().nullish(), selftext: z.string().nullish(), thumbnail: z.string().nullish() }))
    .nullish(),
  body: z.string().nullish(),
  link_id: z.string().nullish(),
  link_title: z.string().nullish(),
});
const Thing = z.object({ kind: z.enum(['t1', 't3']), data: Data });

/** A saved post (`t3`) or comment (`t1`) as Reddit shows it. */
export type RedditThing = z.infer<typeof Thing>;

const SITE = 'https://www.reddit.com';
const DELETED = '[deleted]';
/** Instead of the text, or of a post's title: of moderators, of Reddit itself, and of an author who blocked who asks. */
const REMOVED = /^\s*\[ ?(?:(?:removed|unavailable) ?\]\s*$|removed by reddit)/i;
/** Of `removed_by_category`: whose deletion the author's is. */
const BY_AUTHOR = new Set(['deleted', 'author']);

/** Keys of `extra` that change without the thing having changed. */
export const VOLATILE_EXTRA = ['score', 'comments'] as const;

/** Throws InputError where it is neither a post nor a comment. */
export function readThing(row: unknown): RedditThing {
  const thing = Thing.safeParse(row);
  if (!thing.success) throw new InputError(thing.error.issues[0]?.message ?? 'it is neither a post nor a comment');
  return thing.data;
}

/** The fullname that a row names, where not even the rest can be read. */
export function fullnameOf(row: unknown): string | null {
  const named = z.object({ data: z.object({ name: z.string().regex(/^t[13]_[0-9a-z]+$/) }) }).safeParse(row);
  return named.success ? named.data.data.name : null;
}

/**
 * Whether Reddit still shows it. An author who deleted the account leaves the text standing: only text that is gone with the
 * author, or what Reddit names as the author's deletion, is one. A removed link post still shows its link.
 */
export function contentOf({ kind, data }: RedditThing): 'full' | 'deleted' | 'removed' {
  const { author, removed_by_category: category } = data;
  const text = kind === 't1' ? data.body : data.selftext;
  if (author === DELETED && text === DELETED) return 'deleted';
  if (category !== null && category !== undefined && BY_AUTHOR.has(category)) return 'deleted';
  if (REMOVED.test(text ?? '') || REMOVED.test(data.title ?? '')) return 'removed';
  return text === DELETED ? 'deleted' : 'full';
}

export function toDocument(thing: RedditThing): Document {
  const { kind, data } = thing;
  const parent = data.crosspost_parent_list?.[0];
  return {
    url: linkOf(thing),
    title: (kind === 't1' ? data.link_title : data.title)?.trim() || null,
    author: data.author === DELETED ? null : (data.author ?? null),
    body: bodyOf(thing),
    savedAt: null,
    createdAt: timeOf(data.created_utc),
    thumbnailUrl: webUrl(data.thumbnail) ?? webUrl(parent?.thumbnail),
    extra: JSON.stringify({
      kind: kind === 't1' ? 'comment' : 'post',
      subreddit: data.subreddit ?? null,
      link: data.is_self === false ? webUrl(data.url) : null,
      over18: data.over_18 ?? false,
      flair: data.link_flair_text ?? null,
      crosspostOf: data.crosspost_parent ?? null,
      score: data.score ?? null,
      comments: data.num_comments ?? null,
    }),
  };
}

/** Title and text; of a comment, its text and the title that it stands under. */
export function vectorizationText(thing: RedditThing): string | null {
  const { title } = toDocument(thing);
  const body = bodyOf(thing);
  return joined(thing.kind === 't1' ? [body, title] : [title, body]);
}

function bodyOf({ kind, data }: RedditThing): string | null {
  if (kind === 't1') return data.body?.trim() || null;
  const captions = data.gallery_data?.items.map(({ caption }) => caption) ?? [];
  const parent = data.crosspost_parent_list?.[0];
  return joined([data.selftext, ...captions, parent?.title === data.title ? null : parent?.title, parent?.selftext]);
}

/** Comments of 2016 have no permalink. */
function linkOf({ kind, data }: RedditThing): string {
  if (data.permalink?.startsWith('/') === true) return `${SITE}${data.permalink}`;
  const id = data.name.slice(3);
  if (kind === 't3') return `${SITE}/comments/${id}/`;
  return `${SITE}/comments/${(data.link_id ?? '').replace(/^t3_/, '')}/_/${id}/`;
}

function joined(parts: readonly (string | null | undefined)[]): string | null {
  const said = parts.map((part) => part?.trim() ?? '').filter((part) => part !== '');
  return said.length === 0 ? null : said.join('\n');
}

/** Whole ms; null for what is no time, which the log could not hold either. */
function timeOf(seconds: number | null | undefined): number | null {
  const ms = Math.round((seconds ?? Number.NaN) * 1000);
  return Number.isSafeInteger(ms) ? ms : null;
}

/** Only web addresses get into a page; Reddit also writes `self`, `default`, `nsfw`. */
function webUrl(text: string | null | undefined): string | null {
  return typeof text === 'string' && /^https?:\/\//i.test(text) ? text : null;
}
