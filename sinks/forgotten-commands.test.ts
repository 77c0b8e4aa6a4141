import { describe, expect, it } from '@jest/globals';
import type { RunRow } from '../core/ledger.ts';
import { Scenario } from '../testing/scenario/scenario.ts';

const DAY_MS = 86_400_000;

/** An import that causes a command: an item is new, and nothing but its id is known. */
async function importStub(scenario: Scenario): Promise<() => Promise<RunRow | null>> {
  const run = scenario.run('import');
  run.snapshot([{ id: 'a', savedAt: 1_000 }], { asOf: scenario.now, oldestRow: 0 });
  run.finish();
  await scenario.settle();
  const { syncId } = run;
  return () => scenario.sink.store.run(syncId);
}

describe('a run whose commands nobody executes', () => {
  it('is settled once they are forgotten, and says whether both sides are the same', async () => {
    const scenario = new Scenario();
    const row = await importStub(scenario);
    expect(scenario.commands).toHaveLength(1);
    expect(await row()).toMatchObject({ settledAt: null, waitingCommands: [expect.stringMatching(/^backfill:/)] });
    scenario.now += 8 * DAY_MS;
    await scenario.settle();
    expect(await row()).toMatchObject({ settledAt: null });
    scenario.forgottenCommands = 1;
    await scenario.settle();
    expect(await row()).toMatchObject({ settledAt: scenario.now, waitingCommands: [], converged: true });
  });

  it('waits as long as they may be on their way: a sink that was away asks late', async () => {
    const scenario = new Scenario();
    const row = await importStub(scenario);
    scenario.forgottenCommands = 1;
    scenario.now += 6 * DAY_MS;
    await scenario.settle();
    expect(await row()).toMatchObject({ settledAt: null });
    scenario.now += 2 * DAY_MS;
    scenario.commands.push(...scenario.commands);
    await scenario.settle();
    expect(await row()).toMatchObject({ settledAt: null });
  });

  it('waits for the end of one that was executed, which no processor may have read', async () => {
    const scenario = new Scenario();
    const row = await importStub(scenario);
    scenario.forgottenCommands = 1;
    scenario.unread = 3;
    scenario.now += 8 * DAY_MS;
    await scenario.settle();
    expect(await row()).toMatchObject({ settledAt: null });
    scenario.unread = 0;
    await scenario.settle();
    expect(await row()).toMatchObject({ settledAt: scenario.now });
  });

  it('waits for one that is being executed', async () => {
    const scenario = new Scenario();
    const row = await importStub(scenario);
    scenario.forgottenCommands = 1;
    const causedBy = (await row())?.syncId ?? null;
    const backfill = scenario.run('backfill', { causedBy });
    scenario.now += 8 * DAY_MS;
    await scenario.settle();
    expect(await row()).toMatchObject({ settledAt: null });
    backfill.finish();
    await scenario.settle();
    expect(await row()).toMatchObject({ settledAt: scenario.now });
  });
});
