import { existsSync } from 'node:fs';
import path from 'node:path';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** The browser that HOARDARR_CHROMIUM names, or that systems have; null where there is none. */
export function findChromium(): string | null {
  const named = process.env['HOARDARR_CHROMIUM'];
  if (named !== undefined) return existsSync(named) ? named : null;
  const folders = ['/usr/bin', ...(process.env['PATH'] ?? '').split(path.delimiter)];
  const files = folders.flatMap((folder) => NAMES.map((name) => path.join(folder, name)));
  return files.find((file) => existsSync(file)) ?? null;
}
