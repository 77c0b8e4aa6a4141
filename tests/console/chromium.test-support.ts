import { existsSync } from 'node:fs';
import path from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** Headless, in a container too, and without a word to anybody else. */
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** HOARDARR_CHROMIUM, or where systems have it; null where there is none. */
export function findChromium(): string | null {
  const named = process.env['HOARDARR_CHROMIUM'];
  if (named !== undefined) return existsSync(named) ? named : null;
  const folders = ['/usr/bin', ...(process.env['PATH'] ?? '').split(path.delimiter)];
  const files = folders.flatMap((folder) => NAMES.map((name) => path.join(folder, name)));
  return files.find((file) => existsSync(file)) ?? null;
}

/** Rejects where there is none. */
export function launchChromium(): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === null) throw new Error('there is no Chromium here');
  return chromium.launch({ executablePath, args: FLAGS, headless: true });
}
