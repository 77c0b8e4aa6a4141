import { describe, expect, it } from '@jest/globals';
import { Scenario } from '../testing/scenario/scenario.ts';

const KINDS = ['t3', 't1'];
const many = (kind: string, count: number): string[] =>
  Array.from({ length: count }, (_, n) => `${kind}_${String(n).padStart(4, '0')}`);
const posts = many('t3', 300);
const comments = many('t1', 60);

/** A collection of posts and comments, and what a later export of both lists says of it. */
async function afterExport(listed: readonly string[]): Promise<Scenario> {
  const scenario = new Scenario({ scope: { provider: 'reddit', user: 'me', collection: 'saved' } });
  for (const ids of [[...posts, ...comments], listed]) {
    const run = scenario.run('import');
    run.snapshot(
      ids.map((id) => ({ id, savedAt: scenario.now - 1 })),
      { kinds: KINDS, asOf: scenario.now },
      100,
    );
    run.finish();
    await scenario.settle();
    scenario.now += 60_000;
  }
  return scenario;
}

describe('the guard of an export of several lists', () => {
  it('waits for a person where one of them is empty, however small a part of all that is', async () => {
    const scenario = await afterExport(posts);
    expect(await scenario.idsOf('trash')).toEqual([]);
    expect(await scenario.idsOf('held')).toEqual(comments);
    expect(await scenario.row('t1_0000')).toMatchObject({ personOnly: true });
  });

  it('holds what is much of one list, and lets go what is little of another', async () => {
    const scenario = await afterExport([...posts.slice(2), ...comments.slice(25)]);
    expect(await scenario.idsOf('held')).toEqual(comments.slice(0, 25));
    expect(await scenario.row('t1_0000')).toMatchObject({ personOnly: false });
    expect(await scenario.idsOf('trash')).toEqual(posts.slice(0, 2));
  });
});
