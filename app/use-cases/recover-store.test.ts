import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { textHashOf } from '../../core/text-hash.ts';
import { commit, item, outboxEntry, SCOPE, scopeRow } from '../../testing/contracts/item-store-samples.ts';
import { type MemoryApp, openMemoryApp } from '../../testing/topology/memory-app.ts';
import { MemoryOEmbed } from '../../testing/topology/memory-oembed.ts';
import { openMemoryProcess } from '../../testing/topology/memory-process.ts';
import type { App } from '../app.ts';
import { Presence } from '../presence.ts';
import { recoverStore } from './rebuild.ts';

const [ONLY_THEIRS, OF_NO_ITEM] = [textHashOf('only theirs'), textHashOf('of no item')];

describe('a store that was taken from another log', () => {
  let memory: MemoryApp;
  let app: App;
  beforeEach(async () => {
    memory = await openMemoryApp({ seed: 1 });
    app = memory.app;
    await commit(app.store, { items: [item('1', { textHash: ONLY_THEIRS })], scopes: [scopeRow()] });
    await app.metadata.compareAndSet('log', null, { logId: 'memory', folded: false });
  });
  afterEach(() => memory.app.close());

  /** One more process on the same log, store and metadata. */
  async function another(): Promise<App> {
    const { embedder, folder, oembed } = memory;
    const newEmbedder = () => embedder;
    const parts = { ...app, folder, embedder, newEmbedder, oembed: oembed.fetch };
    return (await openMemoryProcess(parts, { env: { TIKTOK_OEMBED_URL: MemoryOEmbed.url } })).app;
  }

  /** Lets virtual time pass until the work is done. */
  async function run(work: Promise<void>): Promise<void> {
    let isDone = false;
    const mark = (): void => {
      isDone = true;
    };
    work.then(mark, mark);
    await memory.clock.runUntil(() => isDone);
    await work;
  }

  const listed = async (of: App): Promise<number> => (await of.store.list({}, 10, null)).items.length;

  it('is folded by one of those that start at once; what it owes since is kept', async () => {
    const second = await another();
    const before = app.stores.generation;
    await run(recoverStore(app));
    expect([app.stores.generation, await listed(app)]).toEqual([before + 1, 0]);
    // One that asked for the claim before it was folded, and opened the store after.
    const third = await another();
    await commit(third.store, { outbox: [outboxEntry('owed')] });
    await run(Promise.all([recoverStore(second), recoverStore(third)]).then(() => undefined));
    for (const each of [second, third]) {
      expect(each.stores.generation).toBe(before + 1);
      expect(each.stores.lost).toBe(false);
      expect(await each.store.outbox(10)).toHaveLength(1);
      await each.close();
    }
  });

  it('is folded after a rebuild of the other log that was under way, and not instead of it', async () => {
    const theirs = await another();
    const presence = new Presence(app.metadata, app.clock);
    expect(await presence.pause([])).toBe(true);
    const recovery = recoverStore(app);
    const switched = async (): Promise<void> => {
      const fresh = await app.generations.open(2);
      await commit(fresh, { items: [item('1')], scopes: [scopeRow()] });
      await theirs.stores.switchTo(2, null);
      for (let beats = 0; beats < 3; beats++) {
        await app.clock.sleep(1_000);
        await presence.pause([]);
      }
      await presence.resume();
    };
    await run(Promise.all([recovery, switched()]).then(() => undefined));
    expect([app.stores.generation, await listed(app)]).toEqual([3, 0]);
    await theirs.close();
  });

  it('leaves no vector behind that only its items named', async () => {
    const vector = Uint8Array.from([1, 2, 3, 4]);
    const entries = [ONLY_THEIRS, OF_NO_ITEM].map((textHash) => ({ textHash, vector, truncated: false }));
    await app.cache.putMany('m', entries);
    await run(recoverStore(app));
    expect([...(await app.cache.getMany('m', [ONLY_THEIRS, OF_NO_ITEM])).keys()]).toEqual([OF_NO_ITEM]);
    expect(await app.store.scope(SCOPE)).toBeNull();
  });
});
