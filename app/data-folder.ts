import { accessSync, constants, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { InputError, messageOf } from '../core/errors.ts';
import { codeOf } from './error-code.ts';

/** What lies where in a data folder. */
export const DATA_FILES = {
  log: 'log.db',
  /** names the embedded log to a store that is not in the folder */
  /** says that the log is on Kafka, and under which prefix */
  kafka: 'kafka.json',
  metadata: 'meta.db',
  cache: 'cache.db',
  schemas: 'schemas',
  key: 'encryption-key.json',
  uploads: 'uploads',
} as const;

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
  const file = storeFile(dataDir, generation);
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true });
}

/** Removes the log that lies in the folder itself, once another one counts. */
export function removeEmbeddedLog(dataDir: string): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(path.join(dataDir, `${DATA_FILES.log}${suffix}`), { force: true });
  rmSync(path.join(dataDir, DATA_FILES.schemas), { recursive: true, force: true });
}

/** Creates the folder where it is missing; readable by its owner alone. Throws InputError where it cannot be used. */
export function prepareDataFolder(dataDir: string): void {
  try {
    makeFolder(path.resolve(dataDir));
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new InputError(`the data folder ${dataDir} cannot be used: ${messageOf(error)}`, { dataDir });
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
