import { createReadStream, existsSync, mkdirSync, type ReadStream, readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { messageOf, NotFoundError } from '../../core/errors.ts';
import type { App } from '../app.ts';
import { hasKey, readManifest } from '../archive/manifest.ts';
import { isUnfinished } from '../archive/write-archive.ts';
import type { Config } from '../config.ts';
import { DATA_FILES } from '../data-folder.ts';
import { PauseLock } from '../pause-lock.ts';
import { backUpLocked } from './backup.ts';
import { isoOf } from './format.ts';

/** A backup in the data folder's own `backups`, or what a person put there. */
export interface Backup {
  readonly name: string;
  readonly bytes: number;
  /** in the collection, the trash or on hold */
  readonly items: number;
  /** ISO 8601 */
  readonly createdAt: string;
  /** the encryption key lies in it: keep it as safe as the key */
  readonly withKey: boolean;
  /** made by the schedule, which removes it when newer ones are there */
  readonly isScheduled: boolean;
  /** why it cannot be restored, in words; null where nothing speaks against it */
  readonly problem: string | null;
}

/** What a backup holds of this installation, and who has to back up the rest. */
export interface BackupScope {
  readonly covers: 'everything' | 'without log' | 'nothing';
  readonly says: string;
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}\.tar$/;
const SCHEDULED = 'hoardarr-scheduled-';

export function backupsFolder({ dataDir }: Config): string {
  return path.join(dataDir, DATA_FILES.backups);
}

/** Plain words for people, as the configuration has it. */
export function backupScope({ store, kafka }: Config): BackupScope {
  if (store !== 'sqlite')
    return {
      covers: 'nothing',
      says: `Hoardarr backs nothing up here: the collection, accounts and tokens are in Couchbase (cbbackupmgr backs that up), ${kafka === null ? 'the event log is log.db in the data folder (stop Hoardarr and copy the folder)' : 'the event log is on Kafka, whose replicas or mirror keep it'}, and the encryption key is HOARDARR_ENCRYPTION_KEY or encryption-key.json in the data folder.`,
    };
  if (kafka !== null)
    return {
      covers: 'without log',
      says: 'A backup holds the collection, accounts and tokens of this data folder. The event log is on Kafka, and has to be kept there, by replicas or a mirror: whoever restores needs both.',
    };
  return {
    covers: 'everything',
    says: 'A backup holds everything: the event log, the collection, accounts and settings.',
  };
}

/** The newest first. */
export async function listBackups(config: Config): Promise<readonly Backup[]> {
  const folder = backupsFolder(config);
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => NAME.test(name));
  const backups = await Promise.all(names.map((name) => describe(folder, name)));
  return backups
    .filter((backup) => backup !== null)
    .sort((a, b) => b.createdAt.localeCompare(a.createdAt) || b.name.localeCompare(a.name));
}

/** Files left behind by backups that were killed, for who has the PauseLock. */
export function unfinishedBackups(config: Config): readonly string[] {
  const folder = backupsFolder(config);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter(isUnfinished)
    .map((name) => path.join(folder, name));
}

/** Makes one in the data folder. InputError where that is done already, or cannot be done here. */
export async function makeBackup(app: App, withKey: boolean): Promise<Backup> {
  const lock = await PauseLock.take(app);
  try {
    return await makeBackupLocked(app, withKey, false);
  } finally {
    await lock.release();
  }
}

/** The same for who has the PauseLock. */
export async function makeBackupLocked(app: App, withKey: boolean, isScheduled: boolean): Promise<Backup> {
  const { config, clock, telemetry } = app;
  const folder = backupsFolder(config);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const left of unfinishedBackups(config)) rmSync(left, { force: true });
  const at = new Date(clock.now()).toISOString().replace(/[-:.]/g, '');
  const name = `${isScheduled ? SCHEDULED : 'hoardarr-'}${at}.tar`;
  const { bytes, items } = await backUpLocked(app, path.join(folder, name), withKey);
  telemetry.log.info('a backup was made', { name, bytes, items });
  const made = await describe(folder, name);
  if (made === null) throw new Error(`${name} was removed while it was made`);
  return made;
}

/**
 * Removes those of the schedule beyond the newest `keep`; what a person made or put there stays. Resolves to their names.
 *
 * @param newest name of the one just made: what is called later was made by a clock that was ahead, and is none of the newest
 */
export async function pruneBackups(config: Config, keep: number, newest: string): Promise<readonly string[]> {
  const folder = backupsFolder(config);
  const surplus = readdirSync(folder)
    .filter((name) => NAME.test(name) && name.startsWith(SCHEDULED) && name <= newest)
    .sort()
    .toReversed()
    .slice(keep);
  for (const name of surplus) rmSync(path.join(folder, name), { force: true });
  return surplus;
}

/** Throws NotFoundError. */
export function removeBackup(config: Config, name: string): void {
  rmSync(backupFile(config, name));
}

/** Its bytes, to be sent. Throws NotFoundError. */
export function readBackup(config: Config, name: string): { readonly bytes: number; readonly stream: ReadStream } {
  const file = backupFile(config, name);
  return { bytes: statSync(file).size, stream: createReadStream(file) };
}

/** The path of a backup. Throws NotFoundError, also for names that lead elsewhere. */
export function backupFile(config: Config, name: string): string {
  const file = path.join(backupsFolder(config), name);
  if (!NAME.test(name) || !existsSync(file)) throw new NotFoundError(`there is no backup '${name.slice(0, 200)}'`);
  return file;
}

/** Null where it was removed meanwhile. */
async function describe(folder: string, name: string): Promise<Backup | null> {
  const file = path.join(folder, name);
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat === undefined || !stat.isFile()) return null;
  const about = { name, bytes: stat.size, isScheduled: name.startsWith(SCHEDULED) };
  try {
    const manifest = await readManifest(file);
    const { items, createdAt } = manifest;
    return { ...about, items, createdAt, withKey: hasKey(manifest), problem: null };
  } catch (error) {
    const problem = messageOf(error).replaceAll(file, name);
    return { ...about, items: 0, createdAt: isoOf(stat.mtimeMs) ?? '', withKey: false, problem };
  }
}
