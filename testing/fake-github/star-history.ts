import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { FakeLogin, GitHubWorld } from './world.ts';

interface RecordedRepository {
  readonly node_id: string;
  readonly name_with_owner: string;
  readonly description: string | null;
  readonly primary_language: string | null;
  readonly topics: readonly string[];
  readonly is_archived: boolean;
  readonly is_fork: boolean;
  readonly stargazer_count: number;
  readonly starred_at: string;
}

/** A recorded day of one person's stars. */
export interface StarDay {
  readonly name: string;
  readonly repositories: readonly (RecordedRepository & { readonly id: number })[];
}

/** The recorded days in a folder, in order. */
export function readStarHistory(folder: string): readonly StarDay[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => {
      const { repos } = JSON.parse(readFileSync(path.join(folder, name), 'utf8')) as { repos: RecordedRepository[] };
      return { name, repositories: repos.map((repository) => ({ ...repository, id: idOf(repository.node_id) })) };
    });
}

/** Makes the world that of the day: stars, unstars, renames, edits, counters. */
export function applyStarDay(world: GitHubWorld, login: FakeLogin, { repositories }: StarDay): void {
  for (const each of repositories) {
    world.repository(each.id, {
      nameWithOwner: each.name_with_owner,
      description: each.description,
      language: each.primary_language,
      topics: each.topics,
      stars: each.stargazer_count,
      archived: each.is_archived,
      fork: each.is_fork,
    });
  }
  login.stars = repositories.map(({ id, starred_at: starredAt }) => ({ repositoryId: id, starredAt }));
}

/** The database id in a node id. */
function idOf(nodeId: string): number {
  const legacy = /Repository(\d+)$/.exec(Buffer.from(nodeId, 'base64').toString('latin1'))?.[1];
  if (legacy !== undefined && !nodeId.startsWith('R_')) return Number(legacy);
  return Buffer.from(nodeId.slice(2), 'base64url').readUInt32BE(3);
}
