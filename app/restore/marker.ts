import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { InputError } from '../../core/errors.ts';
import { DATA_FILES } from '../data-folder.ts';
import { writeFileWhole } from '../write-file-whole.ts';

/**
 * How far a restore is. `ready`: the backup lies unpacked beside, and the data of before make room · `aside`: they did, and the
 * new ones move in · `placed`: they did, and are to be opened · `done`: they were, and the data of before are removed. Where that
 * fails, the other way round: `undo`: the new ones move out · `back`: those of before move in · `failed`: all is as before.
 */
type Phase = 'ready' | 'aside' | 'placed' | 'done' | 'undo' | 'back' | 'failed';

/** Phases in which files are to be moved. */
const MOVING: ReadonlySet<Phase> = new Set(['ready', 'aside', 'undo', 'back']);

/** The document that says so, in the data folder; it is there from when the backup was verified until the new data were opened. */
export interface Marker {
  readonly id: string;
  readonly phase: Phase;
  /** name of the backup */
  readonly from: string;
  readonly items: number;
  /** ISO 8601 */
  readonly backupAt: string;
  readonly startedAt: string;
  /** why it failed, in words; null where it did not */
  readonly detail: string | null;
}

const WORK = '.restore-';
const INCOMING = '.incoming-';
const ASIDE = '.before-restore-';

/** Where a backup is unpacked. */
export function workFolder(dataDir: string, { id }: Pick<Marker, 'id'>): string {
  return path.join(dataDir, `${WORK}${id}`);
}

/** Where the data of before are kept until the new ones were opened. */
export function asideFolder(dataDir: string, { id }: Pick<Marker, 'id'>): string {
  return path.join(dataDir, `${ASIDE}${id}`);
}

/** Where a backup is received that comes over HTTP. */
export function incomingFile(dataDir: string, id: string): string {
  return path.join(dataDir, `${INCOMING}${id}.tar`);
}

/** Left behind by a restore that was killed, unless one is under way or a marker names it. */
export function isLeftover(name: string): boolean {
  return name.startsWith(WORK) || name.startsWith(INCOMING);
}

/** Null where nothing is restored. Throws InputError where a person changed it. */
export function readMarker(dataDir: string): Marker | null {
  const file = fileOf(dataDir);
  if (!existsSync(file)) return null;
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Marker;
  } catch (error) {
    // Removed by the process that ended the restore.
    if (!existsSync(file)) return null;
    throw new InputError(`${file} cannot be read, and says how far a restore is: bring it back as it was`, {
      cause: String(error),
    });
  }
}

export function writeMarker(dataDir: string, marker: Marker): Marker {
  writeFileWhole(fileOf(dataDir), `${JSON.stringify(marker)}\n`);
  return marker;
}

export function removeMarker(dataDir: string): void {
  rmSync(fileOf(dataDir), { force: true });
}

/** Files are to be moved, so nobody may have the folder open. */
export function isSwapDue(marker: Marker | null): boolean {
  return marker !== null && MOVING.has(marker.phase);
}

function fileOf(dataDir: string): string {
  return path.join(dataDir, DATA_FILES.restore);
}
