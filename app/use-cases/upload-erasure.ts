import type { Account } from '../../core/keys.ts';
import type { App } from '../app.ts';
import { isoOf } from './format.ts';
import { ERASED, UPLOADS, type Upload } from './upload.ts';
import { UploadFiles } from './upload-files.ts';

/**
 * Ends the open uploads of an account that is erased, wherever they are, and removes the files of all its uploads that lie here.
 * The process that has one notices by its document (`Uploads`): what it took in so far is in the log, and erased as all the rest.
 */
export async function eraseUploads(app: App, { provider, user }: Account): Promise<void> {
  const files = new UploadFiles(app);
  for (const { key, value } of await app.metadata.list(UPLOADS)) {
    const upload = value as Upload;
    if (upload.provider !== provider || upload.user !== user) continue;
    await end(app, key);
    files.remove(upload.id);
  }
}

async function end({ metadata, clock }: App, key: string): Promise<void> {
  for (;;) {
    const document = await metadata.get(key);
    if (document === null) return;
    const upload = document.value as Upload;
    if (upload.finishedAt !== null) return;
    const ended: Upload = { ...upload, ...ERASED, finishedAt: isoOf(clock.now()) };
    if ((await metadata.compareAndSet(key, document.version, ended)) !== null) return;
  }
}
