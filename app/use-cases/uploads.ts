import { randomUUID } from 'node:crypto';
import { createWriteStream, existsSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { anyOf } from '../../core/abort-signals.ts';
import { InputError, isOutage, messageOf, NotFoundError } from '../../core/errors.ts';
import { accountName } from '../../core/keys.ts';
import { Turns } from '../../core/turns.ts';
import { untilReached } from '../../core/until-reached.ts';
import type { App } from '../app.ts';
import { DATA_FILES } from '../data-folder.ts';
import { isoOf } from './format.ts';
import { type ImportProgress, type ImportRequest, importExport, importerOf } from './import-export.ts';
import { limited } from './limited.ts';
import { checkUser } from './scopes.ts';
import { safeName, seenAt, type Upload } from './upload.ts';

/** The upload is larger than allowed: HTTP 413. */
export class UploadTooLargeError extends InputError {
  readonly limitBytes: number;
  constructor(limitBytes: number, variable = 'HOARDARR_UPLOAD_LIMIT_BYTES', command = 'import') {
    super(
      `the upload exceeds ${limitBytes} bytes; ${variable} allows more, and \`hoardarr ${command}\` where Hoardarr runs has no limit`,
    );
    this.limitBytes = limitBytes;
  }
}

/** Somebody else took this process for gone: what it began is done there, and told there. */
class TakenOverError extends Error {
  override readonly name = 'TakenOverError';
}

const PREFIX = 'upload:';
const KEEP_MS = 30 * 86_400_000;
/** So long a machine that is away may take to come back to its uploads, from when it was last seen. */
const ELSEWHERE_MS = 86_400_000;
/** How often it says that it has them. */
const SEEN_EVERY_MS = 15 * 60_000;
const SAVE_EVERY_MS = 1_000;
const LOOK_EVERY_MS = 10_000;
const CUT_OFF = { status: 'failed', error: 'the upload was cut off: send it again' } as const;

/**
 * Receives exports as streams and imports them, those of one account one after another; also those that a former process left
 * behind.
 */
export class Uploads {
  readonly #app: App;
  readonly #stopping = new AbortController();
  /** progress of those that are worked on here, newer than what is stored */
  readonly #live = new Map<string, Upload>();
  /** ids of those whose bytes come in */
  readonly #receiving = new Set<string>();
  /** by account */
  readonly #turns = new Turns();
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
    this.#receiving.add(id);
    try {
      await this.#save(upload);
      const meter = limited(config.uploadLimitBytes, new UploadTooLargeError(config.uploadLimitBytes));
      await pipeline(stream, meter.stream, createWriteStream(file, { mode: 0o600, flags: 'wx', flush: true }));
      const queued: Upload = { ...upload, bytes: meter.bytes(), asOf: await about.asOf(), status: 'queued' };
      await this.#save(queued);
      this.#enqueue(queued);
      return queued;
    } catch (error) {
      this.#removeFile(upload);
      // Where the store is away, the next look finds that nobody receives it any more.
      await this.#app.metadata.remove(`${PREFIX}${id}`).catch(() => undefined);
      throw error;
    } finally {
      this.#receiving.delete(id);
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
    await this.#turns.ended();
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
    const stored = (await metadata.list(PREFIX)).map(({ key, version, value }) => ({
      key,
      version,
      upload: value as Upload,
    }));
    // In the order in which they came, since the latest export of an account counts.
    stored.sort((a, b) => ((a.upload.createdAt ?? '') < (b.upload.createdAt ?? '') ? -1 : 1));
    for (const { key, version, upload } of stored) {
      const isOpen = upload.finishedAt === null;
      if (isOpen && upload.instance === presence.instance && !this.#isHere(upload))
        await this.#take(key, version, { ...upload, ...CUT_OFF });
      else if (isOpen && upload.instance === presence.instance) {
        // Where it was written meanwhile, that says the same.
        if (seenAt(upload) < clock.now() - SEEN_EVERY_MS)
          await metadata.compareAndSet(key, version, { ...upload, seenAt: new Date(clock.now()).toISOString() });
      } else if (isOpen && !(await presence.isRunning(upload.instance)))
        await this.#takeUp(key, version, { ...upload, instance: presence.instance });
      else if (!isOpen && Date.parse(upload.createdAt ?? '') < clock.now() - KEEP_MS) await metadata.remove(key);
    }
  }

  #isHere({ id }: Upload): boolean {
    return this.#live.has(id) || this.#receiving.has(id);
  }

  async #takeUp(key: string, version: string, upload: Upload): Promise<void> {
    if (this.#isElsewhere(upload)) return;
    const isWhole = upload.status !== 'receiving' && existsSync(this.#fileOf(upload));
    await this.#take(
      key,
      version,
      isWhole ? { ...upload, status: 'queued', progress: null } : { ...upload, ...CUT_OFF },
    );
  }

  /** Queues it, or ends it, unless somebody else was first, or it has moved on since it was read. */
  async #take(key: string, version: string, upload: Upload): Promise<void> {
    const now = this.#app.clock.now();
    const taken: Upload = {
      ...upload,
      seenAt: new Date(now).toISOString(),
      finishedAt: upload.status === 'failed' ? isoOf(now) : null,
    };
    if ((await this.#app.metadata.compareAndSet(key, version, taken)) === null) return;
    if (taken.finishedAt === null) this.#enqueue(taken);
    else this.#removeFile(taken);
  }

  #enqueue(upload: Upload): void {
    this.#live.set(upload.id, upload);
    void this.#turns.take(accountName(upload), () =>
      this.#import(upload).catch((error: unknown) => {
        if (error instanceof TakenOverError) this.#live.delete(upload.id);
        if (this.#stopping.signal.aborted) return;
        this.#app.telemetry.log.error('an upload could not be recorded', {
          upload: upload.id,
          error: messageOf(error),
        });
      }),
    );
  }

  async #import(upload: Upload): Promise<void> {
    const taken = new AbortController();
    const signal = anyOf([this.#stopping.signal, taken.signal]);
    if (signal.aborted) return;
    let current: Upload = { ...upload, status: 'importing' };
    let savedAt = this.#app.clock.elapsed();
    let saving: Promise<void> = Promise.resolve();
    const progress = (seen: ImportProgress): void => {
      current = { ...current, progress: seen };
      this.#live.set(upload.id, current);
      if (this.#app.clock.elapsed() - savedAt < SAVE_EVERY_MS) return;
      savedAt = this.#app.clock.elapsed();
      saving = this.#save(current).catch((error: unknown) => {
        if (error instanceof TakenOverError) taken.abort(error);
      });
    };
    let end: Pick<Upload, 'status' | 'report' | 'error'>;
    try {
      await this.#throughOutages(() => this.#save(current));
      const { provider, user, asOf } = upload;
      const request: ImportRequest = { provider, user, file: this.#fileOf(upload), asOf, signal, progress };
      const begun = async (syncId: string): Promise<void> => {
        // What is being written knows nothing of this run, and would write over it.
        await saving;
        current = { ...current, runs: [...(current.runs ?? []), syncId] };
        await this.#save(current);
      };
      const report = await this.#throughOutages(() =>
        importExport(this.#app, { ...request, begun, earlier: current.runs ?? [] }),
      );
      end = { status: 'done', report, error: null };
    } catch (error) {
      taken.signal.throwIfAborted();
      if (error instanceof TakenOverError) throw error;
      // Taken up at the next start, also where the log that it was to be written to was left meanwhile.
      if (signal.aborted || this.#app.roles.left.aborted || typeof this.#app.movable?.movedTo() === 'string') return;
      const message = this.#app.telemetry.redactor
        .text(messageOf(error))
        .replaceAll(this.#fileOf(upload), upload.fileName);
      end = { status: 'failed', report: null, error: message };
    }
    await this.#finish({ ...current, ...end });
  }

  /** Begins anew as often as the log or the store are away: what was written of it is overtaken. */
  #throughOutages<T>(work: () => Promise<T>): Promise<T> {
    const { clock, random, telemetry } = this.#app;
    const what = 'the log or the store, for an upload,';
    return untilReached(work, {
      what,
      isAway: isOutage,
      clock,
      random,
      log: telemetry.log,
      signal: this.#stopping.signal,
    });
  }

  async #finish(upload: Upload): Promise<void> {
    const finished = { ...upload, finishedAt: isoOf(this.#app.clock.now()) };
    this.#live.set(upload.id, finished);
    await this.#throughOutages(() => this.#save(finished));
    this.#live.delete(upload.id);
    this.#removeFile(upload);
  }

  /** Throws TakenOverError where it is somebody else's by now, or has ended. */
  async #save(saved: Upload): Promise<void> {
    const { metadata, clock } = this.#app;
    const upload: Upload = { ...saved, seenAt: new Date(clock.now()).toISOString() };
    const key = `${PREFIX}${upload.id}`;
    for (;;) {
      const document = await metadata.get(key);
      const stored = document?.value as Upload | undefined;
      if (stored !== undefined && (stored.instance !== upload.instance || stored.finishedAt !== null)) {
        // It was written, though the answer did not come.
        if (stored.instance === upload.instance && stored.finishedAt === upload.finishedAt) return;
        throw new TakenOverError('another process has taken the upload over, as this one did not answer for long');
      }
      if ((await metadata.compareAndSet(key, document?.version ?? null, upload)) !== null) return;
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
    try {
      rmSync(path.dirname(this.#fileOf(upload)), { recursive: true, force: true });
    } catch (error) {
      const { log } = this.#app.telemetry;
      log.warn('the file of an upload that has ended could not be removed', {
        upload: upload.id,
        error: messageOf(error),
      });
    }
  }
}
