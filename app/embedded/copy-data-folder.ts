import { cpSync, existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { copyDatabase } from '../../sqlite/copy.ts';
import { DATA_FILES, storeFile } from '../data-folder.ts';

/**
 * Copies what a data folder keeps into an empty folder, while other processes work on it, and resolves to the names of the
 * copies. The order makes them fit together: the store never knows more than the log, the metadata advance only after the
 * log (law 5), and schema ids only come to be.
 */
export async function copyDataFolder(
  dataDir: string,
  generation: number,
  to: string,
  withKey: boolean,
): Promise<readonly string[]> {
  const store = path.basename(storeFile(dataDir, generation));
  const names: string[] = [];
  for (const name of [DATA_FILES.metadata, store, DATA_FILES.log, DATA_FILES.cache]) {
    if (!existsSync(path.join(dataDir, name))) continue;
    await copyDatabase(path.join(dataDir, name), path.join(to, name));
    names.push(name);
  }
  const schemas = path.join(dataDir, DATA_FILES.schemas);
  if (existsSync(schemas)) {
    cpSync(schemas, path.join(to, DATA_FILES.schemas), {
      recursive: true,
      filter: (file) => !path.basename(file).startsWith('.draft-'),
    });
    names.push(DATA_FILES.schemas);
  }
  if (withKey && existsSync(path.join(dataDir, DATA_FILES.key))) {
    cpSync(path.join(dataDir, DATA_FILES.key), path.join(to, DATA_FILES.key));
    names.push(DATA_FILES.key);
  }
  // Without it, a collection of a log on Kafka would be taken for one of an embedded log that is empty.
  if (existsSync(path.join(dataDir, DATA_FILES.kafka))) {
    cpSync(path.join(dataDir, DATA_FILES.kafka), path.join(to, DATA_FILES.kafka));
    names.push(DATA_FILES.kafka);
  }
  // A copy is not in WAL mode yet, and leaves nothing beside it; were there something, it would belong to no archive.
  for (const name of names)
    for (const suffix of ['-wal', '-shm']) rmSync(path.join(to, `${name}${suffix}`), { force: true });
  return names;
}
