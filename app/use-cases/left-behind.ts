import { rmSync } from 'node:fs';
import type { App } from '../app.ts';
import { readMove } from '../move/finish-move.ts';
import { PauseLock } from '../pause-lock.ts';
import { removeLeftRestores } from '../restore/embedded/restore-lock.ts';
import { leftBackups } from './backup.ts';
import { unfinishedBackups } from './backups.ts';

/**
 * Removes what a rebuild, a backup or a restore that was killed has left, with what was purged since: no purge reaches it. Not
 * while somebody does one of these, or has just switched.
 */
export async function removeLeftBehind(app: App): Promise<void> {
  const { config } = app;
  removeLeftRestores(config.dataDir);
  const leftFiles = (): readonly string[] => [...leftBackups(config.dataDir), ...unfinishedBackups(config)];
  if ((await leftGenerations(app)).length === 0 && leftFiles().length === 0) return;
  const lock = await PauseLock.tryTake(app);
  if (lock === null) return;
  try {
    await app.stores.refresh();
    for (const generation of await leftGenerations(app)) await app.generations.remove(generation);
    for (const left of leftFiles()) rmSync(left, { recursive: true, force: true });
  } finally {
    await lock.release();
  }
}

async function leftGenerations({ generations, stores, metadata }: App): Promise<readonly number[]> {
  const left = (await generations.list()).filter((generation) => generation !== stores.generation);
  // A move of the log that was cut off goes on with the generation that it made.
  return left.length > 0 && (await readMove(metadata)) !== null ? [] : left;
}
