import { randomUUID } from 'node:crypto';
import { createWriteStream, readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { InputError } from '../../core/errors.ts';
import type { App } from '../app.ts';
import type { Restore } from '../restore/last-restore.ts';
import { receive } from './receive.ts';
import { restoreInPlace } from './restore.ts';
import { UploadTooLargeError } from './uploads.ts';

const INCOMING = '.incoming-';
/** What is older was cut off with its process. */
const STALE_MS = 86_400_000;

/**
 * Receives a backup as a stream, on disk, and restores it as `restoreInPlace` does; nothing of the file is kept.
 *
 * @param name as the sender calls it, for people
 * @throws UploadTooLargeError beyond HOARDARR_RESTORE_LIMIT_BYTES; InputError where it is no whole backup of ours
 */
export async function restoreUpload(app: App, stream: Readable, name: string): Promise<Restore> {
  const { config, clock } = app;
  const { dataDir, restoreLimitBytes } = config;
  for (const each of readdirSync(dataDir).filter((entry) => entry.startsWith(INCOMING))) {
    const file = path.join(dataDir, each);
    const stat = statSync(file, { throwIfNoEntry: false });
    if (stat !== undefined && stat.mtimeMs < clock.now() - STALE_MS) rmSync(file, { force: true });
  }
  const file = path.join(dataDir, `${INCOMING}${randomUUID()}.tar`);
  const shown = name.replace(/[^A-Za-z0-9._ -]/g, '_');
  try {
    const tooLarge = new UploadTooLargeError(restoreLimitBytes, 'HOARDARR_RESTORE_LIMIT_BYTES', 'restore-backup');
    const written = createWriteStream(file, { mode: 0o600, flags: 'wx', flush: true });
    if ((await receive(stream, written, { bytes: restoreLimitBytes, tooLarge })) === 0)
      throw new InputError('the body is empty: send the backup as the body');
    return await restoreInPlace(app, file, shown);
  } finally {
    rmSync(file, { force: true });
  }
}
