import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const UPWARDS = 4;

/** The export with invented content that comes with Hoardarr, as a path from here; null where it is not there. */
export function findSample(): string | null {
  let folder = path.dirname(fileURLToPath(import.meta.url));
  // The compiled files lie one folder deeper than the sources.
  for (let i = 0; i < UPWARDS; i++) {
    const samples = path.join(folder, 'samples', 'tiktok');
    const [name] = existsSync(samples)
      ? readdirSync(samples)
          .filter((file) => /\.(json|zip)$/.test(file))
          .sort()
      : [];
    if (name !== undefined) return path.relative(process.cwd(), path.join(samples, name)) || '.';
    folder = path.dirname(folder);
  }
  return null;
}
