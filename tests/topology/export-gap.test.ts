import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { seedFor } from '../../testing/seeds.ts';
import { inventedExport, inventedId, inventedRows } from '../../testing/topology/invented-export.ts';
import { TopologyDriver } from '../../testing/topology/topology-driver.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const MADE = Date.UTC(2025, 5, 1);
const rows = inventedRows(40);
const PAGE = [12, 13, 14, 15, 16, 17];
const without = (...gone: readonly number[]): typeof rows => rows.filter((_, n) => !gone.includes(n));
const idsOf = (...which: readonly number[]): readonly string[] => which.map(inventedId).sort();

const seed = seedFor('TOPOLOGY_SEED');
let driver: TopologyDriver;

async function open(store: 'memory' | 'sqlite', env: Readonly<Record<string, string>>): Promise<void> {
  driver = await TopologyDriver.open({ seed, store, env });
  await driver.import(inventedExport(rows));
}

describe('an export that lacks a part of its middle', () => {
  afterEach(() => driver.close());

  it('removes exactly that, and the next whole export brings it back without embedding', async () => {
    await open('memory', {});
    expect(await driver.import(inventedExport(without(3, ...PAGE), MADE + DAY_MS))).toMatchObject({
      removed: 7,
      held: 0,
    });
    expect(await driver.ids('trash')).toEqual(idsOf(3, ...PAGE));
    expect(await driver.import(inventedExport(rows, MADE + 2 * DAY_MS))).toMatchObject({ removed: 0 });
    expect(await driver.ids()).toHaveLength(40);
    expect([...driver.parts.embedder.made.values()]).toEqual(rows.map(() => 1));
  });
});

describe.each(['memory', 'sqlite'] as const)('the same with HOARDARR_GUARD_NEIGHBOURS=5, on a %s store', (store) => {
  beforeEach(() => open(store, { HOARDARR_GUARD_NEIGHBOURS: '5' }));
  afterEach(() => driver.close());

  it('removes nothing of it, also where it comes twice, and says why', async () => {
    const cut = without(3, ...PAGE);
    expect(await driver.import(inventedExport(cut, MADE + DAY_MS))).toMatchObject({ removed: 1, held: 6 });
    expect(await driver.ids('trash')).toEqual(idsOf(3));
    expect(await driver.ids('held')).toEqual(idsOf(...PAGE));
    const { history } = await driver.explain(inventedId(14));
    expect(history.findLast(({ event }) => event === 'held')?.reason).toMatch(
      /^6 items saved one after the other, 2025-05-31T07:00:00.000Z to 2025-05-31T12:00:00.000Z, are missing together/,
    );
    // One that was made soon after may have been made from the same copy.
    expect(await driver.import(inventedExport(cut, MADE + DAY_MS + HOUR_MS))).toMatchObject({ removed: 0, held: 0 });
    expect(await driver.ids('held')).toEqual(idsOf(...PAGE));
    expect(await driver.import(inventedExport(without(3), MADE + 3 * DAY_MS))).toMatchObject({ removed: 0 });
    expect(await driver.ids('held')).toEqual([]);
    expect(await driver.ids()).toHaveLength(39);
  });

  it('removes it where another export, made a day later or more, lacks it too', async () => {
    const cut = without(...PAGE);
    expect(await driver.import(inventedExport(cut, MADE + DAY_MS))).toMatchObject({ removed: 0, held: 6 });
    const later = await driver.import(inventedExport(cut, MADE + 2 * DAY_MS));
    expect(later).toMatchObject({ removed: 6, held: 0, converged: true });
    expect(await driver.ids('trash')).toEqual(idsOf(...PAGE));
    expect(await driver.rebuild()).toMatchObject({ match: true, embeddingCalls: 0 });
  });

  it('removes a few neighbours at once, and as many as there are here and there', async () => {
    expect(await driver.import(inventedExport(without(12, 13, 14, 15), MADE + DAY_MS))).toMatchObject({ removed: 4 });
    const scattered = [12, 13, 14, 15, 1, 3, 6, 9, 18, 20, 23, 30, 33];
    expect(await driver.import(inventedExport(without(...scattered), MADE + 2 * DAY_MS))).toMatchObject({
      removed: 9,
      held: 0,
    });
  });
});
