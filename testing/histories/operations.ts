import type { History } from './history.ts';
import { HOUR, ITEM_COUNT, randomFrom } from './types.ts';

type Operation = (history: History, x: number, pick: (count: number) => number) => void | Promise<void>;

/** What can happen next, and how often it does. */
export const WEIGHTS = {
  save: 7,
  unsave: 4,
  edit: 2,
  authorDeletes: 1,
  walk: 4,
  delta: 3,
  command: 3,
  loseCommand: 1,
  hydrate: 1,
  step: 14,
  process: 10,
  read: 10,
  publish: 8,
  settle: 4,
  quick: 5,
  whole: 7,
  person: 6,
  race: 2,
  purge: 1,
  expire: 3,
  wakeProducer: 2,
  freezeProcessor: 1,
  wakeProcessor: 1,
  freezeSink: 1,
  wakeSink: 2,
  again: 1,
  restart: 1,
  loseAcknowledgement: 1,
  redrive: 1,
  compact: 2,
  rebuild: 1,
  switchToRebuilt: 1,
} as const;

export type OperationName = keyof typeof WEIGHTS;

export const OPERATIONS: Readonly<Record<OperationName, Operation>> = {
  save: (history, x) => history.world.save(x, () => history.random()),
  unsave: (history, x) => history.world.unsave(x),
  edit: (history, x, pick) => history.world.edit(x, pick(1_000)),
  authorDeletes: (history, x) => {
    if (history.proof === 'verdict') history.world.authorDeletes(x);
  },
  walk: (history) => history.begin(history.producers.walk()),
  delta: (history, x) => {
    // Reddit can be listed while it is connected, and has exports before and after.
    if (history.proof !== 'absence' || history.producers.isUndated) history.begin(history.producers.delta(x));
  },
  command: (history) => history.begin(history.nextCommand()),
  loseCommand: (history) => {
    history.commands.shift();
  },
  hydrate: async (history, x) => {
    const row = (await history.subject.rows())[x];
    if (row !== undefined && row.state !== null) history.begin(history.producers.hydrate(x));
  },
  step: (history, _x, pick) => {
    for (let steps = pick(2); steps >= 0; steps--) history.step();
  },
  process: (history, _x, pick) => {
    history.log.process(1 + pick(6));
  },
  read: (history, _x, pick) => history.read(1 + pick(6)),
  publish: (history, _x, pick) => history.publish(1 + pick(3)),
  settle: (history) => history.settle(),
  quick: async (history, _x, pick) => {
    history.finishWork();
    history.log.process(99);
    await history.read();
    if (pick(10) < 7) await history.publish();
  },
  whole: async (history, _x, pick) => {
    if (history.working) return;
    history.world.clock += pick(10) < 3 ? HOUR : 0;
    history.begin(history.producers.walk());
    history.finishWork();
    history.log.process(99);
    await history.read();
    if (pick(10) < 6) await history.settle();
  },
  person: async (history, _x, pick) => {
    for (let x = 0; x < ITEM_COUNT; x++) if (pick(10) < 4) await history.person(x);
  },
  race: async (history, x, pick) => {
    await history.publish();
    const rows = await history.subject.rows();
    for (const [y, row] of rows.entries()) {
      if (row.state !== 'held' || pick(2) === 0) continue;
      await history.person(y, 'reject');
      await history.person(y, 'approve');
    }
    await history.person(x, pick(2) === 0 ? 'purge' : undefined);
  },
  purge: (history, x) => history.person(x, 'purge'),
  expire: (history) => history.expire(),
  wakeProducer: (history) => {
    const work = history.frozen[0];
    if (work === undefined) return;
    history.oracle.reach('frozen producer went on');
    for (let steps = 0; steps < 4; steps++) {
      if (work.next().done !== true) continue;
      history.frozen.shift();
      return;
    }
  },
  freezeProcessor: (history) => {
    history.frozenProcessor = history.log.processed;
  },
  wakeProcessor: (history) => {
    if (history.frozenProcessor === null) return;
    history.oracle.reach('frozen processor went on');
    const from = history.frozenProcessor;
    const passed = history.log.ingest.filter(
      (record) => record.position > from && record.position <= history.log.processed,
    ).length;
    history.log.process(Math.min(passed, 3), from);
    history.frozenProcessor = null;
  },
  freezeSink: (history) => history.freezeSink(),
  wakeSink: (history) => history.wakeZombie(),
  again: async (history, _x, pick) => {
    const applied = history.log.enriched.filter(
      (record) => record.position <= history.subject.applier.progress.position,
    );
    const record = applied[pick(Math.max(1, applied.length))];
    if (record !== undefined) await history.again(record);
  },
  restart: (history) => history.subject.restart(),
  loseAcknowledgement: (history) => history.publish(3, true),
  redrive: (history, _x, pick) => {
    const [record] = history.log.dead.splice(pick(Math.max(1, history.log.dead.length)), 1);
    if (record !== undefined) history.log.redrive(record);
  },
  compact: (history) => history.log.compact(),
  rebuild: async (history) => {
    history.log.process(Number.POSITIVE_INFINITY);
    await history.read();
    if (!history.failed) await history.compareRebuild('');
  },
  switchToRebuilt: (history) => history.switchToRebuilt(),
};

/** Does one operation; what is random in it comes from its own seed, so that leaving out others does not change it. */
export async function perform(history: History, name: OperationName, seed: number): Promise<void> {
  const random = randomFrom(seed);
  const pick = (count: number): number => Math.floor(random() * count);
  history.world.clock++;
  await OPERATIONS[name](history, pick(ITEM_COUNT), pick);
}
