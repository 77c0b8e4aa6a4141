import { inventedExport, inventedId } from '../../../testing/topology/invented-export.ts';
import type { SavedItem } from '../contender.ts';
import { World } from './world.ts';

const MINUTE_MS = 60_000;
/** Earlier than everything else that happens. */
const FIRST_SAVE = Date.UTC(2025, 0, 1);

/** A list of which only exports tell, as whole files: favourites at TikTok, with their captions. */
export class ExportWorld extends World {
  readonly listing = null;
  readonly #savedAt = new Map<number, number>();
  #clock = FIRST_SAVE;

  idOf(n: number): string {
    return inventedId(n);
  }

  itemOf(n: number): SavedItem {
    return {
      id: this.idOf(n),
      title: '',
      text: this.textOf(n),
      url: `https://www.tiktokv.com/share/video/${this.idOf(n)}/`,
      savedAt: new Date(this.#savedAt.get(n) ?? 0).toISOString(),
      stars: null,
    };
  }

  /** What the person gets who asks for it now: newest first, and it tells when it was made. */
  takeExport(): string {
    this.#clock += MINUTE_MS;
    const rows = this.saved
      .toSorted((a, b) => (this.#savedAt.get(b) ?? 0) - (this.#savedAt.get(a) ?? 0))
      .map((n) => ({ id: this.idOf(n), date: dateOf(this.#savedAt.get(n) ?? 0), caption: this.textOf(n) }));
    return JSON.stringify(inventedExport(rows, this.#clock));
  }

  protected put(n: number): void {
    // Drawn when it is saved, whoever asks for it first.
    this.textOf(n);
    if (this.#savedAt.has(n)) return;
    this.#clock += MINUTE_MS;
    this.#savedAt.set(n, this.#clock);
  }

  protected take(n: number): void {
    this.#savedAt.delete(n);
    this.#clock += MINUTE_MS;
  }
}

function dateOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
}
