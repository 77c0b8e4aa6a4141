import type { FakeRepository, FakeStar } from './world.ts';

/** A repository as REST shows it; the addresses made of these fields are left out. */
export function restRepository(repository: FakeRepository): Record<string, unknown> {
  const { id, nameWithOwner, description, language, topics, stars, archived, fork, isPrivate } = repository;
  const [owner = '', name = ''] = nameWithOwner.split('/');
  return {
    id,
    node_id: Buffer.from(`010:Repository${id}`).toString('base64'),
    name,
    full_name: nameWithOwner,
    private: isPrivate,
    owner: { login: owner, id: 1000 + owner.length, type: 'User', site_admin: false },
    html_url: `https://github.com/${nameWithOwner}`,
    description,
    fork,
    created_at: '2020-01-02T03:04:05Z',
    updated_at: '2026-01-02T03:04:05Z',
    pushed_at: '2026-01-02T03:04:05Z',
    homepage: '',
    size: 42,
    stargazers_count: stars,
    watchers_count: stars,
    language,
    forks_count: 3,
    archived,
    disabled: false,
    license: { key: 'mit', name: 'MIT License', spdx_id: 'MIT', node_id: 'MDc6TGljZW5zZW1pdA==' },
    topics,
    visibility: isPrivate ? 'private' : 'public',
    default_branch: 'main',
  };
}

/** The same as GraphQL shows it. */
export function graphqlRepository(repository: FakeRepository, viewerHasStarred: boolean): Record<string, unknown> {
  const { id, nameWithOwner, description, language, topics, stars, archived, fork, isPrivate } = repository;
  return {
    databaseId: id,
    nameWithOwner,
    url: `https://github.com/${nameWithOwner}`,
    description,
    isArchived: archived,
    isFork: fork,
    isPrivate,
    homepageUrl: null,
    createdAt: '2020-01-02T03:04:05Z',
    pushedAt: '2026-01-02T03:04:05Z',
    viewerHasStarred,
    stargazerCount: stars,
    forkCount: 3,
    owner: { login: nameWithOwner.split('/')[0] },
    primaryLanguage: language === null ? null : { name: language },
    licenseInfo: { spdxId: 'MIT' },
    repositoryTopics: { nodes: topics.toReversed().map((name) => ({ topic: { name } })) },
  };
}

export function starredRow(star: FakeStar, repository: FakeRepository): Record<string, unknown> {
  return { starred_at: star.starredAt, repo: restRepository(repository) };
}
