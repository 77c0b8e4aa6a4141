import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mulberry32 } from '../../testing/producer-world.ts';
import { seedFor } from '../../testing/seeds.ts';
import { inventedExport, inventedId, inventedRows } from '../../testing/topology/invented-export.ts';
import { TopologyDriver } from '../../testing/topology/topology-driver.ts';

const DAY_MS = 86_400_000;
/** longer than maintenance waits between two looks */
const LOOK_MS = 90_000;
const MADE = Date.UTC(2025, 5, 1);
const SCOPE = 'tiktok/me/favorites';
const rows = inventedRows(40);
const idOf = (n: number): string => inventedId(n);

/** Digest that the same calls give without any fault. */
async function undisturbed(seed: number, work: (driver: TopologyDriver) => Promise<unknown>): Promise<string> {
  const driver = await TopologyDriver.open({ seed });
  try {
    await work(driver);
    return (await driver.status()).digest;
  } finally {
    await driver.close();
  }
}

const twoExports = async (driver: TopologyDriver): Promise<void> => {
  await driver.import(inventedExport(rows));
  await driver.import(inventedExport(rows.slice(2), MADE + DAY_MS));
};

describe('the whole pipeline under faults', () => {
  const seed = seedFor('TOPOLOGY_SEED');
  let driver: TopologyDriver;
  beforeEach(async () => {
    driver = await TopologyDriver.open({ seed });
  });
  afterEach(() => driver.close());

  it('lets items pass without vectors while the embedder is down, finds them by word, and adds the vectors later', async () => {
    const expected = await undisturbed(seed, (other) => other.import(inventedExport(rows)));
    driver.parts.embedder.isDown = true;
    expect(await driver.import(inventedExport(rows))).toMatchObject({ new: 40, converged: true });
    expect((await driver.items()).filter(({ hasVector }) => hasVector)).toEqual([]);
    expect(await driver.search('caption number 7')).toContain(idOf(7));
    driver.parts.embedder.isDown = false;
    await driver.advance(3_600_000);
    await driver.settle();
    const status = await driver.status();
    expect(status.embedder.coverage).toBe(1);
    expect(status.digest).toBe(expected);
    expect([...driver.parts.embedder.made.values()].filter((times) => times > 1)).toEqual([]);
    expect(await driver.rebuild()).toMatchObject({ match: true, embeddingCalls: 0 });
  });

  it('keeps an item whose text the embedder refuses, without a vector', async () => {
    driver.parts.embedder.poison.add(rows[3]!.caption!);
    await driver.import(inventedExport(rows));
    const without = (await driver.items()).filter(({ hasVector }) => !hasVector);
    expect(without.map(({ itemId }) => itemId)).toEqual([idOf(3)]);
    expect(await driver.rebuild()).toMatchObject({ match: true });
  });

  it('puts bytes that are no record into the dead letters, and goes on', async () => {
    const partition = driver.app.log.partitionOf('tiktok/me');
    const poison = { key: `tiktok/me|${SCOPE}|${idOf(1)}|poison`, value: Uint8Array.of(0, 9, 9, 9, 9, 9) };
    await driver.run(driver.app.log.append('ingest', partition, [poison]));
    await driver.import(inventedExport(rows));
    expect(await driver.ids()).toHaveLength(40);
    expect(await driver.deadLetters()).toBe(1);
    // It is no record after a redrive either.
    expect(await driver.redrive()).toMatchObject({ redriven: 1 });
    expect(await driver.deadLetters()).toBe(1);
    // The key names an item: a purge of that item takes the dead letter with it.
    await driver.person('purge', idOf(1));
    await driver.advance(LOOK_MS);
    expect(await driver.deadLetters()).toBe(0);
    expect(await driver.rebuild()).toMatchObject({ match: true, embeddingCalls: 0 });
  });

  it('redrives what the store refused, in the end to the same state', async () => {
    const expected = await undisturbed(seed, (other) => other.import(inventedExport(rows)));
    const [memory] = driver.parts.stores;
    // Else the missing content would come from oEmbed, which is newer than what is redriven.
    driver.parts.oembed.unavailable.add(idOf(6));
    let refusals = 1;
    memory!.refuse = (_scope, itemId) => itemId === idOf(6) && refusals-- > 0;
    await driver.import(inventedExport(rows));
    expect(await driver.deadLetters()).toBe(1);
    expect((await driver.status()).digest).not.toBe(expected);
    expect(await driver.redrive()).toMatchObject({ redriven: 1, skipped: [] });
    expect((await driver.status()).digest).toBe(expected);
    expect(await driver.deadLetters()).toBe(0);
    expect(await driver.rebuild()).toMatchObject({ match: true, embeddingCalls: 0 });
  });

  it('redrives a late vector whose item the store refused', async () => {
    const expected = await undisturbed(seed, (other) => other.import(inventedExport(rows)));
    driver.parts.embedder.isDown = true;
    await driver.import(inventedExport(rows));
    driver.parts.embedder.isDown = false;
    let refusals = 1;
    driver.parts.stores[0]!.refuse = (_scope, itemId) => itemId === idOf(6) && refusals-- > 0;
    await driver.advance(3_600_000);
    await driver.settle();
    expect((await driver.items()).filter(({ hasVector }) => !hasVector)).toMatchObject([{ itemId: idOf(6) }]);
    expect(await driver.redrive()).toMatchObject({ redriven: 1, skipped: [] });
    expect((await driver.status()).digest).toBe(expected);
    expect(await driver.deadLetters()).toBe(0);
    expect(await driver.rebuild()).toMatchObject({ match: true, embeddingCalls: 0 });
  });

  it('comes to the same state whatever appends do', async () => {
    const expected = await undisturbed(seed, twoExports);
    for (const topic of ['ingest', 'enriched', 'commands', 'outcomes'] as const)
      driver.parts.log.failAppends(topic, 'lose-answer', 'refuse', 'duplicate', 'lose-answer', 'duplicate', 'refuse');
    await twoExports(driver);
    await driver.settle();
    expect((await driver.status()).digest).toBe(expected);
    expect(await driver.rebuild()).toMatchObject({ match: true, embeddingCalls: 0 });
  });

  it('comes to the same state when commits fail and the sink begins anew', async () => {
    const expected = await undisturbed(seed, twoExports);
    const random = mulberry32(seed);
    driver.parts.stores[0]!.beforeCommit = () => {
      if (random() < 0.3) throw new Error('refused by the test');
    };
    await twoExports(driver);
    driver.parts.stores[0]!.beforeCommit = () => undefined;
    await driver.settle();
    expect((await driver.status()).digest).toBe(expected);
    expect([...driver.parts.embedder.made.values()].filter((times) => times > 1)).toEqual([]);
  });

  it('shares the work among several sinks, processors and producers that come and go', async () => {
    const others = [await driver.another('sink'), await driver.another('embed'), await driver.another('producer')];
    const users = ['me', 'ann', 'bob', 'cid'];
    const imports = users.map((user) => driver.startImport(inventedExport(rows), { user }));
    const first = await driver.run(Promise.all(imports));
    expect(first.every(({ new: added, converged }) => added === 40 && converged === true)).toBe(true);
    const going = users.map((user) => driver.startImport(inventedExport(rows.slice(2), MADE + DAY_MS), { user }));
    const stopped = others.map((other) => other.stop());
    const second = await driver.run(Promise.all(going));
    await driver.run(Promise.all(stopped));
    expect(second.map(({ removed }) => removed)).toEqual([2, 2, 2, 2]);
    const { accounts } = await driver.status();
    const { digest } = accounts.find(({ user }) => user === 'me')!;
    expect(digest).toBe(await undisturbed(seed, twoExports));
    // Equal texts in flight share one request in a process, not between the two that embed here.
    expect([...driver.parts.embedder.made.values()].filter((times) => times > 2)).toEqual([]);
  });

  it('tells whoever waits that what an import asked for came too late and was given up', async () => {
    const importing = driver.startImport(inventedExport(inventedRows(10, false)));
    await driver.parts.clock.runUntil(() => driver.parts.log.all('commands').length > 0);
    await driver.leap(2 * DAY_MS);
    const before = driver.parts.clock.now();
    const report = await driver.run(importing);
    expect(driver.parts.clock.now() - before).toBeLessThan(60_000);
    expect(report).toMatchObject({ new: 10, converged: true });
    expect(report.warnings.join()).toContain('after its deadline');
  });

  it('keeps what the export said of an item that oEmbed does not know, and asks again later', async () => {
    const [unknown] = [idOf(2)];
    driver.parts.oembed.unavailable.add(unknown);
    const report = await driver.import(inventedExport(inventedRows(10, false)));
    expect(report).toMatchObject({ new: 10, failed: 1, converged: true });
    expect((await driver.items()).filter(({ stub }) => stub).map(({ itemId }) => itemId)).toEqual([unknown]);
    driver.parts.oembed.unavailable.clear();
    await driver.leap(2 * DAY_MS);
    await driver.advance(180_000);
    await driver.settle();
    expect((await driver.items()).filter(({ stub }) => stub)).toEqual([]);
  });

  it('does the same for the same seed', async () => {
    const keys = async (): Promise<readonly string[]> => {
      const other = await TopologyDriver.open({ seed });
      try {
        await twoExports(other);
        await other.settle();
        return other.parts.log.all('enriched').map(({ key }) => key);
      } finally {
        await other.close();
      }
    };
    expect(await keys()).toEqual(await keys());
  });
});
