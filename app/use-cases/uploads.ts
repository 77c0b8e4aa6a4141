import { randomUUID } from 'node:crypto';
import { createWriteStream, existsSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { jitteredBackoffMs } from '../../core/backoff.ts';
import { InputError, isOutage, messageOf, NotFoundError } from '../../core/errors.ts';
import type { App } from '../app.ts';
import { DATA_FILES } from '../data-folder.ts';
import { isoOf } from './format.ts';
import {
  type ImportProgress,
  type ImportReport,
  type ImportRequest,
  importExport,
  importerOf,
} from './import-export.ts';
import { limited } from './limited.ts';
import { checkUser } from './scopes.ts';

export type UploadStatus = 'receiving' | 'queued' | 'importing' | 'done' | 'failed';

/** An upload as it is kept in the metadata, at `upload:ID`; it survives the process. */
export interface Upload {
  readonly id: string;
  readonly provider: string;
  readonly user: string;
  readonly fileName: string;
  /** received */
  readonly bytes: number;
  /** ms */
  readonly asOf: number | null;
  readonly status: UploadStatus;
  readonly progress: ImportProgress | null;
  readonly report: ImportReport | null;
  readonly error: string | null;
  readonly createdAt: string | null;
  readonly finishedAt: string | null;
  /** the process that works on it */
  readonly instance: string;
  /** when that process was last known to have it; not yet told by older versions */
  readonly seenAt?: string;
}

/** The upload is larger than allowed: HTTP 413. */
export class UploadTooLargeError extends InputError {
  readonly limitBytes: number;
  constructor(limitBytes: number, variable = 'HOARDARR_UPLOAD_LIMIT_BYTES', command = 'import') {
    super(`the upload exceeds ${limitBytes} bytes; ${variable} allows more, and \`hoardarr ${command}\` has no limit`);
    this.limitBytes = limitBytes;
  }
}

const PREFIX = 'upload:';
const KEEP_MS = 30 * 86_400_000;
/** So long a machine that is away may take to come back to its uploads, from when it was last seen. */
const ELSEWHERE_MS = 86_400_000;
/** How often it says that it has them. */
const SEEN_EVERY_MS = 15 * 60_000;
const SAVE_EVERY_MS = 1_000;
const LOOK_EVERY_MS = 10_000;

/** Receives exports as streams and imports them one after another, also those that a former process left behind. */
export class Uploads {
  readonly #app: App;
  readonly #stopping = new AbortController();
  /** progress of those that are worked on here, newer than what is stored */
  readonly #live = new Map<string, Upload>();
  #queue: Promise<void> = Promise.resolve();
  #looking: Promise<void> = Promise.resolve();

  constructor(app: App) {
    this.#app = app;
  }

  /** Takes up what processes that are gone have left, now and from time to time. */
  async start(): Promise<void> {
    await this.#takeUpAll();
    this.#looking = this.#look();
  }

  /**
   * Writes the stream to disk and queues its import. UploadTooLargeError when it exceeds the limit. `asOf`, in ms, is asked for
   * when the stream has come to its end, and keeps nothing of the upload when it rejects.
   */
  async receive(
    stream: Readable,
    about: {
      readonly provider: string;
      readonly user: string;
      readonly fileName: string;
      readonly asOf: () => Promise<number | null>;
    },
  ): Promise<Upload> {
    importerOf(this.#app, about.provider);
    const { clock, config } = this.#app;
    const id = randomUUID();
    const upload: Upload = {
      id,
      provider: about.provider,
      user: checkUser(about.user),
      fileName: safeName(about.fileName),
      bytes: 0,
      asOf: null,
      status: 'receiving',
      progress: null,
      report: null,
      error: null,
      createdAt: isoOf(clock.now()),
      finishedAt: null,
      instance: this.#app.presence.instance,
    };
    const file = this.#fileOf(upload);
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    await this.#save(upload);
    try {
      const meter = limited(config.uploadLimitBytes, new UploadTooLargeError(config.uploadLimitBytes));
      await pipeline(stream, meter.stream, createWriteStream(file, { mode: 0o600, flags: 'wx', flush: true }));
      const queued: Upload = { ...upload, bytes: meter.bytes(), asOf: await about.asOf(), status: 'queued' };
      await this.#save(queued);
      this.#enqueue(queued);
      return queued;
    } catch (error) {
      this.#removeFile(upload);
      await this.#app.metadata.remove(`${PREFIX}${id}`);
      throw error;
    }
  }

  async get(id: string): Promise<Upload> {
    const found = this.#live.get(id) ?? ((await this.#app.metadata.get(`${PREFIX}${id}`))?.value as Upload | undefined);
    if (found === undefined) throw new NotFoundError(`there is no upload ${id}`);
    return found;
  }

  /** Those that are not finished, and those that finished since `since` (ms). */
  async recent(since: number): Promise<readonly Upload[]> {
    const stored = (await this.#app.metadata.list(PREFIX)).map(({ value }) => value as Upload);
    return stored
      .map((upload) => this.#live.get(upload.id) ?? upload)
      .filter((upload) => upload.finishedAt === null || Date.parse(upload.finishedAt) >= since);
  }

  /** Ends the import under way; it is taken up at the next start. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the process ends'));
    await this.#looking;
    await this.#queue;
  }

  async #look(): Promise<void> {
    const { clock, telemetry } = this.#app;
    while (!this.#stopping.signal.aborted) {
      await clock.sleep(LOOK_EVERY_MS, this.#stopping.signal).catch(() => undefined);
      if (this.#stopping.signal.aborted) return;
      await this.#takeUpAll().catch((error: unknown) =>
        telemetry.log.warn('uploads could not be looked through', { error: messageOf(error) }),
      );
    }
  }

  async #takeUpAll(): Promise<void> {
    const { metadata, clock, presence } = this.#app;
    for (const { key, version, value } of await metadata.list(PREFIX)) {
      const upload = value as Upload;
      const isOpen = upload.finishedAt === null;
      if (isOpen && upload.instance === presence.instance) {
        // Where it was written meanwhile, that says the same.
        if (seenAt(upload) < clock.now() - SEEN_EVERY_MS)
          await metadata.compareAndSet(key, version, { ...upload, seenAt: new Date(clock.now()).toISOString() });
      } else if (isOpen && !(await presence.isRunning(upload.instance)))
        await this.#takeUp({ ...upload, instance: presence.instance });
      else if (!isOpen && Date.parse(upload.createdAt ?? '') < clock.now() - KEEP_MS) await metadata.remove(key);
    }
  }

  async #takeUp(upload: Upload): Promise<void> {
    if (this.#isElsewhere(upload)) return;
    if (upload.status === 'receiving' || !existsSync(this.#fileOf(upload))) {
      await this.#finish({
        ...upload,
        status: 'failed',
        error: 'the upload was cut off when the process ended: send it again',
      });
      return;
    }
    const queued: Upload = { ...upload, status: 'queued', progress: null };
    await this.#save(queued);
    this.#enqueue(queued);
  }

  #enqueue(upload: Upload): void {
    this.#live.set(upload.id, upload);
    this.#queue = this.#queue
      .then(() => this.#import(upload))
      .catch((error: unknown) =>
        this.#app.telemetry.log.error('an upload could not be recorded', {
          upload: upload.id,
          error: messageOf(error),
        }),
      );
  }

  async #import(upload: Upload): Promise<void> {
    const { signal } = this.#stopping;
    if (signal.aborted) return;
    let current: Upload = { ...upload, status: 'importing' };
    await this.#save(current);
    let savedAt = this.#app.clock.elapsed();
    const progress = (seen: ImportProgress): void => {
      current = { ...current, progress: seen };
      this.#live.set(upload.id, current);
      if (this.#app.clock.elapsed() - savedAt < SAVE_EVERY_MS) return;
      savedAt = this.#app.clock.elapsed();
      void this.#save(current).catch(() => undefined);
    };
    try {
      const { provider, user, asOf } = upload;
      const report = await this.#throughOutages({ provider, user, file: this.#fileOf(upload), asOf, signal, progress });
      await this.#finish({ ...current, status: 'done', report });
    } catch (error) {
      // Taken up at the next start, also where the log that it was to be written to was left meanwhile.
      if (signal.aborted || this.#app.roles.left.aborted || typeof this.#app.movable?.movedTo() === 'string') return;
      const message = this.#app.telemetry.redactor
        .text(messageOf(error))
        .replaceAll(this.#fileOf(upload), upload.fileName);
      await this.#finish({ ...current, status: 'failed', error: message });
    }
  }

  /** Begins anew as often as the log or the store are away: what was written of it is overtaken. */
  async #throughOutages(request: ImportRequest): Promise<ImportReport> {
    const { clock, random, telemetry } = this.#app;
    for (let attempt = 0; ; attempt++) {
      try {
        return await importExport(this.#app, request);
      } catch (error) {
        if (!isOutage(error)) throw error;
        telemetry.log.warn('an upload waits for the log or the store', { error: messageOf(error), attempt });
      }
      await clock.sleep(jitteredBackoffMs(attempt, random()), request.signal);
    }
  }

  async #finish(upload: Upload): Promise<void> {
    const finished = { ...upload, finishedAt: isoOf(this.#app.clock.now()) };
    this.#live.set(upload.id, finished);
    await this.#save(finished);
    this.#live.delete(upload.id);
    this.#removeFile(upload);
  }

  async #save(saved: Upload): Promise<void> {
    const { metadata, clock } = this.#app;
    const upload: Upload = { ...saved, seenAt: new Date(clock.now()).toISOString() };
    const key = `${PREFIX}${upload.id}`;
    for (;;) {
      const stored = await metadata.get(key);
      const isOver = (stored?.value as Upload | undefined)?.finishedAt ?? null;
      // Progress that was on its way must not undo the end.
      if (isOver !== null && upload.finishedAt === null) return;
      if ((await metadata.compareAndSet(key, stored?.version ?? null, upload)) !== null) return;
    }
  }

  /** Its bytes lie on the machine that received them, and are taken in when that is back. */
  #isElsewhere(upload: Upload): boolean {
    const { clock, config } = this.#app;
    if (config.store === 'sqlite' || existsSync(path.join(config.dataDir, DATA_FILES.uploads, upload.id))) return false;
    return seenAt(upload) > clock.now() - ELSEWHERE_MS;
  }

  #fileOf(upload: Upload): string {
    return path.join(this.#app.config.dataDir, DATA_FILES.uploads, upload.id, upload.fileName);
  }

  #removeFile(upload: Upload): void {
    rmSync(path.dirname(this.#fileOf(upload)), { recursive: true, force: true });
  }
}

/** ms since the epoch; NaN where nobody ever said */
function seenAt(upload: Upload): number {
  return Date.parse(upload.seenAt ?? upload.createdAt ?? '');
}

/** The name tells lists apart, and is never used as a path. */
function safeName(name: string): string {
  const safe = path
    .basename(name)
    .replace(/[^A-Za-z0-9._ -]/g, '_')
    .replace(/^\.+/, '')
    .slice(0, 100)
    .trim();
  return safe === '' ? 'upload' : safe;
}
