import { afterEach, describe, expect, it } from '@jest/globals';
import { type Exchange, invented, RecordedHttp, readRecording } from '../../testing/recorded-http/recorded-http.ts';
import { seedFor } from '../../testing/seeds.ts';
import { connectAndSync, openSyncDriver, syncNow } from '../../testing/topology/sync-driver.ts';
import type { TopologyDriver } from '../../testing/topology/topology-driver.ts';

const API = 'https://api.github.com';
const TOKEN = { by: 'token', token: 'github_pat_invented' } as const;
const ME = invented(`${API}/user`, { login: 'me-myself', id: 7 });

interface RecordedRepository {
  readonly id: number;
  readonly full_name: string;
}

describe('GitHub as it was recorded, byte for byte', () => {
  const seed = seedFor('TOPOLOGY_SEED');
  let driver: TopologyDriver | undefined;
  afterEach(async () => {
    await driver?.close();
    driver = undefined;
  });

  const open = async (service: RecordedHttp): Promise<TopologyDriver> => {
    driver = await openSyncDriver({ seed, service, env: { GITHUB_API_URL: API } });
    return driver;
  };
  const rowsOf = (exchange: Exchange | undefined): readonly RecordedRepository[] =>
    JSON.parse(exchange?.body ?? '[]') as RecordedRepository[];
  const ids = (repositories: readonly RecordedRepository[]): readonly string[] =>
    repositories.map(({ id }) => String(id)).sort();

  it('walks 616 stars in seven pages, by the links that GitHub gave', async () => {
    const pages = readRecording('github/github3.User_starred_repositories.json');
    if (pages === null) return;
    const rows = pages.flatMap(({ body }) => JSON.parse(body) as { starred_at: string; repo: RecordedRepository }[]);
    const service = new RecordedHttp()
      .add([invented(`${API}/users/sigmavirus24`, { login: 'sigmavirus24', id: 240_830 })])
      .add(pages.slice(0, 1), '/user/240830/starred')
      .add(pages.slice(1));
    const on = await open(service);
    await connectAndSync(on, 'github', { by: 'public', loginName: 'sigmavirus24' });
    expect(rows).toHaveLength(616);
    expect(await on.ids()).toEqual(ids(rows.map(({ repo }) => repo)));
    const savedAt = new Map((await on.items()).map((item) => [item.itemId, Date.parse(item.savedAt ?? '')]));
    expect(rows.filter(({ repo, starred_at }) => savedAt.get(String(repo.id)) !== Date.parse(starred_at))).toEqual([]);
    // Whose list it is, seven pages, and page 1 again.
    expect(service.asked).toHaveLength(9);
    const again = { fetched: 616, new: 0, updated: 0, removed: 0, converged: true, requests: 8 };
    expect(await syncNow(on, 'github', true)).toMatchObject(again);
  });

  it('takes bare repositories of 2013, and removes nothing where the recording ends in the middle of the list', async () => {
    const pages = readRecording('github/octokit.user_starred_authenticated.json');
    if (pages === null) return;
    const on = await open(new RecordedHttp().add([ME]).add(pages));
    await connectAndSync(on, 'github', TOKEN);
    expect(await on.ids()).toEqual(ids(rowsOf(pages[0])));
    expect((await on.items()).filter(({ title, url }) => title === null || url === null)).toEqual([]);
    expect(await syncNow(on, 'github', true)).toMatchObject({
      removed: 0,
      error: expect.stringContaining('did not answer'),
    });
  });

  it('tells by 204 and 404 whether a repository of 2012 is starred', async () => {
    const all = readRecording('github/pygithub.AuthenticatedUser.testStarring.json');
    if (all === null) return;
    const list = all.filter(({ url }) => url.pathname === '/user/starred');
    const gitflow = all.find(({ url }) => url.pathname === '/repos/nvie/gitflow');
    const [starred, unstarred] = [204, 404].map((status) =>
      all.filter((each) => each.method === 'GET' && each.url.pathname.endsWith('/gitflow') && each.status === status),
    );
    const { id } = JSON.parse(gitflow?.body ?? '{}') as RecordedRepository;
    const listed = list.flatMap((page) => rowsOf(page));
    expect(ids(listed)).toContain(String(id));
    if (gitflow === undefined) throw new Error('another recording');
    const [first] = list;
    // The list as it was recorded, with page 1 read again; then as it was after the DELETE, which was not recorded.
    const without = list.map((page) => ({
      ...page,
      body: JSON.stringify(rowsOf(page).filter((each) => each.id !== id)),
    }));
    const asked = new RecordedHttp().add([ME]).add([...list, ...(first === undefined ? [] : [first]), ...without]);
    // There was no GraphQL in 2012.
    asked.add([{ ...invented(`${API}/graphql`, { message: 'Not Found' }), method: 'POST', status: 404 }]);
    asked.add(listed.map((each) => invented(`${API}/repositories/${each.id}`, each)));
    asked.add(
      listed.filter((each) => each.id !== id).flatMap((each) => at(`/user/starred/${each.full_name}`, starred)),
    );
    asked.add([...(starred ?? []).slice(0, 1), ...(unstarred ?? [])]);
    const on = await open(asked);
    await connectAndSync(on, 'github', TOKEN);
    expect(await on.ids()).toContain(String(id));
    expect(await syncNow(on, 'github', true)).toMatchObject({ removed: 0, error: null });
    expect(await syncNow(on, 'github', true)).toMatchObject({ removed: 1, error: null, converged: true });
    expect(await on.ids('trash')).toEqual([String(id)]);
    expect(asked.asked.filter((line) => line.startsWith('GET /user/starred/nvie/gitflow'))).toEqual([
      'GET /user/starred/nvie/gitflow 204',
      'GET /user/starred/nvie/gitflow 404',
    ]);
  });

  it('takes 304 for what it says: nothing is new, and the list is not empty', async () => {
    const pages = readRecording('github/pygithub.AuthenticatedUser.testStarring.json');
    const unchanged = readRecording('github/pygithub.ConditionalRequestUpdate.testDidNotUpdate.json');
    if (pages === null || unchanged === null) return;
    const list = pages.filter(({ url }) => url.pathname === '/user/starred');
    const [first, ...others] = list;
    if (first === undefined) throw new Error('another recording');
    const service = new RecordedHttp()
      .add([ME])
      .add([first, ...others])
      .add(unchanged, '/user/starred');
    const on = await open(service);
    await connectAndSync(on, 'github', TOKEN);
    const before = await on.ids();
    expect(service.asked.at(-1)).toBe('GET /user/starred?per_page=100 304');
    expect(await syncNow(on, 'github')).toMatchObject({ mode: 'delta', requests: 1, new: 0, removed: 0, error: null });
    expect(await on.ids()).toEqual(before);
    expect(before).toHaveLength(list.flatMap((page) => rowsOf(page)).length);
  });

  it('refuses bad credentials, and marks an account whose token became bad', async () => {
    const refused = readRecording('github/pygithub.SpecificExceptions.testBadCredentials.json');
    const pages = readRecording('github/octokit.user_starred_authenticated.json');
    if (refused === null || pages === null) return;
    const on = await open(new RecordedHttp().add(refused));
    await expect(connectAndSync(on, 'github', TOKEN)).rejects.toThrow('GitHub refuses the token');
    await on.close();
    const list = pages.map((page) => ({ ...page, headers: {} }));
    const later = await open(
      new RecordedHttp()
        .add([ME])
        .add([...list, ...list])
        .add(refused, '/user/starred'),
    );
    await connectAndSync(later, 'github', TOKEN);
    expect(await syncNow(later, 'github', true)).toMatchObject({ removed: 0, needsReauth: true });
    expect(await later.ids()).toEqual(ids(rowsOf(pages[0])));
  });

  it('waits where the rate limit is exceeded, although no header says for how long', async () => {
    const exchanges = readRecording('github/pygithub.SpecificExceptions.testRateLimitExceeded.json');
    if (exchanges === null) return;
    const [answer, limited] = exchanges;
    if (answer === undefined || limited === undefined) throw new Error('another recording');
    const service = new RecordedHttp().add([limited, answer]).add([invented(`${API}/user/327146/starred`, [])]);
    const on = await open(service);
    const before = on.app.clock.now();
    await connectAndSync(on, 'github', { by: 'public', loginName: 'jacquev6' });
    expect(service.asked.slice(0, 2)).toEqual(['GET /users/jacquev6 403', 'GET /users/jacquev6 200']);
    expect(on.app.clock.now() - before).toBeGreaterThanOrEqual(60_000);
    expect(on.parts.lines.filter((line) => line.includes('waiting for a rate limit'))).toHaveLength(1);
  });
});

/** The same answer at another address. */
function at(pathname: string, exchanges: readonly Exchange[] | undefined): readonly Exchange[] {
  return (exchanges ?? []).slice(0, 1).map((exchange) => ({ ...exchange, url: new URL(`${API}${pathname}`) }));
}
