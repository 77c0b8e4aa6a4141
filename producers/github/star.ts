import { z } from 'zod';
import { InputError } from '../../core/errors.ts';
import type { Document } from '../../schemas/generated/records.ts';

/** What is read of a repository; the rest of what GitHub sends are addresses made of these. Bodies of 2012 lack many. */
const Repository = z.object({
  id: z.number().int().positive(),
  full_name: z.string().min(1),
  owner: z.object({ login: z.string() }).nullish(),
  private: z.boolean().nullish(),
  html_url: z.string().nullish(),
  description: z.string().nullish(),
  fork: z.boolean().nullish(),
  archived: z.boolean().nullish(),
  homepage: z.string().nullish(),
  language: z.string().nullish(),
  topics: z.array(z.string()).nullish(),
  license: z.object({ spdx_id: z.string().nullish() }).nullish(),
  created_at: z.string().nullish(),
  pushed_at: z.string().nullish(),
  stargazers_count: z.number().nullish(),
  forks_count: z.number().nullish(),
});

const MOST_TOPICS = 100;

export type Repository = z.infer<typeof Repository>;

/** A star: a repository, and when it was starred. */
export interface GitHubStar {
  readonly repo: Repository;
  /** ISO 8601; null where GitHub was asked about the repository alone */
  readonly starredAt: string | null;
  /** the beginning of its README, where that is configured */
  readonly readme: string | null;
}

const Row = z.object({ starred_at: z.string(), repo: Repository });

/** Reads a row of the star+json media type, or a bare repository, as older servers send it. */
export function readStar(row: unknown): GitHubStar {
  const starred = Row.safeParse(row);
  if (starred.success) return { repo: starred.data.repo, starredAt: starred.data.starred_at, readme: null };
  const bare = Repository.safeParse(row);
  if (bare.success) return { repo: bare.data, starredAt: null, readme: null };
  throw new InputError(starred.error.issues[0]?.message ?? 'it is no star');
}

/** The id that a row names, where not even the rest can be read. */
export function idOfRow(row: unknown): string | null {
  if (typeof row !== 'object' || row === null) return null;
  const repo = 'repo' in row && typeof row.repo === 'object' && row.repo !== null ? row.repo : row;
  return 'id' in repo && Number.isSafeInteger(repo.id) ? String(repo.id) : null;
}

/** Keys of `extra` that change, or are told otherwise by another of GitHub's interfaces, without the repository having changed. */
export const VOLATILE_EXTRA = ['stars', 'forks', 'pushedAt', 'license', 'homepage'] as const;

export function toDocument({ repo, starredAt, readme }: GitHubStar): Document {
  const [owner = ''] = repo.full_name.split('/');
  return {
    url: webUrl(repo.html_url) ?? `https://github.com/${repo.full_name}`,
    title: repo.full_name,
    author: repo.owner?.login ?? owner,
    body: joined([repo.description, readme], '\n\n'),
    savedAt: timeOf(starredAt),
    createdAt: timeOf(repo.created_at),
    thumbnailUrl: null,
    extra: JSON.stringify({
      topics: topicsOf(repo),
      language: repo.language ?? null,
      archived: repo.archived ?? false,
      fork: repo.fork ?? false,
      license: repo.license?.spdx_id ?? null,
      homepage: webUrl(repo.homepage),
      private: repo.private ?? false,
      stars: repo.stargazers_count ?? null,
      forks: repo.forks_count ?? null,
      pushedAt: repo.pushed_at ?? null,
    }),
  };
}

/** Full name, description, topics, language and, where it was fetched, the beginning of the README. */
export function vectorizationText({ repo, readme }: GitHubStar): string {
  const topics = topicsOf(repo).join(', ');
  return joined([repo.full_name, repo.description, topics, repo.language, readme], '\n') ?? repo.full_name;
}

/** GitHub allows 20 to a repository; more than a page of them is no description. */
function topicsOf({ topics }: Repository): readonly string[] {
  return (topics ?? []).slice(0, MOST_TOPICS).sort();
}

function joined(parts: readonly (string | null | undefined)[], separator: string): string | null {
  const said = parts.map((part) => part?.trim() ?? '').filter((part) => part !== '');
  return said.length === 0 ? null : said.join(separator);
}

function timeOf(text: string | null | undefined): number | null {
  const ms = Date.parse(text ?? '');
  return Number.isFinite(ms) ? ms : null;
}

/** Only web addresses get into a page. */
function webUrl(text: string | null | undefined): string | null {
  return typeof text === 'string' && /^https?:\/\//i.test(text) ? text : null;
}
