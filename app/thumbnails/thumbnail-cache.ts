import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { DATA_FILES } from '../data-folder.ts';
import type { Image } from './fetch-image.ts';
import { imageTypeOf } from './image-type.ts';

export interface CachedItem {
  readonly scope: string;
  readonly itemId: string;
}

const DEFAULT_LIMIT_BYTES = 256_000_000;
/** What is left of a cache that grew too large, so that it is not looked through at every write. */
const KEPT_SHARE = 0.9;
const NAME = /^[0-9a-f]{64}$/;
const UNFINISHED = '.part';
/** What is older was cut off with its process. */
const STALE_MS = 3_600_000;

/**
 * Images by item, a file each, in the data folder: those that were not looked at for the longest time go when there are too
 * many bytes. Several processes may use it at once. The first line of a file names its item.
 */
export class ThumbnailCache {
  readonly #folder: string;
  readonly #limitBytes: number;
  /** null: not counted yet */
  #bytes: number | null = null;

  constructor(dataDir: string, limitBytes = DEFAULT_LIMIT_BYTES) {
    this.#folder = path.join(dataDir, DATA_FILES.thumbnails);
    this.#limitBytes = limitBytes;
  }

  async get(item: CachedItem): Promise<Image | null> {
    const file = this.#fileOf(item);
    const content = await readFile(file).catch(() => null);
    if (content === null) return null;
    const bytes = content.subarray(content.indexOf('\n') + 1);
    const type = imageTypeOf(bytes);
    if (type === null) return null;
    const now = new Date();
    // That it was used is no more than a hint.
    await utimes(file, now, now).catch(() => undefined);
    return { type, bytes };
  }

  async put(item: CachedItem, { bytes }: Image): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const file = this.#fileOf(item);
    const content = Buffer.concat([Buffer.from(`${JSON.stringify(item)}\n`), bytes]);
    const unfinished = path.join(this.#folder, `${randomUUID()}${UNFINISHED}`);
    await writeFile(unfinished, content, { mode: 0o600 });
    await rename(unfinished, file);
    this.#bytes = this.#bytes === null ? null : this.#bytes + content.length;
    if (this.#bytes === null || this.#bytes > this.#limitBytes) await this.#shrink();
  }

  async remove(item: CachedItem): Promise<void> {
    await rm(this.#fileOf(item), { force: true });
  }

  /** The items that it has images of. What says of no item whose it is, or was cut off, is removed: nothing else would find it. */
  async items(): Promise<readonly CachedItem[]> {
    await this.#dropUnfinished();
    const items: CachedItem[] = [];
    for (const name of await this.#names()) {
      const file = path.join(this.#folder, name);
      const content = await readFile(file).catch(() => null);
      const item = content === null ? null : itemOf(content);
      if (item !== null) items.push(item);
      else if (content !== null) await rm(file, { force: true });
    }
    return items;
  }

  async #dropUnfinished(): Promise<void> {
    for (const name of (await this.#files()).filter((each) => each.endsWith(UNFINISHED))) {
      const file = path.join(this.#folder, name);
      const found = await stat(file).catch(() => null);
      if (found !== null && Date.now() - found.mtimeMs > STALE_MS) await rm(file, { force: true });
    }
  }

  async #shrink(): Promise<void> {
    const files = [];
    for (const name of await this.#names()) {
      const file = path.join(this.#folder, name);
      const found = await stat(file).catch(() => null);
      if (found !== null) files.push({ file, bytes: found.size, usedAt: found.mtimeMs });
    }
    let bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    if (bytes > this.#limitBytes) {
      for (const { file, bytes: freed } of files.sort((a, b) => a.usedAt - b.usedAt)) {
        if (bytes <= this.#limitBytes * KEPT_SHARE) break;
        await rm(file, { force: true });
        bytes -= freed;
      }
    }
    this.#bytes = bytes;
  }

  async #names(): Promise<readonly string[]> {
    return (await this.#files()).filter((name) => NAME.test(name));
  }

  async #files(): Promise<readonly string[]> {
    return await readdir(this.#folder).catch(() => []);
  }

  /** Never made of what a provider says, but of its hash. */
  #fileOf({ scope, itemId }: CachedItem): string {
    return path.join(this.#folder, createHash('sha256').update(`${scope} ${itemId}`).digest('hex'));
  }
}

/** Null where the first line does not say it: a power cut may leave a name without its bytes. */
function itemOf(content: Buffer): CachedItem | null {
  try {
    return JSON.parse(content.toString('utf8', 0, Math.max(0, content.indexOf('\n')))) as CachedItem;
  } catch {
    return null;
  }
}
