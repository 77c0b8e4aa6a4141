import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { LedgerRow } from '../../core/ledger.ts';
import type {
  ChangeSet,
  ItemChange,
  ItemContent,
  ItemFilter,
  ItemStore,
  StoredVector,
} from '../../core/ports/item-store.ts';
import { MemoryItemStore } from '../memory-store/memory-item-store.ts';
import { seedFor } from '../seeds.ts';
import {
  applied,
  changeOf,
  content,
  direction,
  item,
  MODEL,
  OTHER_SCOPE,
  SCOPE,
  scopeRow,
  vector,
} from './item-store-samples.ts';
import type { ItemStoreHarness } from './item-store-suite.ts';

const RUNS = 15;
const MAX_STEPS = 12;
const MAX_ITEMS = 8;
const IDS = 15;
const WORDS = ['alder', 'birch', 'cedar'];
const AXES = 4;

const fields = fc.record({
  state: fc.constantFrom<LedgerRow['state']>('active', 'held', 'trash', 'purged', null),
  pinned: fc.boolean(),
  blocked: fc.boolean(),
  hidden: fc.boolean(),
  listed: fc.boolean(),
  seen: fc.integer({ min: -1, max: 20 }),
  content: fc.constantFrom<LedgerRow['content']>('none', 'stub', 'full'),
  deletedBy: fc.constantFrom<LedgerRow['deletedBy']>(null, 'author', 'moderator'),
  holdId: fc.constantFrom(null, 'hold-1', 'hold-2'),
  savedAt: fc.option(fc.integer({ min: 1, max: 5 })),
  trashedAt: fc.option(fc.integer({ min: 0, max: 20 })),
  retryAt: fc.option(fc.integer({ min: 0, max: 20 })),
  contentHash: fc.constantFrom('', 'c1', 'c2'),
  textHash: fc.constantFrom('', 't1', 't2'),
});

/** undefined: as it was; null: erased; else which of the words or directions. */
const part = (count: number): fc.Arbitrary<number | null | undefined> =>
  fc.oneof(fc.constant(undefined), fc.constant(null), fc.nat(count - 1), fc.nat(count - 1));

const step = fc.uniqueArray(
  fc.record({
    id: fc.nat(IDS - 1),
    scope: fc.constantFrom(SCOPE, OTHER_SCOPE),
    fields,
    word: part(WORDS.length),
    axis: part(AXES),
    spoilt: fc.nat(19).map((n) => n === 0),
  }),
  { maxLength: MAX_ITEMS, selector: ({ id, scope }) => `${scope} ${id}` },
);

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Random changes, after each of which every question has the answer that a store in maps gives. */
export function testRandomChanges(createHarness: () => ItemStoreHarness | Promise<ItemStoreHarness>): void {
  it('have the effect that they have on a store in maps', async () => {
    const seed = seedFor('STORE_SEED');
    const property = fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: MAX_STEPS }), async (steps) => {
      const harness = await createHarness();
      const store = await harness.open();
      try {
        await compareWithModel(store, harness, steps);
      } finally {
        await store.close();
        await harness.close();
      }
    });
    await fc.assert(property, { seed, numRuns: RUNS });
  });
}

async function compareWithModel(store: ItemStore, harness: ItemStoreHarness, steps: readonly Step[]): Promise<void> {
  const model = new MemoryItemStore();
  for (const [i, entries] of steps.entries()) {
    const items = entries.map(toChange);
    const spoilt = new Set(entries.filter(({ spoilt }) => spoilt).map(({ scope, id }) => `${scope} a${id}`));
    const common: Partial<ChangeSet> = { scopes: [scopeRow({ applied: applied(i) })] };
    model.refuse = (scope, itemId) => spoilt.has(`${scope} ${itemId}`);
    const fine = { ...common, items: items.filter(({ scope, row }) => !spoilt.has(`${scope} ${row.itemId}`)) };
    const expected = await model.commit(await changeOf(model, { ...common, items }));
    const given = items.map((change) =>
      spoilt.has(`${change.scope} ${change.row.itemId}`) ? harness.spoil(change) : change,
    );
    const refused = await store.commit(await changeOf(store, { ...common, items: given }));
    const names = (list: typeof refused) => list.map(({ scope, itemId }) => `${scope} ${itemId}`).sort();
    expect(names(refused)).toEqual(names(expected));
    if (refused.length > 0)
      for (const each of [model, store]) expect(await each.commit(await changeOf(each, fine))).toEqual([]);
    expect(await answers(store)).toEqual(await answers(model));
  }
}

function toChange({ id, scope, fields, word, axis }: Step[number]): ItemChange {
  const { row } = item(`a${id}`, fields);
  const parts: { content?: ItemContent | null; vector?: StoredVector | null } = {};
  if (word !== undefined) parts.content = word === null ? null : content(WORDS[word] ?? '', { body: `${scope} ${id}` });
  if (axis !== undefined) parts.vector = axis === null ? null : vector(direction(axis, id / 100));
  return { scope, row, ...parts };
}

/** What a store answers to everything that changes of items can alter. */
async function answers(store: ItemStore): Promise<unknown> {
  const filters: ItemFilter[] = [
    {},
    { states: ['trash', 'active'], scopes: [SCOPE] },
    { states: ['purged'], includeHidden: true },
  ];
  const ids = Array.from({ length: IDS }, (_, i) => `a${i}`);
  return {
    rows: [await store.rows(SCOPE, ids), await store.rows(OTHER_SCOPE, ids)],
    glances: (await store.glance(SCOPE, 'a1', 7)).map(({ itemId, state, listed }) => [itemId, state, listed]),
    items: await Promise.all(ids.map(async (id) => plain(await store.item(SCOPE, id)))),
    // The order of scopes within the same date and id is the store's own.
    lists: await Promise.all(
      filters.map(async (filter) =>
        (await store.list(filter, 100, null)).items.map(({ savedAt, itemId }) => [savedAt, itemId]),
      ),
    ),
    totals: sorted(await store.totals()),
    held: sorted((await store.held()).map(({ id, count }) => ({ id, count }))),
    trash: sorted((await store.expiredTrash(10, 100)).map(({ scope, row }) => [scope, row.itemId])),
    stubs: sorted(await store.dueStubs(10, 100, 0)),
    differences: await store.countDifferences(SCOPE, 10, [''], 3),
    texts: [await store.usesText('t1'), await store.usesText('t2')],
    digests: [await store.digest(), await store.digest(OTHER_SCOPE)],
    words: await Promise.all(
      filters.map(async (filter) => found(await store.searchText(WORDS[0] ?? '', filter, 100), 0)),
    ),
    vectors: await Promise.all(
      filters.map(async (filter) => found(await store.searchVectors(direction(2), MODEL, filter, 100), MIN_SIMILARITY)),
    ),
  };
}

/** The simple model gives nothing that is further than a right angle; both calculate with rounding. */
const MIN_SIMILARITY = 0.000_01;

function found(hits: Awaited<ReturnType<ItemStore['searchText']>>, above: number): unknown {
  return sorted(
    hits
      .filter(({ score }) => score > above)
      .map(({ scope, itemId, state, content: { title } }) => [scope, itemId, state, title]),
  );
}

function plain(stored: Awaited<ReturnType<ItemStore['item']>>): unknown {
  return stored === null ? null : { ...stored, vector: stored.vector === null ? null : [...stored.vector.bytes] };
}

function sorted(list: readonly unknown[]): readonly string[] {
  return list.map((entry) => JSON.stringify(entry)).sort();
}
