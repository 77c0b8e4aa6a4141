import { readdirSync } from 'node:fs';
import path from 'node:path';
import { findUpwards } from './find-upwards.ts';

/** The export with invented content that comes with Hoardarr, as a path from here; null where it is not there. */
export function findSample(): string | null {
  const samples = findUpwards('samples', 'tiktok');
  if (samples === null) return null;
  const [name] = readdirSync(samples)
    .filter((file) => /\.(json|zip)$/.test(file))
    .sort();
  return name === undefined ? null : path.relative(process.cwd(), path.join(samples, name)) || '.';
}
