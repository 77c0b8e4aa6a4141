import { existsSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { messageOf } from '../../core/errors.ts';
import type { App } from '../app.ts';
import { DATA_FILES } from '../data-folder.ts';
import type { Upload } from './upload.ts';

/** The bytes of uploads in the data folder of this machine: a folder for each, named by its id, with one file in it. */
export class UploadFiles {
  readonly #folder: string;
  readonly #log: App['telemetry']['log'];

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

  /** Never throws. */
  remove(id: string): void {
    try {
      rmSync(path.join(this.#folder, id), { recursive: true, force: true });
    } catch (error) {
      const fields = { upload: id, error: messageOf(error) };
      this.#log.warn('the file of an upload that has ended could not be removed', fields);
    }
  }
}
