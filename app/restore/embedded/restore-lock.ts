import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { InputError } from '../../../core/errors.ts';
import { lockFile } from '../../../sqlite/lock.ts';
import { isLeftover, readMarker, workFolder } from '../marker.ts';

/** Held by who receives or unpacks a backup in the data folder; it stays there, empty. */
export const RESTORE_LOCK = '.unpack.lock';

/**
 * Runs what receives or unpacks a backup in a data folder: one does at a time, across processes. Who stands still has the lock
 * all the same, so that what is unpacked there is never taken for left behind; the system gives it back when the process dies.
 *
 * @throws InputError while another one does
 */
export async function restoringAlone<T>(dataDir: string, restore: () => Promise<T>): Promise<T> {
  const leave = lock(dataDir);
  if (leave === null)
    throw new InputError(
      'a backup is being restored into this data folder already: wait until that is done, or stop the process that does it',
    );
  try {
    removeLeftovers(dataDir);
    return await restore();
  } finally {
    leave();
  }
}

/** Removes what restores left behind that were killed before they touched anything; not while somebody restores. */
export function removeLeftRestores(dataDir: string): void {
  if (leftovers(dataDir).length === 0) return;
  const leave = lock(dataDir);
  if (leave === null) return;
  try {
    removeLeftovers(dataDir);
  } finally {
    leave();
  }
}

function removeLeftovers(dataDir: string): void {
  for (const left of leftovers(dataDir)) rmSync(left, { recursive: true, force: true });
}

function lock(dataDir: string): (() => void) | null {
  return lockFile(path.join(dataDir, RESTORE_LOCK), 'alone');
}

/** What the marker names is gone on with. */
function leftovers(dataDir: string): readonly string[] {
  const marker = readMarker(dataDir);
  const kept = marker === null ? null : workFolder(dataDir, marker);
  return readdirSync(dataDir)
    .filter(isLeftover)
    .map((name) => path.join(dataDir, name))
    .filter((each) => each !== kept);
}
