import { randomUUID } from 'node:crypto';
import { createWriteStream, existsSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { anyOf } from '../../core/abort-signals.ts';
import { BusyError, InputError, messageOf, NotFoundError } from '../../core/errors.ts';
import { accountName } from '../../core/keys.ts';
import { Turns } from '../../core/turns.ts';
import type { App } from '../app.ts';
import { isoOf } from './format.ts';
import { importerOf } from './import-export.ts';
import { importUpload } from './import-upload.ts';
import { receive } from './receive.ts';
import { checkUser } from './scopes.ts';
import { ERASED, safeName, seenAt, UPLOADS, type Upload, uploadKey } from './upload.ts';
import { UploadFiles } from './upload-files.ts';
import { TakenOverError, UploadRecord } from './upload-record.ts';

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

export class EmptyUploadError extends InputError {
  constructor() {
    super('the upload is empty: send the export as the body, or as a file of a form');
  }
}

const KEEP_MS = 30 * 86_400_000;
/** So long a machine that is away may take to come back to its uploads, from when it was last seen. */
const ELSEWHERE_MS = 86_400_000;
/** How often it says that it has them. */
const SEEN_EVERY_MS = 15 * 60_000;
const LOOK_EVERY_MS = 10_000;
/**
 * So old are files that no document tells of, when they go: another process may be about to write it, and where a process was
 * given another store by mistake, it lies there.
 */
const UNTOLD_MS = 86_400_000;
const CUT_OFF = { status: 'failed', error: 'the upload was cut off: send it again' } as const;

/** Bytes of an upload that come in. */
interface Receipt {
  readonly cut: AbortController;
  /** resolves when all of it is stored, or nothing */
  readonly ended: Promise<unknown>;
}

/**
 * Receives exports as streams and imports them, those of one account one after another; also those that a former process left
 * behind.
 */
export class Uploads {
  readonly #app: App;
  readonly #stopping = new AbortController();
  readonly #files: UploadFiles;
  /** by id, those that come in, wait or are imported here */
  readonly #live = new Map<string, UploadRecord>();
  /** by id, those whose bytes come in */
  readonly #receiving = new Map<string, Receipt>();
  /** by account */
  readonly #turns = new Turns();
  #looking: Promise<void> = Promise.resolve();

  constructor(app: App) {
    this.#app = app;
    this.#files = new UploadFiles(app);
  }

  /** Takes up what processes that are gone have left, now and from time to time, also where the store is away at first. */
  async start(): Promise<void> {
    await this.#lookThrough();
    this.#looking = this.#look();
  }

  /**
   * Writes the stream to disk and queues its import. UploadTooLargeError when it exceeds the limit, EmptyUploadError without a byte.
   * `asOf`, in ms, is asked for when the stream has come to its end, and keeps nothing of the upload when it rejects. What is sent
   * again under the `id` that its sender gave it, as where the answer was lost, is the same upload, and is imported once.
   */
  async receive(
    stream: Readable,
    about: {
      readonly id?: string | undefined;
      readonly provider: string;
      readonly user: string;
      readonly fileName: string;
      readonly asOf: () => Promise<number | null>;
    },
  ): Promise<Upload> {
    importerOf(this.#app, about.provider);
    const { clock } = this.#app;
    const id = about.id ?? randomUUID();
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
    // Its connection may have broken without a word: the later sending counts.
    for (let open = this.#receiving.get(id); open !== undefined; open = this.#receiving.get(id)) {
      open.cut.abort(new InputError('the upload was sent again'));
      await open.ended;
    }
    const cut = new AbortController();
    const received = this.#receiveOnce(stream, upload, about.asOf, cut.signal).finally(() =>
      this.#receiving.delete(id),
    );
    this.#receiving.set(id, { cut, ended: received.catch(() => undefined) });
    return await received;
  }

  async #receiveOnce(
    stream: Readable,
    upload: Upload,
    asOf: () => Promise<number | null>,
    signal: AbortSignal,
  ): Promise<Upload> {
    const known = await this.#sentBefore(upload);
    if (known === null) return await this.#write(stream, upload, asOf, signal);
    await finished(stream.resume()).catch(() => undefined);
    return known;
  }

  /** What was made of it when it was sent before; null where not all of it came. */
  async #sentBefore(upload: Upload): Promise<Upload | null> {
    const { id, instance } = upload;
    const before = this.#live.get(id)?.current ?? (await this.#stored(id));
    if (before === undefined) return null;
    if (before.provider !== upload.provider || before.user !== upload.user)
      throw new InputError(`the id ${id} is of an upload for another account: choose a new one`);
    const isOpen = before.status === 'receiving';
    if (!isOpen && before.error !== CUT_OFF.error) return before;
    if (isOpen && before.instance !== instance && (await this.#app.presence.isRunning(before.instance)))
      throw new BusyError('another process is still receiving this upload');
    this.#files.remove(id);
    await this.#app.metadata.remove(uploadKey(upload));
    return null;
  }

  async #write(
    stream: Readable,
    upload: Upload,
    asOf: () => Promise<number | null>,
    signal: AbortSignal,
  ): Promise<Upload> {
    const { uploadLimitBytes } = this.#app.config;
    const record = new UploadRecord(this.#app, upload);
    try {
      const file = this.#files.prepare(upload);
      await record.change({});
      this.#live.set(upload.id, record);
      const written = createWriteStream(file, { mode: 0o600, flags: 'wx', flush: true });
      const limit = { bytes: uploadLimitBytes, tooLarge: new UploadTooLargeError(uploadLimitBytes) };
      const bytes = await receive(stream, written, limit, anyOf([signal, record.overtaken]));
      if (bytes === 0) throw new EmptyUploadError();
      await record.change({ bytes, asOf: await asOf(), status: 'queued' });
      this.#enqueue(record);
      return record.current;
    } catch (error) {
      this.#drop(record);
      this.#files.remove(upload.id);
      const ended = record.overtaken.aborted ? await this.#stored(upload.id) : undefined;
      if (ended?.error === ERASED.error) return ended;
      // Where the store is away, the next look finds that nobody receives it any more.
      await this.#app.metadata.remove(uploadKey(upload)).catch(() => undefined);
      throw error;
    }
  }

  async get(id: string): Promise<Upload> {
    const found = this.#live.get(id)?.current ?? (await this.#stored(id));
    if (found === undefined) throw new NotFoundError(`there is no upload ${id}`);
    return found;
  }

  /** Those that are not finished, and those that finished since `since` (ms). */
  async recent(since: number): Promise<readonly Upload[]> {
    const stored = (await this.#app.metadata.list(UPLOADS)).map(({ value }) => value as Upload);
    return stored
      .map((upload) => this.#live.get(upload.id)?.current ?? upload)
      .filter((upload) => upload.finishedAt === null || Date.parse(upload.finishedAt) >= since);
  }

  /** Ends the import under way; it is taken up at the next start. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the process ends'));
    await this.#looking;
    await this.#turns.ended();
  }

  async #look(): Promise<void> {
    const { clock } = this.#app;
    while (!this.#stopping.signal.aborted) {
      await clock.sleep(LOOK_EVERY_MS, this.#stopping.signal).catch(() => undefined);
      if (this.#stopping.signal.aborted) return;
      await this.#lookThrough();
    }
  }

  async #lookThrough(): Promise<void> {
    try {
      await this.#takeUpAll();
      await this.#removeLeft();
    } catch (error) {
      this.#app.telemetry.log.warn('uploads could not be looked through', { error: messageOf(error) });
    }
  }

  async #takeUpAll(): Promise<void> {
    const { metadata, clock, presence } = this.#app;
    const stored = (await metadata.list(UPLOADS)).map(({ key, version, value }) => ({
      key,
      version,
      upload: value as Upload,
    }));
    // In the order in which they came, since the latest export of an account counts.
    stored.sort((a, b) => ((a.upload.createdAt ?? '') < (b.upload.createdAt ?? '') ? -1 : 1));
    for (const { key, version, upload } of stored) {
      const isOpen = upload.finishedAt === null;
      const isOurs = upload.instance === presence.instance;
      if (isOpen && this.#isHere(upload.id)) {
        // Where it was written meanwhile, that says the same.
        if (isOurs && seenAt(upload) < clock.now() - SEEN_EVERY_MS)
          await metadata.compareAndSet(key, version, { ...upload, seenAt: new Date(clock.now()).toISOString() });
      } else if (isOpen && (isOurs || !(await presence.isRunning(upload.instance))))
        await this.#takeUp(key, version, upload);
      else if (this.#live.has(upload.id)) await this.#heed(upload.id);
      else if (!isOpen && Date.parse(upload.createdAt ?? '') < clock.now() - KEEP_MS) await metadata.remove(key);
    }
  }

  /** What somebody else ended, as with its account, is not taken in here. Read anew: it may have been sent again since. */
  async #heed(id: string): Promise<void> {
    const record = this.#live.get(id);
    const stored = await this.#stored(id);
    if (record !== undefined && stored !== undefined && record.heed(stored)) this.#drop(record);
  }

  #isHere(id: string): boolean {
    return this.#live.has(id) || this.#receiving.has(id);
  }

  /** Also this process's own: of one that it could not receive, or whose import ended when the API stood still here. */
  async #takeUp(key: string, version: string, left: Upload): Promise<void> {
    if (this.#isElsewhere(left)) return;
    const upload: Upload = { ...left, instance: this.#app.presence.instance };
    const isWhole = upload.status !== 'receiving' && existsSync(this.#files.fileOf(upload));
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
    if (taken.finishedAt === null) this.#enqueue(new UploadRecord(this.#app, taken));
    else this.#files.remove(taken.id);
  }

  /** Removes what nobody imports any more, as where a process ended between the end of an upload and the removal of its file. */
  async #removeLeft(): Promise<void> {
    const oldest = this.#app.clock.now() - UNTOLD_MS;
    for (const { id, changedAt } of this.#files.list()) {
      if (this.#isHere(id)) continue;
      const upload = await this.#stored(id);
      const isLeft = upload === undefined ? changedAt < oldest : upload.finishedAt !== null;
      if (isLeft) this.#files.remove(id);
    }
  }

  async #stored(id: string): Promise<Upload | undefined> {
    return (await this.#app.metadata.get(uploadKey({ id })))?.value as Upload | undefined;
  }

  #enqueue(record: UploadRecord): void {
    const { current: upload } = record;
    const { id } = upload;
    this.#live.set(id, record);
    void this.#turns.take(accountName(upload), async () => {
      try {
        const file = this.#files.fileOf(upload);
        if (!(await importUpload(this.#app, record, file, this.#stopping.signal))) return;
        this.#drop(record);
        this.#files.remove(id);
      } catch (error) {
        if (error instanceof TakenOverError) this.#drop(record);
        if (this.#stopping.signal.aborted) return;
        const fields = { upload: id, error: messageOf(error) };
        const level = error instanceof TakenOverError ? 'warn' : 'error';
        this.#app.telemetry.log[level]('an upload could not be recorded', fields);
      }
    });
  }

  /** By its id, another one may be here by now. */
  #drop(record: UploadRecord): void {
    const { id } = record.current;
    if (this.#live.get(id) === record) this.#live.delete(id);
  }

  /** Its bytes lie on the machine that received them, and are taken in when that is back. */
  #isElsewhere(upload: Upload): boolean {
    const { clock, config, presence } = this.#app;
    if (config.store === 'sqlite' || upload.instance === presence.instance || this.#files.has(upload)) return false;
    return seenAt(upload) > clock.now() - ELSEWHERE_MS;
  }
}
