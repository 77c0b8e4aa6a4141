import { describe, expect, it } from '@jest/globals';
import type { ItemStore } from '../core/ports/item-store.ts';
import { digestOfIds } from '../core/set-digest.ts';
import type { MemoryItemStore } from '../testing/memory-store/memory-item-store.ts';
import { Scenario, type ScenarioSink } from '../testing/scenario/scenario.ts';
import { BatchApplier } from './apply-batch.ts';
import { Owed } from './owed.ts';

interface Freezable {
  readonly sink: ScenarioSink;
  /** resolves when it is about to commit the step at which it freezes */
  readonly frozen: Promise<void>;
  wake(): void;
}

/** A sink of its own on a store that another uses too, with steps of one row, which freezes before its commit number `at`. */
async function freezable(scenario: Scenario, store: MemoryItemStore, at: number, read: number): Promise<Freezable> {
  let commits = 0;
  let wake = (): void => undefined;
  let freeze = (): void => undefined;
  const woken = new Promise<void>((resolve) => {
    wake = resolve;
  });
  const frozen = new Promise<void>((resolve) => {
    freeze = resolve;
  });
  const commit: ItemStore['commit'] = async (change) => {
    commits++;
    if (commits === at) {
      freeze();
      await woken;
    }
    return store.commit(change);
  };
  const gated = new Proxy(store, {
    get: (target, name) => {
      if (name === 'commit') return commit;
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  const deps = {
    store: gated,
    owed: new Owed(scenario.codec),
    settings: scenario.settings,
    rebuilding: false,
    pause: async () => undefined,
    stepRows: 1,
    deadLetter: async () => undefined,
  };
  const applier = new BatchApplier(deps, 0, await store.progress(0));
  return { sink: { store, applier, read }, frozen, wake: () => wake() };
}

describe('a sink that was frozen between two steps of a snapshot', () => {
  it.each([
    ['late in the log', ['a', 'b', 'c', 'd'], { froze: 2, tookOver: 4 }],
    // More steps than there are records before it to step back over.
    ['at its beginning', null, { froze: 15, tookOver: 4 }],
  ])('does not go on beside the one that took over, %s', async (_when, before, { froze, tookOver }) => {
    const scenario = new Scenario();
    const snapshot = (ids: readonly string[]): void => {
      const run = scenario.run('import');
      run.snapshot(
        ids.map((id) => ({ id, savedAt: 1_000 })),
        { asOf: scenario.now, oldestRow: 0 },
      );
      scenario.now += 60_000;
    };
    if (before !== null) snapshot(before);
    await scenario.settle();
    const ids = ['a', 'b', 'c', ...Array.from({ length: froze + tookOver }, (_, n) => `x${n}`)];
    snapshot(ids);
    const end = scenario.ingest.length - 1;
    await scenario.read(end - scenario.sink.read);
    const { store } = scenario.sink;
    const first = await freezable(scenario, store, froze, end);
    const applied = scenario.read(1, first.sink);
    await first.frozen;
    const second = await freezable(scenario, store, tookOver, end);
    const appliedAfter = scenario.read(1, second.sink);
    await second.frozen;
    first.wake();
    await expect(applied).rejects.toThrow('by another sink');
    second.wake();
    await appliedAfter;
    const scope = await store.scope(scenario.scopeName);
    expect(scope).toMatchObject({ listedDigest: digestOfIds(ids), listedCount: ids.length });
  });
});
