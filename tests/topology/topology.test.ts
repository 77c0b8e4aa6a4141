import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { seedFor } from '../../testing/seeds.ts';
import { inventedExport, inventedId, inventedRows } from '../../testing/topology/invented-export.ts';
import { TopologyDriver } from '../../testing/topology/topology-driver.ts';

const DAY_MS = 86_400_000;
const MADE = Date.UTC(2025, 5, 1);
const rows = inventedRows(40);
const idOf = (n: number): string => inventedId(n);
const without = (...gone: readonly number[]): typeof rows => rows.filter(({ id }) => !gone.some((n) => idOf(n) === id));

describe.each(['memory', 'sqlite'] as const)('the whole pipeline on a %s store', (store) => {
  const seed = seedFor('TOPOLOGY_SEED');
  let driver: TopologyDriver;
  beforeEach(async () => {
    driver = await TopologyDriver.open({ seed, store });
  });
  afterEach(() => driver.close());

  it('imports, asks for what the export does not say, and finds it', async () => {
    const report = await driver.import(inventedExport(inventedRows(30, false)));
    expect(report).toMatchObject({ new: 30, removed: 0, failed: 0, converged: true });
    expect(new Set(driver.parts.oembed.asked).size).toBe(30);
    const items = await driver.items();
    expect(items).toHaveLength(30);
    expect(items.every(({ hasVector, stub }) => hasVector && !stub)).toBe(true);
    const wanted = items[7]!;
    expect((await driver.search(wanted.title!))[0]).toBe(wanted.itemId);
  });

  it('removes what a newer export lacks, explains it, and brings it back without embedding again', async () => {
    await driver.import(inventedExport(rows));
    const made = new Map(driver.parts.embedder.made);
    expect(made.size).toBe(40);
    const report = await driver.import(inventedExport(without(5, 17), MADE + DAY_MS));
    expect(report).toMatchObject({ new: 0, removed: 2, held: 0, converged: true });
    expect(await driver.ids('trash')).toEqual([idOf(5), idOf(17)].sort());
    const explained = await driver.explain(idOf(5));
    const removal = explained.history.findLast(({ event }) => event === 'removed')!;
    expect(removal).toMatchObject({ author: 'sink', snapshotId: expect.any(String) as unknown as string });
    expect(removal.evidence).toMatchObject({ coverage: 'complete' });

    expect(await driver.person('restore', idOf(5))).toEqual([
      { itemId: idOf(5), done: true, reason: null, state: 'active' },
    ]);
    await driver.import(inventedExport(without(5, 17, 3), MADE + 2 * DAY_MS));
    expect(await driver.ids('trash')).toEqual([idOf(17), idOf(3)].sort());
    // Saved again at TikTok: the later sighting revives it.
    await driver.import(inventedExport(without(5, 3), MADE + 3 * DAY_MS));
    expect(await driver.ids('trash')).toEqual([idOf(3)]);
    expect(driver.parts.embedder.made).toEqual(made);
  });

  it('purges for good, and keeps what was purged away', async () => {
    await driver.import(inventedExport(rows));
    await driver.person('purge', idOf(4));
    await driver.settle();
    await driver.import(inventedExport(without(9), MADE + DAY_MS));
    expect(await driver.explain(idOf(4))).toMatchObject({ state: 'purged', blocked: true });
    const text = rows[4]!.caption!;
    for (const topic of ['ingest', 'enriched', 'dead-letter'] as const) {
      const values = driver.parts.log.all(topic).map(({ value }) => Buffer.from(value ?? []));
      expect(values.filter((value) => value.includes(text))).toEqual([]);
    }
    // A person allows it: then an export brings it back, embedded anew, since its vector was erased too.
    await driver.person('allow', idOf(4));
    await driver.import(inventedExport(rows, MADE + 2 * DAY_MS));
    expect(await driver.explain(idOf(4))).toMatchObject({ state: 'active', blocked: false });
    expect(driver.parts.embedder.made.get(text)).toBe(2);
  });

  it('purges the trash when its time is over', async () => {
    await driver.import(inventedExport(rows));
    await driver.import(inventedExport(without(1), MADE + DAY_MS));
    expect(await driver.ids('trash')).toEqual([idOf(1)]);
    await driver.leap(31 * DAY_MS);
    await driver.advance(120_000);
    await driver.settle();
    // The clock may have jumped: it is believed a day later.
    expect(await driver.ids('trash')).toEqual([idOf(1)]);
    await driver.leap(DAY_MS);
    await driver.advance(120_000);
    await driver.settle();
    expect(await driver.explain(idOf(1))).toMatchObject({ state: 'purged', blocked: false });
  });

  it('holds a removal beyond the guard until a person or a newer export agrees', async () => {
    const many = Array.from({ length: 25 }, (_, n) => n);
    // Overlap of less than a half waits for a person; of more, for a newer export too.
    const large = inventedRows(60);
    const cut = large.slice(25);
    await driver.import(inventedExport(large));
    expect(await driver.import(inventedExport(cut, MADE + DAY_MS))).toMatchObject({ removed: 0, held: 25 });
    expect(await driver.ids('held')).toEqual(many.map(idOf).sort());
    expect(await driver.import(inventedExport(cut, MADE + 2 * DAY_MS))).toMatchObject({ removed: 25 });
    expect(await driver.ids('trash')).toHaveLength(25);
  });

  it('compares both sides again when a person has decided about a removal that is held', async () => {
    await driver.import(inventedExport(rows));
    expect(await driver.import(inventedExport(rows.slice(30), MADE + DAY_MS))).toMatchObject({ converged: false });
    expect((await driver.held('approve')).every(({ done }) => done)).toBe(true);
    await driver.settle();
    expect((await driver.status()).accounts).toMatchObject([{ active: 10, trash: 30, converged: true }]);
    expect(await driver.rebuild()).toMatchObject({ match: true });
  });

  it('does what a person decides about a removal that is held', async () => {
    await driver.import(inventedExport(rows));
    expect(await driver.import(inventedExport(rows.slice(30), MADE + DAY_MS))).toMatchObject({ removed: 0, held: 30 });
    expect((await driver.held('reject')).every(({ done }) => done)).toBe(true);
    await driver.import(inventedExport(rows.slice(30), MADE + 2 * DAY_MS));
    expect(await driver.ids()).toHaveLength(40);
    expect((await driver.items()).filter(({ pinned }) => pinned)).toHaveLength(30);
  });

  it('makes the same store again from the log, also after purges, without embedding', async () => {
    await driver.import(inventedExport(rows));
    await driver.import(inventedExport(without(2, 3, 4), MADE + DAY_MS));
    await driver.person('restore', idOf(2));
    await driver.person('purge', idOf(3), idOf(10));
    await driver.settle();
    const before = await Promise.all(rows.map(({ id }) => driver.app.store.history('tiktok/me/favorites', id)));
    const report = await driver.rebuild();
    expect(report).toMatchObject({ match: true, embeddingCalls: 0, generation: 2, warnings: [] });
    const after = await Promise.all(rows.map(({ id }) => driver.app.store.history('tiktok/me/favorites', id)));
    expect(after).toEqual(before);
    // And the pipeline goes on with it.
    expect(await driver.import(inventedExport(without(3, 10, 20), MADE + 2 * DAY_MS))).toMatchObject({ removed: 1 });
    expect(await driver.ids('purged')).toEqual([idOf(3), idOf(10)].sort());
    expect(await driver.rebuild()).toMatchObject({ match: true, embeddingCalls: 0 });
  });

  it('lets an older export change nothing', async () => {
    await driver.import(inventedExport(rows, MADE + DAY_MS));
    const { digest, accounts: counted } = await driver.status();
    await driver.advance(60_000);
    const report = await driver.import(inventedExport(without(1, 2, 3), MADE));
    expect(report).toMatchObject({ new: 0, removed: 0, held: 0 });
    expect(report.warnings.join()).toContain('older');
    expect((await driver.status()).digest).toBe(digest);
    // Nor does it count as a sync.
    const { accounts } = await driver.status();
    expect(accounts).toMatchObject([{ syncCount: 1, lastSyncAt: counted[0]?.lastSyncAt }]);
    expect(accounts[0]?.lastFullReconciliation).toBe(counted[0]?.lastFullReconciliation);
  });
});
