import type { ChangeSet, ItemStore } from '../../core/ports/item-store.ts';
import {
  chunk,
  direction,
  historyEntry,
  item,
  OTHER_SCOPE,
  outboxEntry,
  run,
  SCOPE,
  scopeRow,
  searchable,
} from '../contracts/item-store-samples.ts';

/** Changes of one partition, each on the progress that the one before leaves: whatever a sink does, it ends like this. */
export function storyChanges(): readonly ChangeSet[] {
  const steps: readonly Partial<ChangeSet>[] = [
    {
      items: ['1', '2', '3', '4'].map((id) => searchable(id, `title ${id}`, direction(Number(id)))),
      scopes: [scopeRow({ listedCount: 4 })],
      runs: [run('first', 0)],
      history: ['1', '2', '3', '4'].map((id) =>
        historyEntry(id, 0, { erasable: true, evidence: `{"shown":"secret-${id}"}` }),
      ),
      chunks: [chunk(0, ['1', '2']), chunk(1, ['3', '4'])],
      outbox: [outboxEntry('a'), outboxEntry('b')],
    },
    {
      items: [
        {
          scope: SCOPE,
          row: item('2', { state: 'trash', trashedAt: 5, textHash: 'text 2', vectorHash: 'vector 2' }).row,
        },
        searchable('3', 'another title', direction(9)),
        item('refused', {}, { vector: { model: 'test-model', dimensions: 16, bytes: new Uint8Array(15) } }),
        item('5', { content: 'stub', retryAt: 7 }, { scope: OTHER_SCOPE, vector: null }),
      ],
      discardChunks: [SCOPE],
      chunks: [chunk(0, ['3'], { snapshotId: 'next' })],
      events: ['decision'],
      outbox: [outboxEntry('a', { key: 'again' }), outboxEntry('c')],
    },
    {
      items: [
        item(
          '1',
          { state: 'purged', content: 'none', textHash: '' },
          { content: null, vector: null, eraseHistory: true },
        ),
        { scope: SCOPE, row: item('3', { hidden: true, textHash: 'text 3', vectorHash: 'vector 3' }).row },
      ],
      history: [historyEntry('1', 2, { event: 'purged' })],
      runs: [run('first', 0, { status: 'done' }), run('second', 2, { causedBy: 'first' })],
      discardChunks: [SCOPE],
    },
  ];
  return steps.map((step, position) => ({
    partition: 0,
    expected: { position: position - 1, nextOffset: position },
    position,
    nextOffset: position + 1,
    items: [],
    scopes: [],
    accounts: [],
    runs: [],
    history: [],
    events: [],
    outbox: [],
    chunks: [],
    discardChunks: [],
    ...step,
  }));
}

/** Applies what the store has not applied yet, as a sink does after a restart. */
export async function tellStory(store: ItemStore): Promise<void> {
  const { position } = await store.progress(0);
  for (const change of storyChanges().slice(position + 1)) {
    const refused = new Set((await store.commit(change)).map(({ scope, itemId }) => `${scope} ${itemId}`));
    if (refused.size === 0) continue;
    const items = change.items.filter(({ scope, row }) => !refused.has(`${scope} ${row.itemId}`));
    await store.commit({ ...change, items });
  }
}

/** Everything that the story leaves, as far as the store can be asked. */
export async function storyEnd(store: ItemStore): Promise<unknown> {
  const ids = ['1', '2', '3', '4', '5'];
  return {
    progress: await store.progress(0),
    digest: await store.digest(),
    rows: [await store.rows(SCOPE, ids), await store.rows(OTHER_SCOPE, ids)],
    items: await Promise.all(
      ids.map(async (id) => {
        const found = await store.item(SCOPE, id);
        return [found?.content?.title, [...(found?.vector?.bytes ?? [])]];
      }),
    ),
    glance: await store.glance(SCOPE, null, 100),
    history: await Promise.all(ids.map((id) => store.history(SCOPE, id))),
    outbox: (await store.outbox(100)).map(({ id, key }) => [id, key]),
    totals: await store.totals(),
    list: await store.list({ states: ['active', 'trash', 'purged'] }, 100, null),
    scopes: await store.scopes(),
    runs: [await store.run('first'), await store.runsCausedBy('first')],
    events: [...(await store.knownEvents(['decision']))],
    chunks: [await store.chunk(SCOPE, 'snapshot', 0), await store.chunk(SCOPE, 'next', 0)],
    due: [await store.expiredTrash(10, 10), await store.dueStubs(10, 10, 0)],
    texts: [await store.usesText('text 1'), await store.usesText('text 3')],
  };
}
