import { existsSync, rmSync } from 'node:fs';
import { InputError, messageOf } from '../../core/errors.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Logger } from '../../core/ports/telemetry.ts';
import { lockFolder } from '../embedded/folder-lock.ts';
import { asideFolder, isSwapDue, type Marker, readMarker, removeMarker, workFolder, writeMarker } from './marker.ts';
import { swap, wayBack } from './swap.ts';

export interface EnterDeps {
  readonly clock: Clock;
  readonly log: Logger;
  /** how long others may take to leave, ms; default a minute */
  readonly waitMs?: number;
}

/** That a data folder is open here. */
export interface EnteredFolder {
  close(): Promise<void>;
}

const WAIT_MS = 60_000;
const POLL_MS = 50;

/**
 * Opens the door of a data folder, and first brings a restore to its end that is due there. While that moves files, everybody
 * else waits here; those who are inside are waited for. If they do not leave, the restore is given up, and nothing was changed.
 */
export async function enterFolder(dataDir: string, deps: EnterDeps): Promise<EnteredFolder> {
  const { clock, waitMs = WAIT_MS } = deps;
  const until = clock.elapsed() + waitMs;
  for (;;) {
    if (isSwapDue(readMarker(dataDir))) trySwap(dataDir, deps);
    const isLate = clock.elapsed() > until;
    const entered = tryEnter(dataDir, isLate, deps);
    if (entered !== null) return entered;
    if (isLate) throw new InputError(`another process restores a backup into ${dataDir}: wait until it has ended`);
    await clock.sleep(POLL_MS);
  }
}

/** After the new data were opened, or those of before again: what is not needed any more goes. Can be cut off, and repeated. */
export function leaveRestore(dataDir: string, marker: Marker): void {
  if (marker.phase === 'placed') writeMarker(dataDir, { ...marker, phase: 'done' });
  for (const folder of [asideFolder(dataDir, marker), workFolder(dataDir, marker)])
    rmSync(folder, { recursive: true, force: true });
  removeMarker(dataDir);
}

/** The restored data cannot be opened: those of before go back. False where there is nothing to go back to, or others are inside. */
export async function undoRestore(
  dataDir: string,
  detail: string,
  { clock, waitMs = WAIT_MS }: EnterDeps,
): Promise<boolean> {
  const until = clock.elapsed() + waitMs;
  for (;;) {
    const marker = readMarker(dataDir);
    if (marker?.phase !== 'placed') return false;
    const leave = lockFolder(dataDir, 'alone');
    if (leave === null) {
      if (clock.elapsed() > until) return false;
      await clock.sleep(POLL_MS);
      continue;
    }
    try {
      const back = wayBack(marker, detail);
      if (back !== null) swap(dataDir, writeMarker(dataDir, back));
      return true;
    } finally {
      leave();
    }
  }
}

function trySwap(dataDir: string, { log }: EnterDeps): void {
  const leave = lockFolder(dataDir, 'alone');
  if (leave === null) return;
  try {
    const marker = readMarker(dataDir);
    if (marker === null || !isSwapDue(marker)) return;
    try {
      swap(dataDir, marker);
    } catch (error) {
      log.error('a backup could not be put in its place', { error: messageOf(error) });
      const back = wayBack(readMarker(dataDir) ?? marker, messageOf(error));
      if (back === null) throw error;
      swap(dataDir, writeMarker(dataDir, back));
    }
  } finally {
    leave();
  }
}

/** While one is inside, nobody moves files: so whether that is due is asked again there. */
function tryEnter(dataDir: string, isLate: boolean, { log }: EnterDeps): EnteredFolder | null {
  const leave = lockFolder(dataDir, 'shared');
  if (leave === null) return null;
  const marker = readMarker(dataDir);
  if (marker !== null && isSwapDue(marker)) {
    // What made room already would be removed with a restore that was given up.
    const isUntouched = marker.phase === 'ready' && !existsSync(asideFolder(dataDir, marker));
    if (!isLate || !isUntouched) {
      leave();
      return null;
    }
    log.error('a restore was given up: other processes still have the data folder open');
    const detail = 'another process still used the data folder, and did not end: stop it, and restore again';
    writeMarker(dataDir, { ...marker, phase: 'failed', detail });
  }
  return { close: async () => leave() };
}
