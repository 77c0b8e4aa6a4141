import { judgeAtRest, rebuildSilently, rebuildWithAnotherModel } from './laws/judge-at-rest.ts';
import { GUARD } from './settings.ts';
import type { Simulation } from './simulation.ts';

const SECOND_MS = 1_000;
const REAUTH_MS = 1_200_000;
const DAY_MS = 86_400_000;
/** Seconds: longer than a walk takes, and than the lease of one whose process was killed. */
const MOST_WAITS = 120;
/** Histories after which everything is embedded with another model: one of so many. */
const OTHER_MODEL_EVERY = 8;

/** Faults end: within two full syncs both sides are equal, a third changes nothing, and a rebuild gives the same. */
export async function finish(s: Simulation): Promise<void> {
  s.note('the end: no more faults, and whole lists');
  await calm(s);
  await s.judge();
  for (const owner of s.owners) await s.connect(owner);
  await s.redrive();
  await s.settle();
  for (let round = 0; round < 2; round++) {
    await s.leap(DAY_MS);
    for (const owner of s.owners) await s.takeWhole(owner);
    await s.decideHeld();
    await s.settle();
    await s.judge();
  }
  const before = decisions(s);
  saveAnother(s);
  await s.leap(DAY_MS);
  await s.takeWhole();
  if (decisions(s) > before) s.oracle.violate('there is something to decide though nothing changed');
  const store = await s.store();
  for (const { oracle } of s.owners) {
    if ((await store.scope(oracle.scope))?.converged === false) oracle.violate('it did not converge');
    await oracle.judgeEnd(store);
  }
  await s.judge();
  await judgeAtRest(s, GUARD);
  await rebuildSilently(s);
  await s.judge();
  if (s.pick(OTHER_MODEL_EVERY) === 0) await rebuildWithAnotherModel(s);
}

/** No more faults; what stood still goes on, and what was begun ends one way or the other. */
async function calm(s: Simulation): Promise<void> {
  const { source, cluster } = s;
  if (source.service !== null) source.service.before = () => undefined;
  cluster.mend();
  await endImpersonation(s);
  source.grant();
  if (cluster.workers.length === 0) await cluster.addWorker();
  for (let n = 0; n < source.items; n++) source.show(n);
  await s.leap(REAUTH_MS);
  await s.untilEnded();
  await s.settle();
}

/** Not while a list is walked: whose its first page was, the later ones do not tell. */
async function endImpersonation(s: Simulation): Promise<void> {
  for (let waits = 0; s.isOther && waits < MOST_WAITS; waits++) {
    if ((await s.metadata()).lease === null) break;
    await s.cluster.clock.advance(SECOND_MS);
  }
  s.impersonate(false);
}

/** Its content has to come with what the next list causes, and not by and by. */
function saveAnother(s: Simulation): void {
  const { source, oracle } = s;
  const n = oracle.ids.findLastIndex((id) => !source.truth.isSaved(id) && !oracle.decidedByPerson.has(id));
  if (n < 0) return;
  s.note(`save ${n} (${source.idOf(n)}), at the end`);
  source.save(n);
}

function decisions({ cluster }: Simulation): number {
  return cluster.log.all('ingest').filter(({ key }) => /remove|hold/.test(key)).length;
}
