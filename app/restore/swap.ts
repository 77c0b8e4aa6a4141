import { existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs';
import path from 'node:path';
import { isReplaced } from '../data-folder.ts';
import { syncFolder } from '../write-file-whole.ts';
import { asideFolder, type Marker, workFolder, writeMarker } from './marker.ts';

/** Called before every step; a test throws there, as if the process died. */
type OnStep = (step: string) => void;

/**
 * Puts a restored backup in the place of what is in the data folder, or the data of before back into theirs, from wherever the
 * last attempt ended. Every step is a rename, and the marker says which ones are due, so that it can be cut off anywhere and
 * begun again. The caller has the folder alone.
 *
 * @throws Error where the unpacked backup is gone; then `wayBack` leads to what was
 * @returns the marker as it is now: `placed` or `failed`
 */
export function swap(dataDir: string, start: Marker, onStep: OnStep = () => undefined): Marker {
  const work = workFolder(dataDir, start);
  const aside = asideFolder(dataDir, start);
  const move = (from: string, to: string): void => moveAll(from, to, onStep);
  let marker = start;
  const goOn = (phase: Marker['phase']): void => {
    onStep(`mark ${phase}`);
    marker = writeMarker(dataDir, { ...marker, phase });
  };
  // It stays there, empty at last, until the new data were opened.
  if ((marker.phase === 'ready' || marker.phase === 'aside') && !existsSync(work))
    throw new Error(`what was unpacked in ${path.basename(work)} is not there any more`);
  if (marker.phase === 'ready') {
    move(dataDir, aside);
    goOn('aside');
  }
  if (marker.phase === 'aside') {
    move(work, dataDir);
    goOn('placed');
  }
  if (marker.phase === 'undo') {
    move(dataDir, work);
    goOn('back');
  }
  if (marker.phase === 'back') {
    move(aside, dataDir);
    goOn('failed');
  }
  return marker;
}

/** From where an attempt failed, the way back to the data of before. Null where they are in their place already. */
export function wayBack(marker: Marker, detail: string): Marker | null {
  if (marker.phase === 'ready') return { ...marker, phase: 'back', detail };
  if (marker.phase === 'aside' || marker.phase === 'placed') return { ...marker, phase: 'undo', detail };
  return null;
}

function moveAll(from: string, to: string, onStep: OnStep): void {
  if (!existsSync(from)) return;
  if (!existsSync(to)) mkdirSync(to, { mode: 0o700 });
  for (const name of readdirSync(from).filter(isReplaced).sort()) {
    onStep(`move ${name}`);
    renameSync(path.join(from, name), path.join(to, name));
  }
  // The marker that comes next must not be there before these are.
  syncFolder(to);
  syncFolder(from);
}
