import type { FakeThing } from './world.ts';

/** A thing as Reddit shows it: fewer fields than the real one has, named and typed as they are in the recordings. */
export function shapeOf(thing: FakeThing, saved: boolean | undefined, inListing: boolean): Record<string, unknown> {
  return thing.name.startsWith('t1_') ? commentOf(thing, saved, inListing) : postOf(thing, saved);
}

function postOf(thing: FakeThing, saved: boolean | undefined): Record<string, unknown> {
  const id = thing.name.slice(3);
  const permalink = `/r/${thing.subreddit}/comments/${id}/invented_post/`;
  const isSelf = thing.text !== '';
  const link = isSelf ? `https://www.reddit.com${permalink}` : `https://example.org/${id}`;
  return {
    kind: 't3',
    data: {
      ...common(thing, saved),
      title: thing.title,
      selftext: textOf(thing, thing.text),
      permalink,
      url: link,
      is_self: isSelf,
      domain: isSelf ? `self.${thing.subreddit}` : 'example.org',
      thumbnail: isSelf ? 'self' : `https://b.thumbs.redditmedia.com/${id}.jpg`,
      num_comments: thing.score * 2,
      over_18: false,
      removed_by_category: thing.fate === 'removed' ? 'moderator' : thing.fate === 'deleted' ? 'deleted' : null,
      link_flair_text: null,
    },
  };
}

/** Names of invented threads begin so, and those of invented posts do not. */
export const THREAD = 't3_zz';

/** Answers about single comments do not name the post that they stand under, listings do. */
function commentOf(thing: FakeThing, saved: boolean | undefined, inListing: boolean): Record<string, unknown> {
  const linkId = linkIdOf(thing);
  return {
    kind: 't1',
    data: {
      ...common(thing, saved),
      body: textOf(thing, thing.text),
      link_id: linkId,
      ...(inListing ? { link_title: `Invented thread of ${linkId}` } : {}),
      permalink: `/r/${thing.subreddit}/comments/${linkId.slice(3)}/invented/${thing.name.slice(3)}/`,
      edited: false,
    },
  };
}

function linkIdOf({ name }: FakeThing): string {
  return `${THREAD}${name.slice(3)}`;
}

/** The post that a comment stands under, which answers about it as well. */
export function threadOf(linkId: string, subreddit: string): Record<string, unknown> {
  return {
    kind: 't3',
    data: {
      name: linkId,
      id: linkId.slice(3),
      title: `Invented thread of ${linkId}`,
      selftext: 'x',
      author: 'asker',
      subreddit,
      saved: false,
    },
  };
}

function common(thing: FakeThing, saved: boolean | undefined): Record<string, unknown> {
  return {
    name: thing.name,
    id: thing.name.slice(3),
    author: thing.fate === 'deleted' ? '[deleted]' : thing.author,
    subreddit: thing.subreddit,
    created_utc: thing.createdUtc,
    score: thing.score,
    ...(saved === undefined ? {} : { saved }),
  };
}

function textOf({ fate }: FakeThing, text: string): string {
  if (fate === 'deleted') return '[deleted]';
  return fate === 'removed' ? '[removed]' : text;
}
