import { describe, expect, it } from '@jest/globals';
import { recordKey } from '../core/keys.ts';
import { Scenario } from '../testing/scenario/scenario.ts';
import { BatchApplier } from './apply-batch.ts';
import type { BatchRecord } from './batch-record.ts';
import { Owed } from './owed.ts';

const MONTH_MS = 31 * 86_400_000;

function importOf(scenario: Scenario, ids: readonly string[]): void {
  const run = scenario.run('import');
  run.snapshot(
    ids.map((id) => ({ id, savedAt: 1_000 })),
    { asOf: scenario.now, oldestRow: 0 },
  );
  run.finish();
  scenario.now += 60_000;
}

describe('an export that is applied long after it was imported', () => {
  it('leaves what it removes in the trash for the whole time, and asks for content before the deadline', async () => {
    const scenario = new Scenario();
    importOf(scenario, ['a', 'b', 'c', 'd']);
    await scenario.settle();
    importOf(scenario, ['a', 'b', 'c', 'x']);
    scenario.now += MONTH_MS;
    await scenario.settle();
    expect(await scenario.row('d')).toMatchObject({ state: 'trash', trashedAt: scenario.now });
    const command = scenario.commands.at(-1);
    expect(command).toMatchObject({ type: 'BackfillCommand', value: { itemIds: expect.arrayContaining(['x']) } });
    expect(command?.type === 'BackfillCommand' ? command.value.deadline : 0).toBeGreaterThan(scenario.now);
    // A rebuild reads the moment from the decision.
    expect(await scenario.row('d', await scenario.rebuild())).toMatchObject({ trashedAt: scenario.now });
  });
});

describe('a record that the sink cannot read', () => {
  it('goes to the dead letters once, and a purge of its item finds it', async () => {
    const scenario = new Scenario();
    importOf(scenario, ['a', 'b']);
    await scenario.settle();
    const { store } = scenario.sink;
    const dead: number[] = [];
    const deps = {
      store,
      owed: new Owed(scenario.codec),
      settings: scenario.settings,
      rebuilding: false,
      pause: async () => undefined,
      deadLetter: async (offset: number) => void dead.push(offset),
    };
    const position = scenario.ingest.length;
    const key = recordKey(scenario.scope, scenario.scope.collection, 'b', 'f9.9');
    const poison: BatchRecord = { kind: 'poison', offset: position, position, key, error: 'no schema' };
    await new BatchApplier(deps, 0, await store.progress(0)).apply([poison]);
    await new BatchApplier(deps, 0, await store.progress(0)).apply([poison]);
    expect(dead).toEqual([position]);
    scenario.append(null, '', '', { key: 'stands for the record' });
    scenario.sink = {
      ...scenario.sink,
      applier: new BatchApplier(deps, 0, await store.progress(0)),
      read: position + 1,
    };
    await scenario.person('b', 'purge');
    await scenario.settle();
    const erased = scenario.erased();
    expect(erased).toContain(key);
  });
});
