import { InputError } from '../core/errors.ts';
import type { MetadataStore } from '../core/ports/metadata-store.ts';

/** When backups are made by themselves, into `backups` of the data folder. */
export interface BackupSchedule {
  /** `weekly`: on Sundays */
  readonly every: 'off' | 'daily' | 'weekly';
  /** how many of the schedule are kept; others stay in any case */
  readonly keep: number;
  readonly withKey: boolean;
  /** HH:MM, in the time zone of the process (TZ) */
  readonly at: string;
}

/** What is left out stays. */
export type ScheduleChange = { readonly [N in keyof BackupSchedule]?: BackupSchedule[N] | undefined };

/** What became of the schedule. */
export interface BackupState {
  /** the last time that was due and is done, ms */
  readonly doneSlot: number;
  readonly failure: BackupFailure | null;
}

export interface BackupFailure {
  /** the time that was due, ms: names the failure, however often it is tried again */
  readonly slot: number;
  /** ms */
  readonly at: number;
  readonly error: string;
  readonly attempts: number;
}

/** As it is kept: with the moment from which it counts, ms. */
interface ScheduleDocument extends BackupSchedule {
  readonly since: number;
}

const SCHEDULE_KEY = 'backup-schedule';
const STATE_KEY = 'backup-state';
const MAX_KEEP = 1000;
const OFF: ScheduleDocument = { every: 'off', keep: 7, withKey: false, at: '03:30', since: 0 };
const NOTHING_DONE: BackupState = { doneSlot: 0, failure: null };

export async function readSchedule(metadata: MetadataStore): Promise<ScheduleDocument> {
  return { ...OFF, ...((await metadata.get(SCHEDULE_KEY))?.value as Partial<ScheduleDocument> | undefined) };
}

/** Changes what is given. A time that passed before is not made up for. Throws InputError. */
export async function changeSchedule(
  metadata: MetadataStore,
  change: ScheduleChange,
  now: number,
): Promise<BackupSchedule> {
  for (;;) {
    const stored = await metadata.get(SCHEDULE_KEY);
    const before = { ...OFF, ...(stored?.value as Partial<ScheduleDocument> | undefined) };
    const next = {
      every: change.every ?? before.every,
      keep: change.keep ?? before.keep,
      withKey: change.withKey ?? before.withKey,
      at: change.at ?? before.at,
    };
    check(next);
    const isMoved = next.every !== before.every || next.at !== before.at;
    const written: ScheduleDocument = { ...next, since: isMoved ? now : before.since };
    if ((await metadata.compareAndSet(SCHEDULE_KEY, stored?.version ?? null, written)) !== null) return shown(written);
  }
}

/** Without what is only kept. */
export function shown({ every, keep, withKey, at }: BackupSchedule): BackupSchedule {
  return { every, keep, withKey, at };
}

function check({ every, keep, at }: BackupSchedule): void {
  if (!['off', 'daily', 'weekly'].includes(every))
    throw new InputError(`'${every}' is no schedule: off, daily or weekly`);
  if (!Number.isInteger(keep) || keep < 1 || keep > MAX_KEEP)
    throw new InputError(`keep must be a whole number from 1 to ${MAX_KEEP}`);
  if (!/^([01]\d|2[0-3]):[0-5]\d$/.test(at)) throw new InputError(`'${at}' is no time of day: write it as 03:30`);
}

export async function readBackupState(metadata: MetadataStore): Promise<BackupState> {
  return { ...NOTHING_DONE, ...((await metadata.get(STATE_KEY))?.value as Partial<BackupState> | undefined) };
}

export async function writeBackupState(metadata: MetadataStore, state: BackupState): Promise<void> {
  for (;;) {
    const stored = await metadata.get(STATE_KEY);
    if ((await metadata.compareAndSet(STATE_KEY, stored?.version ?? null, state)) !== null) return;
  }
}

/** The last time at or before `now` that the schedule names, ms; null where it is off. */
export function lastSlot({ every, at }: BackupSchedule, now: number): number | null {
  if (every === 'off') return null;
  const [hours = 0, minutes = 0] = at.split(':').map(Number);
  const today = new Date(now);
  const slot = (daysBack: number): number =>
    new Date(today.getFullYear(), today.getMonth(), today.getDate() - daysBack, hours, minutes).getTime();
  const back = every === 'weekly' ? today.getDay() : 0;
  const latest = slot(back);
  return latest <= now ? latest : slot(back + (every === 'weekly' ? 7 : 1));
}

/** The time that is due and not done; null where there is none. */
export function dueSlot(schedule: ScheduleDocument, state: BackupState, now: number): number | null {
  const slot = lastSlot(schedule, now);
  if (slot === null || slot <= schedule.since) return null;
  // What lies ahead was written by a clock that was wrong, and must not keep anything from being done.
  return state.doneSlot >= slot && state.doneSlot <= now ? null : slot;
}
