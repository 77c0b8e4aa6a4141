import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { InputError } from '../../core/errors.ts';
import type { App } from '../app.ts';
import { readManifest } from '../archive/manifest.ts';
import { writeArchive } from '../archive/write-archive.ts';
import type { Config } from '../config.ts';
import { DATA_FILES, prepareDataFolder } from '../data-folder.ts';
import { copyDataFolder } from '../embedded/copy-data-folder.ts';
import { PauseLock } from '../pause-lock.ts';
import { RESTORE_LOCK, restoringAlone } from '../restore/embedded/restore-lock.ts';
import { type EnterDeps, enterFolder, leaveRestore } from '../restore/enter-folder.ts';
import { isLeftover, type Marker, readMarker } from '../restore/marker.ts';
import { stageBackup } from './restore.ts';

export interface BackupReport {
  readonly file: string;
  readonly bytes: number;
  /** in the collection, the trash or on hold */
  readonly items: number;
}

const WORK_FOLDER = '.backup-';
/** In a folder that counts as empty. A lock that somebody has alone has a journal beside it. */
const MAY_BE_THERE: ReadonlySet<string> = new Set([
  ...[DATA_FILES.lock, RESTORE_LOCK].flatMap((lock) => [lock, `${lock}-journal`]),
  DATA_FILES.backups,
  // Of a marker that was not written to its end.
  `${DATA_FILES.restore}.part`,
  'lost+found',
]);

/** Everything of a data folder in one file, while it is in use. The key goes along only with `withKey`. */
export async function backUp(app: App, file: string, withKey: boolean): Promise<BackupReport> {
  refuseCouchbase(app.config);
  // No rebuild may switch, and remove the old generation, in between.
  const lock = await PauseLock.take(app);
  try {
    return await backUpLocked(app, file, withKey);
  } finally {
    await lock.release();
  }
}

/** The same for who has the PauseLock. */
export async function backUpLocked(app: App, file: string, withKey: boolean): Promise<BackupReport> {
  refuseCouchbase(app.config);
  const target = path.resolve(file);
  if (existsSync(target)) throw new InputError(`${target} is there already: choose another name, or remove it first`);
  if (!existsSync(path.dirname(target))) throw new InputError(`the folder ${path.dirname(target)} does not exist`);
  const { dataDir } = app.config;
  for (const left of leftBackups(dataDir)) rmSync(left, { recursive: true, force: true });
  const folder = mkdtempSync(path.join(dataDir, WORK_FOLDER));
  try {
    await app.stores.refresh();
    await copyDataFolder(dataDir, app.stores.generation, folder, withKey);
    const totals = await app.store.totals();
    const items = totals.reduce((sum, each) => sum + each.active + each.held + each.trash, 0);
    const bytes = await writeArchive(target, folder, { createdAt: new Date(app.clock.now()).toISOString(), items });
    return { file: target, bytes, items };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Folders left behind by backups that were killed, for who has the PauseLock. */
export function leftBackups(dataDir: string): readonly string[] {
  return readdirSync(dataDir).flatMap((name) => (name.startsWith(WORK_FOLDER) ? [path.join(dataDir, name)] : []));
}

function refuseCouchbase({ store }: Config): void {
  if (store !== 'sqlite')
    throw new InputError(
      'the store is in Couchbase: back it up there (cbbackupmgr), or keep the log, of which `rebuild` makes it',
    );
}

/**
 * Brings a backup back into a data folder that is empty or new. What an earlier call for the same backup did before it was killed
 * is gone on with.
 *
 * @throws InputError where the folder is neither, the file is no whole backup, or somebody else restores there
 */
export async function restoreBackup(
  config: Config,
  file: string,
  deps: EnterDeps & Pick<App, 'random' | 'telemetry'>,
): Promise<BackupReport> {
  const { dataDir } = config;
  const source = path.resolve(file);
  if (!existsSync(source)) throw new InputError(`${source} does not exist`);
  prepareDataFolder(dataDir);
  const { items } = (await readStaged(dataDir, source)) ?? (await stageIntoEmpty(config, source, deps));
  // Whoever comes in puts it in its place; that it can be opened was seen when it was unpacked.
  const entered = await enterFolder(dataDir, deps);
  const marker = readMarker(dataDir);
  if (marker !== null) leaveRestore(dataDir, marker);
  await entered.close();
  if (marker?.phase === 'failed') throw new Error(`the backup could not be put in its place: ${marker.detail ?? ''}`);
  return { file: source, bytes: statSync(source).size, items };
}

/** The marker of the same backup, which only has to be moved to its place; null where there is none. */
async function readStaged(dataDir: string, source: string): Promise<Marker | null> {
  const marker = readMarker(dataDir);
  if (marker === null || marker.from !== path.basename(source)) return null;
  return marker.backupAt === (await readManifest(source)).createdAt ? marker : null;
}

async function stageIntoEmpty(
  config: Config,
  source: string,
  deps: EnterDeps & Pick<App, 'random' | 'telemetry'>,
): Promise<Marker> {
  const { dataDir } = config;
  refuseUsed(dataDir);
  const inside = await enterFolder(dataDir, deps);
  try {
    return await restoringAlone(dataDir, async () => {
      // Another one may have restored here just before.
      refuseUsed(dataDir);
      const about = { from: path.basename(source), startedAt: new Date(deps.clock.now()).toISOString() };
      // Unpacking takes its time, and whoever came in meanwhile and wrote something would lose it.
      return await stageBackup(config, source, about, deps, { confirm: async () => refuseUsed(dataDir) });
    });
  } finally {
    await inside.close();
  }
}

function refuseUsed(dataDir: string): void {
  const present = readdirSync(dataDir).filter((name) => !MAY_BE_THERE.has(name) && !isLeftover(name));
  if (present.length > 0 || readMarker(dataDir) !== null)
    throw new InputError(
      `the data folder ${dataDir} is not empty: a backup is restored into an empty or new one (--data-dir), or in the console into the one that is in use`,
    );
}
