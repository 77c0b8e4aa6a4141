import { describe, expect, it } from '@jest/globals';
import { MOST_SKETCHED } from './id-sketch.ts';
import type { HeldInScope } from './notice.ts';
import { heldNow, isTold } from './owed.ts';
import type { Told } from './told.ts';

const SCOPE = 'github/me/starred';

const ids = (prefix: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, n) => `${prefix}${n}`);

/** What is held of one scope, in groups of these ids. */
async function held(...groups: readonly (readonly string[])[]): Promise<HeldInScope> {
  const all = groups.map((itemIds, n) => ({
    id: `snapshot-${n}`,
    scope: SCOPE,
    count: itemIds.length,
    createdAt: 0,
    itemIds,
  }));
  const [found] = await heldNow({ held: async () => all });
  if (found === undefined) throw new Error('nothing is held');
  return found;
}

/** As a document of the metadata, which holds JSON. */
function told(about: Partial<HeldInScope>): Told {
  const document = { claim: null, accounts: {}, held: { [SCOPE]: about }, deadLetters: {}, backupSlot: 0 };
  return JSON.parse(JSON.stringify(document)) as Told;
}

describe('held removals that somebody was told of', () => {
  it.each([
    [
      'the same, held anew and in other groups',
      [ids('a', 40), ids('b', 60)],
      [[...ids('b', 60), ...ids('a', 40)]],
      true,
    ],
    ['what a person left of them', [ids('a', 100)], [ids('a', 60)], true],
    ['more', [ids('a', 100)], [ids('a', 101)], false],
    ['fewer, and entirely others', [ids('a', 100)], [ids('b', 60)], false],
    ['fewer, and one of them another', [ids('a', 100)], [[...ids('a', 60), 'b']], false],
    ['as many, and one of them another', [ids('a', 100)], [[...ids('a', 99), 'b']], false],
    ['what a person left of as many as are kept', [ids('a', MOST_SKETCHED)], [ids('a', MOST_SKETCHED - 1)], true],
    ['fewer of more than are kept, which is not known', [ids('a', MOST_SKETCHED + 1)], [ids('a', 5)], false],
    ['the same, of more than are kept', [ids('a', MOST_SKETCHED + 1)], [ids('a', MOST_SKETCHED + 1)], true],
  ])('are %s', async (_, before, now, isKnown) => {
    expect(isTold(await held(...now), told(await held(...before)))).toBe(isKnown);
  });

  it('are read as they were noted before ids were: the same are known, fewer are told once more', async () => {
    const { count, digest } = await held(ids('a', 100));
    expect(isTold(await held(ids('a', 100)), told({ count, digest }))).toBe(true);
    expect(isTold(await held(ids('a', 60)), told({ count, digest }))).toBe(false);
  });

  it('are none of a scope that is not named', async () => {
    expect(isTold(await held(ids('a', 100)), { ...told({}), held: {} })).toBe(false);
  });
});

describe('what is held now', () => {
  it('is counted, however many they are', async () => {
    expect(await held(ids('a', 300_000), ids('b', 1))).toMatchObject({ count: 300_001, sketch: null });
  });
});
