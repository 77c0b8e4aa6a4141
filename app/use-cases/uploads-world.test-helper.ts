import { once } from 'node:events';
import { copyFileSync, createReadStream, existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CliWorld, videos } from '../../cli/run-cli.test-helper.ts';
import { StoreUnavailableError } from '../../core/errors.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { MetadataStore } from '../../core/ports/metadata-store.ts';
import type { Importer } from '../../producers/import-run.ts';
import type { App } from '../app.ts';
import { systemClock } from '../clock.ts';
import { loadConfig } from '../config.ts';
import { openApp } from '../open-app.ts';
import { Presence } from '../presence.ts';
import { createTelemetry } from '../telemetry.ts';
import type { Upload } from './upload.ts';
import { Uploads } from './uploads.ts';

export const ID = '00000000-0000-4000-8000-000000000001';

/** Received by a machine that is away. */
export const LEFT: Upload = {
  id: ID,
  provider: 'tiktok',
  user: 'me',
  fileName: 'x.json',
  bytes: 3,
  asOf: null,
  status: 'queued',
  progress: null,
  report: null,
  error: null,
  createdAt: null,
  finishedAt: null,
  instance: 'another-machine:7:1:1',
};

/** A process that takes uploads over from this one. */
export const OTHER = 'process-2:7:1:1';

/** No wait is longer: outages are over soon, and many looks are made. */
const LONGEST_WAIT_MS = 20;
const LIMIT_MS = 60_000;

/** A data folder with uploads in it, and processes that work on them. */
export class UploadsWorld {
  readonly cli: CliWorld;
  readonly app: App;
  /** ms that passed for those who measure how long something takes, beside those of the machine's clock */
  passedMs = 0;
  /** users of the imports that began */
  readonly imports: string[] = [];
  readonly #opened: Uploads[] = [];

  private constructor(cli: CliWorld, app: App) {
    this.cli = cli;
    this.app = app;
  }

  static async open(): Promise<UploadsWorld> {
    const cli = new CliWorld();
    const config = loadConfig({ dataDir: cli.dataDir }, cli.env);
    return new UploadsWorld(cli, await openApp(config, createTelemetry({ level: 'silent', secrets: [] })));
  }

  async close(): Promise<void> {
    for (const each of this.#opened) await each.stop();
    await this.app.close();
    this.cli.remove();
  }

  /** Of a process that has these parts instead; not started yet. */
  uploads(parts: Partial<App> = {}): Uploads {
    const clock: Clock = {
      now: () => systemClock.now(),
      elapsed: () => systemClock.elapsed() + this.passedMs,
      sleep: (ms, signal) => systemClock.sleep(Math.min(ms, LONGEST_WAIT_MS), signal),
    };
    const made = new Uploads({ ...this.app, clock, ...parts });
    this.#opened.push(made);
    return made;
  }

  /** The same, of a machine that shares its store with others. */
  ofMachine(parts: Partial<App> = {}): Uploads {
    const presence = new Presence(this.app.metadata, this.app.clock, 'this-machine:7:1:1');
    return this.uploads({ presence, config: { ...this.app.config, store: 'couchbase' }, ...parts });
  }

  /** The real one, which is called when `before` has resolved. */
  importers(before: (options: Parameters<Importer>[1]) => Promise<void>): Pick<App, 'importers'> {
    const importer: Importer = async (file, options) => {
      this.imports.push(options.user);
      await before(options);
      return this.realImporter(file, options);
    };
    return { importers: new Map([['tiktok', importer]]) };
  }

  get realImporter(): Importer {
    const real = this.app.importers.get('tiktok');
    if (real === undefined) throw new Error('there is no importer');
    return real;
  }

  /** What a process that is gone left: the document and, with `liesHere`, the file. */
  async leave(fields: Partial<Upload> = {}, liesHere = true): Promise<void> {
    const upload: Upload = { ...LEFT, createdAt: new Date().toISOString(), ...fields };
    if (liesHere) this.lie(upload);
    await this.app.metadata.compareAndSet(`upload:${upload.id}`, null, upload);
  }

  /** The bytes of an upload lie on this machine's disk. */
  lie(upload: Pick<Upload, 'id' | 'fileName'> = LEFT): void {
    mkdirSync(this.folder(upload.id), { recursive: true });
    copyFileSync(this.cli.export('x.json', videos(3)), path.join(this.folder(upload.id), upload.fileName));
  }

  folder(id = ID): string {
    return path.join(this.cli.dataDir, 'uploads', id);
  }

  hasFile(id = ID): boolean {
    return existsSync(path.join(this.folder(id), 'x.json'));
  }

  async stored(id = ID): Promise<Upload | undefined> {
    return (await this.app.metadata.get(`upload:${id}`))?.value as Upload | undefined;
  }

  async receive(uploads: Uploads, user = 'me', id?: string): Promise<string> {
    const stream = createReadStream(this.cli.export(`${user}.json`, videos(3)));
    await once(stream, 'open');
    const about = { id, provider: 'tiktok', user, fileName: 'x.json', asOf: async () => null };
    return (await uploads.receive(stream, about)).id;
  }

  /** Waits until it has ended, or is the other process's, as it is told here. */
  async ended(uploads: Uploads, id = ID): Promise<Upload> {
    let upload = await uploads.get(id);
    await until(async () => {
      upload = await uploads.get(id);
      return upload.finishedAt !== null || upload.instance === OTHER;
    });
    return upload;
  }

  /** The other process, which runs, takes the upload for its own, and tells this of it. */
  async takeOver(fields: Partial<Upload> = {}): Promise<void> {
    const presence = new Presence(this.app.metadata, this.app.clock, OTHER);
    await presence.beat(['api']);
    for (;;) {
      const document = await this.app.metadata.get(`upload:${ID}`);
      const taken = { ...(document?.value as Upload), instance: presence.instance, ...fields };
      if ((await this.app.metadata.compareAndSet(`upload:${ID}`, document?.version ?? null, taken)) !== null) return;
    }
  }

  /** The metadata, whose writes of uploads wait for this (null: a removal), and are refused where it rejects. */
  metadataThat(before: (value: Upload | null) => Promise<void>): MetadataStore {
    const { metadata } = this.app;
    return {
      get: (key) => metadata.get(key),
      list: (prefix) => metadata.list(prefix),
      eraseFreed: () => metadata.eraseFreed(),
      close: () => metadata.close(),
      async remove(key) {
        if (key.startsWith('upload:')) await before(null);
        await metadata.remove(key);
      },
      async compareAndSet(key, expected, value) {
        if (key.startsWith('upload:')) await before(value as Upload);
        return await metadata.compareAndSet(key, expected, value);
      },
    };
  }

  /** The store is away for these writes of uploads. */
  metadataAway(refuses: (value: Upload | null) => boolean): MetadataStore {
    return this.metadataThat(async (value) => {
      if (refuses(value)) throw new StoreUnavailableError('cut off');
    });
  }
}

/** A promise, and what resolves it. */
export function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

/** Rejects where it does not come to be within a few seconds. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = systemClock.elapsed() + LIMIT_MS;
  while (!(await condition())) {
    if (systemClock.elapsed() > end) throw new Error(`it did not happen within ${LIMIT_MS} ms`);
    await sleep(5);
  }
}
