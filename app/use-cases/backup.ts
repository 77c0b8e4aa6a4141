import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { InputError } from '../../core/errors.ts';
import type { App } from '../app.ts';
import { readArchive, writeArchive } from '../archive.ts';
import { DATA_FILES, prepareDataFolder } from '../data-folder.ts';
import { copyDataFolder } from '../embedded/copy-data-folder.ts';
import { PauseLock } from '../pause-lock.ts';

export interface BackupReport {
  readonly file: string;
  readonly bytes: number;
  /** in the collection, the trash or on hold */
  readonly items: number;
}

const WORK_FOLDER = '.backup-';
const RESTORE_FOLDER = '.restore-';

/** Everything of a data folder in one file, while it is in use. The key goes along only with `withKey`. */
export async function backUp(app: App, file: string, withKey: boolean): Promise<BackupReport> {
  if (app.config.store !== 'sqlite')
    throw new InputError(
      'the store is in Couchbase: back it up there (cbbackupmgr), or keep the log, of which `rebuild` makes it',
    );
  const target = path.resolve(file);
  if (existsSync(target)) throw new InputError(`${target} is there already: choose another name, or remove it first`);
  if (!existsSync(path.dirname(target))) throw new InputError(`the folder ${path.dirname(target)} does not exist`);
  const { dataDir } = app.config;
  // No rebuild may switch, and remove the old generation, in between.
  const lock = await PauseLock.take(app);
  for (const name of readdirSync(dataDir)) {
    // Left behind by a backup that was killed.
    if (name.startsWith(WORK_FOLDER)) rmSync(path.join(dataDir, name), { recursive: true, force: true });
  }
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
    await lock.release();
  }
}

/** Brings a backup back into a data folder that is empty or new. InputError when it is not, or the file is no whole backup. */
export async function restoreBackup(dataDir: string, file: string): Promise<BackupReport> {
  const source = path.resolve(file);
  if (!existsSync(source)) throw new InputError(`${source} does not exist`);
  prepareDataFolder(dataDir);
  const present = readdirSync(dataDir).filter((name) => !name.startsWith(RESTORE_FOLDER));
  if (present.length > 0)
    throw new InputError(
      `the data folder ${dataDir} is not empty: a backup is restored into an empty or new one (--data-dir)`,
    );
  const folder = mkdtempSync(path.join(dataDir, RESTORE_FOLDER));
  try {
    const { items } = await readArchive(source, folder);
    mkdirSync(path.join(dataDir, DATA_FILES.uploads), { recursive: true, mode: 0o700 });
    const names = readdirSync(folder);
    // The metadata come last: without them, a folder is not taken for one that is in use.
    for (const name of names.toSorted(
      (a, b) => Number(a === DATA_FILES.metadata) - Number(b === DATA_FILES.metadata),
    )) {
      renameSync(path.join(folder, name), path.join(dataDir, name));
    }
    return { file: source, bytes: statSync(source).size, items };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
