import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const UPWARDS = 4;

/** A file or folder that comes with Hoardarr, as an absolute path; null where it is not there. */
export function findUpwards(...parts: readonly string[]): string | null {
  let folder = path.dirname(fileURLToPath(import.meta.url));
  // The compiled files lie one folder deeper than the sources.
  for (let i = 0; i < UPWARDS; i++) {
    const found = path.join(folder, ...parts);
    if (existsSync(found)) return found;
    folder = path.dirname(folder);
  }
  return null;
}
