import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { videos } from '../cli/run-cli.test-helper.ts';
import { ApiWorld, exported, PROBLEM } from './api-world.test-helper.ts';

const HEADERS = { 'content-type': 'application/json' };

interface Answer {
  readonly done: number;
  readonly items: readonly { readonly itemId: string; readonly done: boolean; readonly reason: string | null }[];
}

interface Removal {
  readonly event: string;
  readonly reason: string;
}

interface Listed {
  readonly state: string;
  readonly user: string;
  readonly itemId: string;
  readonly removedAt: string | null;
  readonly removal?: Removal | null;
  readonly purgeAt: string | null;
}

describe('decisions over HTTP', () => {
  const world = new ApiWorld();
  const all = videos(10);
  const names = (from: number, to: number, user = 'me') =>
    all.slice(from, to).map(({ id }) => ({ provider: 'tiktok', user, collection: 'favorites', itemId: id }));
  const decide = (operation: string, items: readonly object[]) =>
    world.ask('POST', '/v1/decisions', { headers: HEADERS, body: JSON.stringify({ operation, items }) });
  const stateOf = async (id: string | undefined, user = 'me') =>
    (await world.ask('GET', `/v1/items/tiktok/favorites/${id ?? ''}?user=${user}`)).json();
  beforeAll(async () => {
    await world.start();
    await world.upload(exported(10));
    await world.upload(exported(3), undefined, 'other');
  });
  afterAll(async () => {
    await world.stop();
    world.cli.remove();
  });

  it('purge and allow many items of several users, and tell of each what came of it', async () => {
    const items = [...names(0, 3), ...names(0, 1, 'other'), { ...names(0, 1)[0], itemId: '123' }];
    const answer = await decide('purge', items);
    expect(answer.status).toBe(200);
    expect(answer.json<Answer>()).toMatchObject({
      done: 4,
      items: [
        { ...names(0, 1)[0], done: true, reason: null, state: 'purged' },
        { done: true },
        { done: true },
        { ...names(0, 1, 'other')[0], done: true, state: 'purged' },
        { itemId: '123', done: false, reason: expect.stringContaining('no such item'), state: null },
      ],
    });
    expect(await stateOf(all[0]?.id)).toMatchObject({ state: 'purged', blocked: true, title: null });
    expect(await stateOf(all[1]?.id, 'other')).toMatchObject({ state: 'active' });
    expect((await decide('restore', names(0, 1))).json<Answer>()).toMatchObject({
      done: 0,
      items: [{ done: false, reason: 'it was purged: its content is gone', state: 'purged' }],
    });
    expect((await decide('allow', [...names(0, 2), ...names(0, 1)])).json<Answer>()).toMatchObject({
      done: 3,
      items: [{}, {}, {}],
    });
    expect(await stateOf(all[0]?.id)).toMatchObject({ state: 'purged', blocked: false });
  });

  it('approve what was looked at, and nothing that another snapshot holds by now', async () => {
    const user = 'careful';
    await world.upload(exported(60), undefined, user);
    await world.upload(exported(20), undefined, user);
    const [group] = (await world.ask('GET', `/v1/held?user=${user}`)).json<{
      held: readonly { readonly id: string; readonly count: number }[];
    }>().held;
    expect(group?.count).toBe(40);
    const items = videos(60)
      .slice(58)
      .map(({ id }) => ({ provider: 'tiktok', user, collection: 'favorites', itemId: id }));
    const approve = (holdId: string | undefined) =>
      world.ask('POST', '/v1/decisions', {
        headers: HEADERS,
        body: JSON.stringify({ operation: 'approve', holdId, items }),
      });
    expect((await approve('of-before')).json<Answer>()).toMatchObject({
      done: 0,
      items: [
        { done: false, reason: expect.stringContaining('another snapshot'), state: 'held' },
        { done: false, state: 'held' },
      ],
    });
    expect((await approve(group?.id)).json<Answer>()).toMatchObject({ done: 2, items: [{ state: 'trash' }, {}] });
    const listed = await world.ask('GET', `/v1/items?user=${user}&state=all&limit=100`);
    for (const item of listed.json<{ items: readonly Listed[] }>().items) {
      const { state, removedAt, purgeAt } = item;
      if (state === 'trash') expect(Date.parse(purgeAt ?? '') - Date.parse(removedAt ?? '')).toBe(30 * 86_400_000);
      else expect(item).toMatchObject({ removedAt: null, purgeAt: null });
      expect(item).not.toHaveProperty('removal');
    }
  });

  it('erase nothing that left the state in which it was looked at', async () => {
    const user = 'hesitant';
    await world.upload(exported(60), undefined, user);
    await world.upload(exported(58), undefined, user);
    const items = videos(60)
      .slice(58)
      .map(({ id }) => ({ provider: 'tiktok', user, collection: 'favorites', itemId: id }));
    const asSeenInTrash = (operation: string) =>
      world.ask('POST', '/v1/decisions', {
        headers: HEADERS,
        body: JSON.stringify({ operation, state: 'trash', items }),
      });
    expect((await decide('approve', items)).json<Answer>()).toMatchObject({ done: 2, items: [{ state: 'trash' }, {}] });
    // Elsewhere, by somebody who looks at the same trash.
    expect((await decide('restore', items.slice(0, 1))).json<Answer>()).toMatchObject({ done: 1 });
    expect((await asSeenInTrash('purge')).json<Answer>()).toMatchObject({
      done: 1,
      items: [
        { done: false, reason: 'it is active by now, and not in the state trash as it was shown', state: 'active' },
        { done: true, reason: null, state: 'purged' },
      ],
    });
    expect(await stateOf(items[0]?.itemId, user)).toMatchObject({ state: 'active', pinned: true, blocked: false });
    // What is as it was asked for is done, whoever did it.
    expect((await asSeenInTrash('restore')).json<Answer>()).toMatchObject({
      done: 1,
      items: [{ done: true, reason: 'it was so already' }, { done: false }],
    });
  });

  it('tell why each item of the trash is there, in the words of its history, with the page that lists it', async () => {
    const list = async (query: string): Promise<readonly Listed[]> =>
      (await world.ask('GET', `/v1/items?limit=100&${query}`)).json<{ items: readonly Listed[] }>().items;
    const trash = await list('state=trash&explain=true');
    expect(trash.length).toBeGreaterThan(1);
    const events = new Set<string | undefined>();
    for (const { user, itemId, removal } of trash) {
      const path = `/v1/items/tiktok/favorites/${itemId}/explain?user=${user}`;
      const { history } = (await world.ask('GET', path)).json<{ history: readonly Removal[] }>();
      expect(history).toContainEqual(removal);
      events.add(removal?.event);
    }
    expect([...events]).toContain('removal approved');
    const others = await list('explain=true');
    expect(others.length).toBeGreaterThan(0);
    expect(others.every(({ removal }) => removal === null)).toBe(true);
    expect((await world.ask('GET', '/v1/items?explain=perhaps')).status).toBe(400);
  });

  it('are made about one item too', async () => {
    const path = `/v1/items/tiktok/favorites/${all[2]?.id ?? ''}`;
    expect((await world.ask('POST', `${path}/allow?user=me`)).json()).toMatchObject({ done: true, state: 'purged' });
    const pinned = names(5, 6);
    expect((await decide('restore', pinned)).json<Answer>()).toMatchObject({ done: 1 });
    expect(await stateOf(all[5]?.id)).toMatchObject({ pinned: true });
    const unpinned = await world.ask('POST', `/v1/items/tiktok/favorites/${all[5]?.id ?? ''}/unpin`);
    expect(unpinned).toMatchObject({ status: 200 });
    expect(await stateOf(all[5]?.id)).toMatchObject({ pinned: false, state: 'active' });
    expect(await world.ask('POST', '/v1/items/tiktok/favorites/123/unpin')).toMatchObject({ status: 404 });
  });

  it('are refused where they say nothing that can be decided', async () => {
    for (const body of [
      '{}',
      '{"operation":"purge","items":[]}',
      `{"operation":"remove","items":${JSON.stringify(names(0, 1))}}`,
      '{"operation":"purge","items":[{"provider":"tiktok"}]}',
      `{"operation":"purge","state":"gone","items":${JSON.stringify(names(7, 8))}}`,
      JSON.stringify({ operation: 'purge', items: Array.from({ length: 1_001 }, () => names(0, 1)[0]) }),
    ]) {
      const answer = await world.ask('POST', '/v1/decisions', { headers: HEADERS, body });
      expect({ body: body.slice(0, 80), status: answer.status }).toEqual({ body: body.slice(0, 80), status: 400 });
      expect(answer.json()).toMatchObject(PROBLEM);
    }
    expect(await stateOf(all[7]?.id)).toMatchObject({ state: 'active' });
  });
});
