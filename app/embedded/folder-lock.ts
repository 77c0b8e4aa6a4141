import path from 'node:path';
import { lockFile } from '../../sqlite/lock.ts';
import { DATA_FILES } from '../data-folder.ts';

/**
 * Who has a data folder open, across processes: many at once, or one alone while it changes what lies there. Null while others
 * are in the way. The system gives it back when the process dies.
 */
export function lockFolder(dataDir: string, how: 'shared' | 'alone'): (() => void) | null {
  return lockFile(path.join(dataDir, DATA_FILES.lock), how);
}
