import { daysPass } from './days.ts';
import type { Simulation } from './simulation.ts';

type Operation = (simulation: Simulation, n: number) => void | Promise<void>;

const SECOND_MS = 1_000;
const DAY_MS = 86_400_000;
/** Longer than the trash, dead letters, outcomes and tombstones are kept. */
const MONTH_MS = 31 * DAY_MS;
/** Of the days, one of so many is a month. */
const MONTH_SHARE = 3;

/** What happens in a history besides faults, and how often. */
export const OPERATIONS = {
  save: [6, (s, n) => s.source.save(n)],
  unsave: [5, (s, n) => s.source.unsave(n)],
  clear: [
    1,
    (s) => {
      const left = s.pick(3);
      for (let n = left; n < s.source.items; n++) s.source.unsave(n);
    },
  ],
  edit: [2, (s, n) => s.source.edit(n, s.pick(1_000))],
  touch: [1, (s, n) => s.source.touch(n)],
  hide: [
    1,
    (s, n) => {
      // What its author deleted is purged, and embedded anew if it is shown again.
      s.mayEmbedTwice = true;
      s.source.hide(n);
    },
  ],
  show: [1, (s, n) => s.source.show(n)],
  delta: [4, (s) => s.startSync(false)],
  full: [4, (s) => s.startSync(true)],
  takeExport: [
    3,
    (s) => {
      const taken = s.source.takeExport('honest');
      if (taken !== null) s.taken.push(taken);
    },
  ],
  handIn: [
    4,
    (s) => {
      const taken = s.taken[s.pick(s.taken.length)];
      if (taken === undefined) return;
      if (taken !== s.taken.at(-1)) s.oracle.reach('an export that is not the newest');
      s.handIn(taken);
    },
  ],
  whole: [
    9,
    async (s) => {
      if (s.source.connectBy === null) {
        const taken = s.source.takeExport('honest');
        if (taken !== null) s.handIn(taken);
      } else s.startSync(true);
      await s.settle();
    },
  ],
  moment: [10, (s) => s.cluster.clock.advance(s.pick(200))],
  while: [6, (s) => s.cluster.clock.advance(s.pick(20) * SECOND_MS)],
  settle: [5, async (s) => void (await s.settle())],
  day: [1, (s) => (s.pick(MONTH_SHARE) === 0 ? monthPasses(s) : s.leap(DAY_MS))],
  days: [1, daysPass],
  person: [
    2,
    async (s, n) => {
      const row = (await s.oracle.rows(await s.store()))[n];
      if (row === undefined || row.state === null) return;
      if (row.state === 'purged') await s.person('allow', n);
      else if (row.state === 'trash') await s.person('restore', n);
      else await s.person(s.pick(2) === 0 ? 'purge' : 'pin', n);
    },
  ],
  held: [1, (s) => s.decideHeld()],
  redrive: [1, async (s) => void (await s.redrive())],
  rebuild: [1, (s) => s.rebuild()],
  neighbour: [
    4,
    (s, n) => {
      const { neighbour } = s;
      if (neighbour === null) return;
      const { saved } = neighbour;
      if (saved.truth.isSaved(saved.idOf(n))) saved.unsave(n);
      else saved.save(n);
      const chance = s.pick(4);
      if (chance > 1) return;
      if (saved.connectBy !== null) return s.startSync(chance === 0, neighbour);
      const taken = saved.takeExport('honest');
      if (taken !== null) s.handIn(taken, neighbour);
    },
  ],
  compact: [
    1,
    async (s) => {
      const { log, evidence } = s.cluster;
      s.compactions.push(evidence.written.length);
      // What is written to now is left alone, as a broker's last segment.
      await log.compact((end) => (s.pick(2) === 0 ? end : s.pick(end + 1)));
    },
  ],
} as const satisfies Readonly<Record<string, readonly [weight: number, operation: Operation]>>;

/** What is in the trash will be purged. True where something is. */
async function noteTrash(s: Simulation): Promise<boolean> {
  const rows = await Promise.all(s.owners.map(async ({ oracle }) => await oracle.rows(await s.store())));
  if (!rows.flat().some(({ state }) => state === 'trash')) return false;
  s.wasPurgedByTime = true;
  s.oracle.reach('the trash was purged by time');
  return true;
}

/** Nobody does anything for a month: what is in the trash is purged, and what is kept for a time is over. */
async function monthPasses(s: Simulation): Promise<void> {
  // They would be forgotten with what they stand for: somebody sees to them before.
  if (s.cluster.log.all('dead-letter').length > 0) return s.leap(DAY_MS);
  const isNoted = await noteTrash(s);
  await s.leap(MONTH_MS);
  await s.settle();
  // Something may have been on its way there, and had its month already where the leap came first.
  if (!isNoted) await noteTrash(s);
  const { log, evidence } = s.cluster;
  if (log.all('commands').length < evidence.of('commands').length) s.oracle.reach('commands went with time');
  if (log.all('outcomes').length < evidence.of('outcomes').length) s.oracle.reach('outcomes went with time');
}
