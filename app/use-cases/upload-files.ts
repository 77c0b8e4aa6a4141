import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { messageOf } from '../../core/errors.ts';
import type { App } from '../app.ts';
import { DATA_FILES } from '../data-folder.ts';
import type { Upload } from './upload.ts';

/** What bears no id of an upload is not ours. */
export const UPLOAD_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The bytes of uploads in the data folder of this machine: a folder for each, named by its id, with one file in it. */
export class UploadFiles {
  readonly #folder: string;
  readonly #log: App['telemetry']['log'];
  /** ids of those whose removal failed, which is said once */
  readonly #stuck = new Set<string>();

  constructor({ config, telemetry }: App) {
    this.#folder = path.join(config.dataDir, DATA_FILES.uploads);
    this.#log = telemetry.log;
  }

  fileOf({ id, fileName }: Upload): string {
    return path.join(this.#folder, id, fileName);
  }

  /** Makes the folder in which the file is to lie, and returns the file's path. */
  prepare(upload: Upload): string {
    const file = this.fileOf(upload);
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    return file;
  }

  /** Whether it was received here, in part or whole. */
  has({ id }: Upload): boolean {
    return existsSync(path.join(this.#folder, id));
  }

  /** Ids of those that lie here, with when their folder was made or changed last, ms. */
  list(): readonly { readonly id: string; readonly changedAt: number }[] {
    if (!existsSync(this.#folder)) return [];
    return readdirSync(this.#folder)
      .filter((name) => UPLOAD_ID.test(name))
      .flatMap((id) => {
        const found = statSync(path.join(this.#folder, id), { throwIfNoEntry: false });
        return found === undefined ? [] : [{ id, changedAt: found.mtimeMs }];
      });
  }

  /** Never throws: what cannot be removed is tried again from time to time. */
  remove(id: string): void {
    try {
      rmSync(path.join(this.#folder, id), { recursive: true, force: true });
      this.#stuck.delete(id);
    } catch (error) {
      if (this.#stuck.has(id)) return;
      this.#stuck.add(id);
      const fields = { upload: id, error: messageOf(error) };
      this.#log.warn('the file of an upload that has ended could not be removed', fields);
    }
  }
}
