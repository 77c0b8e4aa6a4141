import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { seedFor } from '../../testing/seeds.ts';
import { inventedExport, inventedRows } from '../../testing/topology/invented-export.ts';
import { TopologyDriver } from '../../testing/topology/topology-driver.ts';
import { RunTail } from './run-tail.ts';

describe('runs that are followed', () => {
  let driver: TopologyDriver;
  beforeEach(async () => {
    driver = await TopologyDriver.open({ seed: seedFor('TOPOLOGY_SEED') });
  });
  afterEach(() => driver.close());

  it.each([
    ['goes on', 0],
    ['was set back', -3_600_000],
  ])('are those of new accounts, too, where the clock %s', async (_, offsetMs) => {
    let wallOffsetMs = 0;
    const { clock } = driver.app;
    const wall = {
      now: () => clock.now() + wallOffsetMs,
      elapsed: () => clock.elapsed(),
      sleep: (ms: number, signal?: AbortSignal) => clock.sleep(ms, signal),
    };
    const tail = await driver.run(RunTail.open({ ...driver.app, clock: wall }));
    expect(await driver.run(tail.read())).toEqual([]);
    wallOffsetMs = offsetMs;
    await driver.import(inventedExport(inventedRows(3)));
    await driver.advance(10_000);
    expect(await driver.run(tail.read())).toMatchObject([{ provider: 'tiktok', user: 'me', status: 'settled' }]);
  });
});
