import { Turns } from '../../core/turns.ts';
import type { App } from '../app.ts';
import type { ImportProgress } from './import-export.ts';
import { type Upload, uploadKey } from './upload.ts';

/** Somebody else took this process for gone, or ended what it does: it is done there, and told there. */
export class TakenOverError extends Error {
  override readonly name = 'TakenOverError';
}

const SAVE_EVERY_MS = 1_000;
const ENDED = 'the upload was ended elsewhere';

/** What is told of an upload that comes in, waits or is imported here; what is stored follows it. */
export class UploadRecord {
  readonly #app: App;
  /** A write that was late would else bring back what was, over a later one. */
  readonly #writes = new Turns();
  readonly #overtaken = new AbortController();
  #current: Upload;
  /** by the clock's `elapsed`, ms */
  #savedAt = Number.NEGATIVE_INFINITY;
  #savesProgress = false;

  constructor(app: App, upload: Upload) {
    this.#app = app;
    this.#current = upload;
  }

  /** newer than what is stored */
  get current(): Upload {
    return this.#current;
  }

  /** Aborted, with a TakenOverError, when it was found that it is somebody else's by now, or was ended there. */
  get overtaken(): AbortSignal {
    return this.#overtaken.signal;
  }

  /** Resolves when it is stored. Throws TakenOverError where it is somebody else's by now, or has ended. */
  change(fields: Partial<Upload>): Promise<void> {
    this.#current = { ...this.#current, ...fields };
    return this.#write();
  }

  /** Stored now and then, since it changes all the time. */
  progress(progress: ImportProgress): void {
    this.#current = { ...this.#current, progress };
    if (this.#savesProgress || this.#app.clock.elapsed() - this.#savedAt < SAVE_EVERY_MS) return;
    this.#savesProgress = true;
    void this.#write()
      // What comes next is stored then, and `overtaken` says where nothing does.
      .catch(() => undefined)
      .finally(() => (this.#savesProgress = false));
  }

  /** Ends what is done here where what is stored now is an end that was written elsewhere. True where it is so. */
  heed({ finishedAt }: Upload): boolean {
    if (finishedAt === null || finishedAt === this.#current.finishedAt) return false;
    this.#overtaken.abort(new TakenOverError(ENDED));
    return true;
  }

  #write(): Promise<void> {
    return this.#writes.take(this.#current.id, async () => {
      this.#savedAt = this.#app.clock.elapsed();
      await saveUpload(this.#app, this.#current).catch((error: unknown) => {
        if (error instanceof TakenOverError) this.#overtaken.abort(error);
        throw error;
      });
    });
  }
}

/** Throws TakenOverError where it is somebody else's by now, or has ended. */
async function saveUpload({ metadata, clock }: App, saved: Upload): Promise<void> {
  const upload: Upload = { ...saved, seenAt: new Date(clock.now()).toISOString() };
  const key = uploadKey(upload);
  for (;;) {
    const document = await metadata.get(key);
    const stored = document?.value as Upload | undefined;
    if (stored !== undefined && (stored.instance !== upload.instance || stored.finishedAt !== null)) {
      // It was written, though the answer did not come.
      if (stored.instance === upload.instance && stored.finishedAt === upload.finishedAt) return;
      if (stored.finishedAt !== null) throw new TakenOverError(ENDED);
      throw new TakenOverError('another process has taken the upload over, as this one did not answer for long');
    }
    if ((await metadata.compareAndSet(key, document?.version ?? null, upload)) !== null) return;
  }
}
