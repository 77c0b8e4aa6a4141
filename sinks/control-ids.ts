import { murmur2 } from '../core/murmur2.ts';

const WANTED = 2;

/**
 * Chooses the ids of a snapshot by which the answers of its recheck are judged (law 3). Half a list apart, and others for each
 * snapshot: one that the source never shows as saved, as it may be with what needs a further sign-in, must not keep every true
 * removal from happening. The same again when the same snapshot is compared anew.
 */
export class ControlIds {
  readonly #places: readonly number[];
  readonly #chosen: string[] = [];
  readonly #firstSound: string[] = [];
  readonly #first: string[] = [];
  #seen = 0;

  /** @param count of the ids that the snapshot says it lists */
  constructor(snapshotId: string, count: number) {
    const start = Math.abs(murmur2(Buffer.from(snapshotId)));
    const places = [start, start + Math.ceil(count / 2)].map((place) => (count === 0 ? 0 : place % count));
    this.#places = places.sort((a, b) => a - b);
  }

  /** The next id that is listed. `isSound`: it was shown with its content before, and nothing is known against it. */
  see(itemId: string, isSound: boolean): void {
    const place = this.#seen++;
    if (this.#first.length < WANTED) this.#first.push(itemId);
    if (!isSound) return;
    if (this.#firstSound.length < WANTED) this.#firstSound.push(itemId);
    if (place >= (this.#places[this.#chosen.length] ?? Number.POSITIVE_INFINITY)) this.#chosen.push(itemId);
  }

  get ids(): readonly string[] {
    return [...new Set([...this.#chosen, ...this.#firstSound, ...this.#first])].slice(0, WANTED);
  }
}
