import { beforeEach, expect, it } from '@jest/globals';
import { MemoryMetadataStore } from '../testing/memory-metadata/memory-metadata-store.ts';
import { MemoryGenerations } from '../testing/topology/memory-app.ts';
import { CurrentStore, type CurrentStoreDeps } from './current-store.ts';

let deps: CurrentStoreDeps;
beforeEach(async () => {
  deps = { metadata: new MemoryMetadataStore(), generations: new MemoryGenerations() };
  await deps.metadata.compareAndSet('store', null, { generation: 2, embedder: null });
});

it('is lost until it is folded anew, also for whoever opens it after the first one was killed', async () => {
  expect((await CurrentStore.open(deps)).lost).toBe(true);
  // The first one made an empty generation, and got no further.
  const next = await CurrentStore.open(deps);
  expect(next.lost).toBe(true);
  await deps.generations.open(3);
  await next.switchTo(3, null);
  expect((await CurrentStore.open(deps)).lost).toBe(false);
});

it('is not lost where the log is empty too', async () => {
  await (await CurrentStore.open(deps)).markNew();
  expect((await CurrentStore.open(deps)).lost).toBe(false);
});

it('is not lost for whoever opened it before that was known', async () => {
  const [first, second] = [await CurrentStore.open(deps), await CurrentStore.open(deps)];
  await first.markNew();
  expect(second.lost).toBe(true);
  await second.refresh();
  expect(second.lost).toBe(false);
});
