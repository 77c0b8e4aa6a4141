import { messageOf, NotFoundError } from '../../core/errors.ts';
import { type Scope, scopeName } from '../../core/keys.ts';
import type { App } from '../app.ts';
import { type Image, ImageUnavailableError } from './fetch-image.ts';
import { type CachedItem, ThumbnailCache } from './thumbnail-cache.ts';

const CONCURRENT = 6;
/** So long an image that could not be fetched is not asked for again. */
const PAUSE_MS = 600_000;
const MOST_PAUSED = 5_000;
const SWEEP_EVERY_MS = 3_600_000;

/** Thumbnails of items: from the cache, else from where the provider keeps them, so that no browser has to ask there. */
export class Thumbnails {
  readonly #app: App;
  readonly #cache: ThumbnailCache;
  readonly #closing: AbortSignal;
  readonly #fetching = new Map<string, Promise<Image>>();
  readonly #pausedUntil = new Map<string, number>();
  readonly #waiting: (() => void)[] = [];
  #busy = 0;

  constructor(app: App, closing: AbortSignal) {
    this.#app = app;
    this.#cache = new ThumbnailCache(app.config.dataDir);
    this.#closing = closing;
  }

  /** Until it closes, drops from time to time what was purged or hidden meanwhile, wherever that was decided. */
  async run(): Promise<void> {
    const { clock, telemetry } = this.#app;
    while (!this.#closing.aborted) {
      await this.sweep().catch((error: unknown) =>
        telemetry.log.warn('thumbnails could not be looked through', { error: messageOf(error) }),
      );
      await clock.sleep(SWEEP_EVERY_MS, this.#closing).catch(() => undefined);
    }
  }

  /** One look at what is cached. */
  async sweep(): Promise<void> {
    for (const item of await this.#cache.items()) {
      const row = (await this.#app.store.rows(item.scope, [item.itemId])).get(item.itemId);
      if (row === undefined || row.state === 'purged' || row.hidden) await this.#cache.remove(item);
    }
  }

  /** NotFoundError where the item has none, or none can be had now. */
  async get(scope: Scope, itemId: string): Promise<Image> {
    const item = { scope: scopeName(scope), itemId };
    const found = await this.#app.store.item(item.scope, itemId);
    const url = found === null || found.row.hidden ? null : (found.content?.thumbnailUrl ?? null);
    if (url === null) throw new NotFoundError(`the item ${itemId} has no thumbnail`);
    const cached = await this.#cache.get(item);
    if (cached !== null) return cached;
    const name = `${item.scope} ${itemId}`;
    if ((this.#pausedUntil.get(name) ?? 0) > this.#app.clock.elapsed()) throw unavailable(itemId);
    const known = this.#fetching.get(name);
    if (known !== undefined) return known;
    const fetching = this.#inTurn(() => this.#fetch(scope, item, url)).finally(() => this.#fetching.delete(name));
    this.#fetching.set(name, fetching);
    return fetching;
  }

  async #fetch(scope: Scope, item: CachedItem, url: string): Promise<Image> {
    try {
      const image = await this.#fetchFresh(scope, item.itemId, url);
      await this.#cache.put(item, image);
      // It may have been purged while it was on its way.
      const row = (await this.#app.store.rows(item.scope, [item.itemId])).get(item.itemId);
      if (row === undefined || row.state === 'purged' || row.hidden) await this.#cache.remove(item);
      return image;
    } catch (error) {
      if (!(error instanceof ImageUnavailableError)) throw error;
      this.#app.telemetry.log.debug('a thumbnail could not be fetched', { itemId: item.itemId, error: error.message });
      this.#pause(`${item.scope} ${item.itemId}`);
      throw unavailable(item.itemId);
    }
  }

  /** TikTok's addresses are valid for two days, and it is asked for another one where one is over. */
  async #fetchFresh({ provider }: Scope, itemId: string, url: string): Promise<Image> {
    const { fetchImage, tiktokThumbnail } = this.#app;
    if (provider !== 'tiktok') return fetchImage(url, this.#closing);
    if (tiktokThumbnail === null) throw new ImageUnavailableError('TIKTOK_OEMBED_URL=off: TikTok is not asked');
    if (!isExpired(url, this.#app.clock.now())) {
      try {
        return await fetchImage(url, this.#closing);
      } catch (error) {
        if (!(error instanceof ImageUnavailableError)) throw error;
      }
    }
    const fresh = await tiktokThumbnail(itemId, this.#closing);
    if (fresh === null) throw new ImageUnavailableError('TikTok does not show the video any more');
    return fetchImage(fresh, this.#closing);
  }

  #pause(name: string): void {
    const [oldest] = this.#pausedUntil.keys();
    if (this.#pausedUntil.size >= MOST_PAUSED && oldest !== undefined) this.#pausedUntil.delete(oldest);
    this.#pausedUntil.set(name, this.#app.clock.elapsed() + PAUSE_MS);
  }

  /** A page of a grid asks for a hundred at once. */
  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#busy >= CONCURRENT) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#busy++;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#busy--;
      else next();
    }
  }
}

function unavailable(itemId: string): NotFoundError {
  return new NotFoundError(`the thumbnail of ${itemId} cannot be had now; it is asked for again later`);
}

/** As the address says itself, in seconds since 1970. */
function isExpired(url: string, now: number): boolean {
  const expires = URL.canParse(url) ? Number(new URL(url).searchParams.get('x-expires') ?? Number.NaN) : Number.NaN;
  return expires * 1_000 <= now;
}
