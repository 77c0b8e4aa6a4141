import { randomUUID } from 'node:crypto';
import { createWriteStream, rmSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { InputError } from '../../core/errors.ts';
import type { App } from '../app.ts';
import { restoringAlone } from '../restore/embedded/restore-lock.ts';
import type { Restore } from '../restore/last-restore.ts';
import { incomingFile } from '../restore/marker.ts';
import { receive } from './receive.ts';
import { restoreAlone } from './restore.ts';
import { UploadTooLargeError } from './uploads.ts';

/**
 * Receives a backup as a stream, on disk, and restores it as `restoreInPlace` does; nothing of the file is kept. Another
 * restore is refused from the first byte on.
 *
 * @param name as the sender calls it, for people
 * @throws UploadTooLargeError beyond HOARDARR_RESTORE_LIMIT_BYTES; InputError where it is no whole backup of ours
 */
export async function restoreUpload(app: App, stream: Readable, name: string): Promise<Restore> {
  const { dataDir, restoreLimitBytes } = app.config;
  const shown = name.replace(/[^A-Za-z0-9._ -]/g, '_');
  return await restoringAlone(dataDir, async () => {
    const file = incomingFile(dataDir, randomUUID());
    try {
      const tooLarge = new UploadTooLargeError(restoreLimitBytes, 'HOARDARR_RESTORE_LIMIT_BYTES', 'restore-backup');
      const written = createWriteStream(file, { mode: 0o600, flags: 'wx', flush: true });
      if ((await receive(stream, written, { bytes: restoreLimitBytes, tooLarge })) === 0)
        throw new InputError('the body is empty: send the backup as the body');
      return await restoreAlone(app, file, shown);
    } finally {
      rmSync(file, { force: true });
    }
  });
}
