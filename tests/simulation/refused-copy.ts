import type { Inject } from './fault-tools.ts';
import type { Simulation } from './simulation.ts';

/**
 * A record of the latest run comes once more, under its own key or as a repeated append gives it, and the store refuses its item
 * just then: it is no dead letter (law 1), and nothing of what was taken goes with it (law 8).
 */
export const refusedCopy: Inject = async (s, n) => {
  s.source.save(n);
  s.source.edit(n, s.pick(1_000));
  await s.takeWhole();
  const itemId = s.source.idOf(n);
  const store = s.cluster.generations.made.at(-1);
  const original = latestOf(s, itemId);
  if (store === undefined || original === undefined) return false;
  let isDue = true;
  store.refuse = (scope, refused, { content, vector }) => {
    // A vector that comes just then is no copy: what is refused of it is rightly in the dead letters, and in the log.
    const isLateVector = vector !== undefined && content === undefined;
    const isRefused = isDue && scope === s.oracle.scope && refused === itemId && !isLateVector;
    if (isRefused) isDue = false;
    return isRefused;
  };
  const { record, partition } = original;
  const key = s.pick(2) === 0 ? record.key : `${record.key}~1`;
  // The disk may be full.
  await s.attempt(s.cluster.log.append('ingest', partition, [{ ...record, key }]));
  await s.settle();
  store.refuse = () => false;
  if (!isDue) s.oracle.reach('a copy was refused');
  await s.cluster.log.compact();
  await s.rebuild();
  return true;
};

/** Where no other run has begun since. */
function latestOf(s: Simulation, itemId: string) {
  const evidence = s.evidenceOf(s.me);
  const syncId = evidence.syncIds().at(-1);
  return evidence.written.findLast(({ topic, record: { value } }) => {
    if (topic !== 'ingest' || value === null) return false;
    const decoded = evidence.decode(value);
    return decoded.type === 'RawItem' && decoded.value.itemId === itemId && decoded.value.syncId === syncId;
  });
}
