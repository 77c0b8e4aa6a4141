import { setAccount } from '../../app/use-cases/accounts.ts';
import { parseRecordKey, SLOT } from '../../core/keys.ts';
import type { SyncMetadata } from '../../producers/sync-metadata.ts';
import type { SyncStarted } from '../../schemas/generated/records.ts';
import type { Simulation } from './simulation.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
/** Of every so many syncs one is full, as nothing else is configured. */
const FULL_EVERY = 10;
const INTERVAL_MS = 6 * 3_600_000;
/** With the jitter, and until the scheduler has looked. */
const UNTIL_DUE_MS = 1.1 * INTERVAL_MS;
const LOOKED_MS = 10 * SECOND_MS;
const LEAST_SYNCS = 2;
const MORE_SYNCS = 7;
/** reasons of runs that did nothing: the command is not executed, or not by this one */
const UNDONE = /^the command was given up|^another sync of .* came in between$/;

/** Time in which nobody asks for syncs: the scheduler does, in the cadence that the person chose for the account. */
export async function daysPass(s: Simulation): Promise<void> {
  if (s.source.connectBy === null) return;
  await setCadence(s, INTERVAL_MS);
  for (let left = LEAST_SYNCS + s.pick(MORE_SYNCS); left > 0; left--) {
    const n = s.pick(s.source.items);
    if (s.source.truth.isSaved(s.source.idOf(n))) s.source.unsave(n);
    else s.source.save(n);
    await s.settle();
    const before = await s.metadata();
    const from = s.cluster.evidence.written.length;
    await s.leap(UNTIL_DUE_MS);
    await s.cluster.clock.advance(LOOKED_MS);
    await s.settle();
    judgeSyncs(s, before, await s.metadata(), from);
    await s.judge();
  }
  await setCadence(s, null);
}

async function setCadence(s: Simulation, cadenceMs: number | null): Promise<void> {
  await s.attempt(setAccount(s.cluster.front, s.source.provider, s.me.user, { cadenceMs }));
}

/**
 * Cadence: the count of syncs only grows, and only with what was done, full ones among it; and whether one is full follows
 * from it, and from when the last full one was done, alone.
 */
function judgeSyncs(s: Simulation, before: SyncMetadata, after: SyncMetadata, from: number): void {
  const { started, ended } = runsIn(s, from);
  if (after.syncCount < before.syncCount || after.syncCount > before.syncCount + ended.size)
    s.oracle.violate(`after ${before.syncCount} syncs ${ended.size} runs ended, and ${after.syncCount} are counted`);
  const first = started.find(({ mode }) => mode === 'delta' || mode === 'full');
  if (first?.commandId?.startsWith('due:') !== true) return;
  s.oracle.reach('the scheduler asked for a sync');
  // Whose clock is wrong dates what it does by it; and what was begun before may have ended since, and counts.
  const isDated = s.cluster.workers.every(({ gate }) => gate.skewMs === 0);
  const isFirst = [...ended].every((syncId) => started.some((start) => start.syncId === syncId));
  if (!isDated || !isFirst || started.some(({ mode }) => mode === 'import')) return;
  const { fullAfterMs } = s.cluster.front.config.cadence;
  const { lastFullReconciliation: last, syncCount } = before;
  const age = last === null ? Number.POSITIVE_INFINITY : first.at - last;
  if (Math.abs(age - fullAfterMs) < MINUTE_MS) return;
  const isOld = age >= fullAfterMs;
  const isDue = isOld || (syncCount + 1) % FULL_EVERY === 0;
  if (isDue) s.oracle.reach(`the scheduler's sync was full, as ${isOld ? 'the last one was old' : 'it was its turn'}`);
  if ((first.mode === 'full') !== isDue)
    s.oracle.violate(
      `sync ${syncCount + 1} was ${first.mode}, ${Math.round(age / MINUTE_MS)} minutes after the last full one`,
    );
}

/** Runs that began, and ids of those that ended well, or may count although they did not, since so much had been written. */
function runsIn(
  s: Simulation,
  from: number,
): { readonly started: readonly SyncStarted[]; readonly ended: Set<string> } {
  const { evidence } = s.cluster;
  const fence = evidence.highestFence(s.oracle.account, from);
  let started: SyncStarted[] = [];
  const ended = new Set<string>();
  for (const { topic, record } of evidence.written.slice(from)) {
    if (topic !== 'ingest' || record.value === null || parseRecordKey(record.key)?.slot !== SLOT.run) continue;
    const { type, value } = evidence.decode(record.value);
    if (!('user' in value) || value.user !== s.me.user) continue;
    // One that was overtaken before may be written by and by, by a process that stood still.
    if (type === 'SyncStarted' && value.fence > fence) started.push(value);
    const isSync = (id: string): boolean => started.some(({ syncId, mode }) => syncId === id && mode !== 'import');
    if (type === 'SyncFinished' && (value.status === 'done' || !isSync(value.syncId))) ended.add(value.syncId);
    // It was never begun, and is told with a mode that was not to be.
    if (type === 'SyncFinished' && UNDONE.test(value.error ?? ''))
      started = started.filter(({ syncId }) => syncId !== value.syncId);
  }
  return { started, ended };
}
