import { accessSync, constants, existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { InputError, messageOf } from '../core/errors.ts';
import { codeOf } from './error-code.ts';
import { adviceFor } from './system-advice.ts';

/** What lies where in a data folder. */
export const DATA_FILES = {
  log: 'log.db',
  /** says that the log is on Kafka, and under which prefix */
  kafka: 'kafka.json',
  metadata: 'meta.db',
  cache: 'cache.db',
  schemas: 'schemas',
  key: 'encryption-key.json',
  uploads: 'uploads',
  backups: 'backups',
  /** who has the folder open; empty */
  lock: '.lock',
  /** how far the restore of a backup is */
  restore: 'restore.json',
  thumbnails: 'thumbnails',
} as const;

const ARCHIVED: ReadonlySet<string> = new Set([
  DATA_FILES.log,
  DATA_FILES.metadata,
  DATA_FILES.cache,
  DATA_FILES.schemas,
  DATA_FILES.kafka,
  DATA_FILES.key,
]);
const STORE = /^store-\d+\.db$/;
/** What SQLite keeps beside a file. */
const BESIDE = /(?<=\.db)-(wal|shm|journal)$/;

/** Whether a backup may hold a file of this name, or a folder. */
export function isArchived(name: string): boolean {
  return ARCHIVED.has(name) || STORE.test(name);
}

/** Whether it belongs to what is kept, and so makes room when a backup takes its place. */
export function isReplaced(name: string): boolean {
  return isArchived(name.replace(BESIDE, '')) || name === DATA_FILES.uploads;
}

/** The file of a generation of the store (law 8): a rebuild makes the next one beside it. */
export function storeFile(dataDir: string, generation: number): string {
  return path.join(dataDir, `store-${generation}.db`);
}

/** Generations whose files are there, in ascending order. */
export function storedGenerations(dataDir: string): readonly number[] {
  return readdirSync(dataDir)
    .flatMap((name) => /^store-(\d+)\.db$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}

/** Removes the file of a generation, with what SQLite keeps beside it. */
export function removeStoreFile(dataDir: string, generation: number): void {
  removeDatabase(dataDir, path.basename(storeFile(dataDir, generation)));
}

function removeDatabase(dataDir: string, name: string): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(path.join(dataDir, `${name}${suffix}`), { force: true });
}

/** Removes collection, vectors and metadata of the folder itself, once a shared store has them. */
export function removeOwnStore(dataDir: string): void {
  for (const generation of storedGenerations(dataDir)) removeStoreFile(dataDir, generation);
  removeDatabase(dataDir, DATA_FILES.metadata);
}

/** Removes the log that lies in the folder itself, once another one counts. */
export function removeEmbeddedLog(dataDir: string): void {
  removeDatabase(dataDir, DATA_FILES.log);
  rmSync(path.join(dataDir, DATA_FILES.schemas), { recursive: true, force: true });
}

/** Creates the folder where it is missing; readable by its owner alone. Throws InputError where it cannot be used. */
export function prepareDataFolder(dataDir: string): void {
  try {
    makeFolder(path.resolve(dataDir));
    if (!statSync(dataDir).isDirectory()) throw new Error('it is a file');
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new InputError(
      `the data folder ${dataDir} cannot be used: ${messageOf(error)}${adviceFor(error)}; --data-dir or HOARDARR_DATA_DIR chooses another`,
      { dataDir },
    );
  }
}

/** Not with `recursive`: that never returns where the file system refuses with ENOENT, as /proc does (Node.js 20). */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  const above = path.dirname(folder);
  if (above !== folder) makeFolder(above);
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    // Another process may have been first.
    if (codeOf(error) !== 'EEXIST') throw error;
  }
}
