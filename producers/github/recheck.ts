import { z } from 'zod';
import { InputError } from '../../core/errors.ts';
import type { ProviderAnswer } from '../../core/ports/provider.ts';
import { jsonOf } from './api.ts';
import { nodeIdOf } from './node-id.ts';
import type { GitHubSession } from './session.ts';
import { type GitHubStar, readStar } from './star.ts';

type Answer = ProviderAnswer<GitHubStar>;

const QUERY = `query($ids: [ID!]!) {
  viewer { databaseId }
  nodes(ids: $ids) {
    ... on Repository {
      databaseId nameWithOwner url description isArchived isFork isPrivate homepageUrl createdAt pushedAt
      viewerHasStarred stargazerCount forkCount owner { login } primaryLanguage { name } licenseInfo { spdxId }
      repositoryTopics(first: 20) { nodes { topic { name } } }
    }
  }
}`;

const Node = z.object({
  databaseId: z.number().int(),
  nameWithOwner: z.string(),
  url: z.string(),
  description: z.string().nullish(),
  isArchived: z.boolean(),
  isFork: z.boolean(),
  isPrivate: z.boolean(),
  homepageUrl: z.string().nullish(),
  createdAt: z.string(),
  pushedAt: z.string().nullish(),
  viewerHasStarred: z.boolean(),
  stargazerCount: z.number(),
  forkCount: z.number(),
  owner: z.object({ login: z.string() }),
  primaryLanguage: z.object({ name: z.string() }).nullish(),
  licenseInfo: z.object({ spdxId: z.string().nullish() }).nullish(),
  repositoryTopics: z.object({ nodes: z.array(z.object({ topic: z.object({ name: z.string() }) })) }),
});
type Node = z.infer<typeof Node>;

const Result = z.object({
  data: z.object({
    viewer: z.object({ databaseId: z.number().int() }),
    nodes: z.array(z.unknown()),
  }),
});

/**
 * Asks about repositories in bulk by GraphQL, and by REST about those of which GraphQL says nothing, or where it is refused. A
 * node that is missing is never a verdict of its own.
 */
export async function askAbout(
  session: GitHubSession,
  itemIds: readonly string[],
  signal: AbortSignal,
): Promise<readonly Answer[]> {
  const nodes = session.isPublic ? null : await askGraphql(session, itemIds, signal);
  if (nodes === 'someone else') return itemIds.map((itemId) => unknown(itemId, { anotherLogin: true }));
  // REST does not say who answers with every reply, so it is asked once.
  if (nodes === null && !session.isPublic && (await session.identify(signal)) !== session.login)
    return itemIds.map((itemId) => unknown(itemId, { anotherLogin: true }));
  const answers: Answer[] = [];
  for (const itemId of itemIds) {
    const node = nodes?.get(itemId);
    answers.push(node === undefined ? await askRest(session, itemId, signal) : answerOf(itemId, node));
  }
  return answers;
}

/** Nodes by item id; null where GraphQL is refused. */
async function askGraphql(
  session: GitHubSession,
  itemIds: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Node> | 'someone else' | null> {
  const reply = await session.api.graphql(QUERY, { ids: itemIds.map(nodeIdOf) }, signal);
  if (reply.status !== 200) return null;
  const result = Result.safeParse(jsonOf(reply));
  if (!result.success) return null;
  const { viewer, nodes } = result.data.data;
  if (String(viewer.databaseId) !== session.login) return 'someone else';
  const found = new Map<string, Node>();
  for (const raw of nodes) {
    const node = Node.safeParse(raw);
    if (node.success) found.set(String(node.data.databaseId), node.data);
  }
  return found;
}

function answerOf(itemId: string, node: Node): Answer {
  const saved = node.viewerHasStarred;
  return {
    itemId,
    answer: saved ? 'present' : 'unsaved',
    saved,
    evidence: { by: 'graphql', viewerHasStarred: saved, nameWithOwner: node.nameWithOwner },
    raw: toStar(node),
  };
}

async function askRest(session: GitHubSession, itemId: string, signal: AbortSignal): Promise<Answer> {
  const found = await session.api.get(`/repositories/${itemId}`, {}, signal);
  if (found.status === 404 || found.status === 451) {
    const evidence = { by: 'rest', repository: found.status };
    return { itemId, answer: 'gone_upstream', saved: null, evidence, raw: null };
  }
  if (found.status !== 200) return unknown(itemId, { by: 'rest', repository: found.status });
  const raw = readAsked(jsonOf(found));
  if (raw === null) return unknown(itemId, { by: 'rest', repository: 200, unreadable: true });
  const evidence = { by: 'rest', repository: 200, nameWithOwner: raw.repo.full_name };
  if (String(raw.repo.id) !== itemId) return unknown(itemId, { ...evidence, anotherRepository: raw.repo.id });
  if (session.isPublic) return { ...unknown(itemId, evidence), raw };
  const starred = await session.api.get(`/user/starred/${raw.repo.full_name}`, {}, signal);
  const seen = { ...evidence, starred: starred.status };
  if (starred.status === 204) return { itemId, answer: 'present', saved: true, evidence: seen, raw };
  if (starred.status === 404) return { itemId, answer: 'unsaved', saved: false, evidence: seen, raw };
  // An organization may keep its repositories from this token: one such answer says nothing of the others.
  return { ...unknown(itemId, seen), raw };
}

function readAsked(repository: unknown): GitHubStar | null {
  try {
    return readStar(repository);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return null;
  }
}

function unknown(itemId: string, evidence: Readonly<Record<string, unknown>>): Answer {
  return { itemId, answer: 'unknown', saved: null, evidence, raw: null };
}

/** In the shape of REST, so that both give the same document. */
function toStar(node: Node): GitHubStar {
  return {
    starredAt: null,
    readme: null,
    repo: {
      id: node.databaseId,
      full_name: node.nameWithOwner,
      owner: node.owner,
      private: node.isPrivate,
      html_url: node.url,
      description: node.description,
      fork: node.isFork,
      archived: node.isArchived,
      homepage: node.homepageUrl,
      language: node.primaryLanguage?.name,
      topics: node.repositoryTopics.nodes.map(({ topic }) => topic.name),
      license: { spdx_id: node.licenseInfo?.spdxId },
      created_at: node.createdAt,
      pushed_at: node.pushedAt,
      stargazers_count: node.stargazerCount,
      forks_count: node.forkCount,
    },
  };
}
