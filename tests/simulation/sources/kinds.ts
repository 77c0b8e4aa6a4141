import type { Source } from '../source.ts';
import { githubSource, PUBLIC, TOKEN } from './github-source.ts';
import { redditSource } from './reddit-source.ts';
import { tiktokSource } from './tiktok-source.ts';

export type Kind = 'github' | 'github-public' | 'reddit' | 'reddit-export' | 'tiktok';
export const KINDS: readonly Kind[] = ['github', 'github-public', 'reddit', 'reddit-export', 'tiktok'];

/** The world of a history, from its clock and its seed. */
export const SOURCES: Readonly<Record<Kind, (now: () => number, seed: number) => Source>> = {
  github: (now) => githubSource(now, TOKEN),
  'github-public': (now) => githubSource(now, PUBLIC),
  reddit: (now, seed) => redditSource(now, seed, true),
  'reddit-export': (now, seed) => redditSource(now, seed, false),
  tiktok: (now) => tiktokSource(now),
};
