/** Items that were saved one after the other, with nothing between them that an export lists, and are all absent from it. */
export interface Gap {
  readonly count: number;
  /** when the first and the last of them were saved, ms */
  readonly from: number;
  readonly to: number;
}

/** A run is no gap where chance alone would make one as long in this share of all exports, or more often. */
const CHANCE = 0.05;

/**
 * Finds the gaps of an export: takes the dates of what is absent from it, then those of what it lists, in any order. Memory goes
 * with what is absent alone.
 *
 * Who cleans up takes out items here and there, or a few neighbours; a page that was lost takes all that stood on it. So `least`
 * neighbours are a gap, where that many are not to be expected among so many absent ones. docs/decisions/0029 has the figures.
 */
export class GapFinder {
  readonly #least: number;
  readonly #absent: number;
  /** dates of what is absent, ascending, and of how many items each is */
  readonly #dates: readonly number[];
  readonly #counts: readonly number[];
  /** at 2i: something listed was saved just before date i; at 2i + 1: at the same moment, so that nobody knows the order */
  readonly #listedAt: Uint8Array;
  #listed = 0;

  /** @param absent when each absent item was saved, ms */
  constructor(absent: readonly number[], least: number) {
    const counts = new Map<number, number>();
    for (const date of absent) counts.set(date, (counts.get(date) ?? 0) + 1);
    this.#least = least;
    this.#absent = absent.length;
    this.#dates = [...counts.keys()].sort((a, b) => a - b);
    this.#counts = this.#dates.map((date) => counts.get(date) ?? 0);
    this.#listedAt = new Uint8Array(2 * this.#dates.length + 1);
  }

  /** Something is listed that was saved at this moment, ms. */
  see(savedAt: number): void {
    this.#listed++;
    const i = firstNotBefore(this.#dates.length, (i) => this.#dates[i] ?? 0, savedAt);
    this.#listedAt[this.#dates[i] === savedAt ? 2 * i + 1 : 2 * i] = 1;
  }

  /** In order of date. */
  gaps(): readonly Gap[] {
    const runs: Gap[] = [];
    let goesOn = false;
    for (const [i, date] of this.#dates.entries()) {
      if (this.#listedAt[2 * i] === 1) goesOn = false;
      if (this.#listedAt[2 * i + 1] === 1) {
        goesOn = false;
        continue;
      }
      const before = goesOn ? runs.pop() : undefined;
      runs.push({ count: (before?.count ?? 0) + (this.#counts[i] ?? 0), from: before?.from ?? date, to: date });
      goesOn = true;
    }
    return runs.filter(({ count }) => this.#isGap(count));
  }

  /** So many runs of this length are to be expected if each item were absent by chance, independent of its neighbours. */
  #isGap(count: number): boolean {
    const share = this.#absent / (this.#absent + this.#listed);
    return count >= this.#least && this.#listed * share ** count < CHANCE;
  }
}

/** The gap that an absent item lies in, by the moment at which it was saved; `gaps` are in order of date. */
export function gapAt(gaps: readonly Gap[], savedAt: number | null): Gap | null {
  if (savedAt === null) return null;
  const gap = gaps[firstNotBefore(gaps.length, (i) => gaps[i]?.to ?? 0, savedAt)];
  return gap !== undefined && gap.from <= savedAt ? gap : null;
}

/** Index of the first that is not less, of ascending values; their number where all are. */
function firstNotBefore(length: number, valueAt: (index: number) => number, wanted: number): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (valueAt(middle) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
