/**
 * Where the records of a partition lie in the log that it was moved to. What moves keeps its order, and every offset of the old
 * log is given one in the new log, also those whose record is erased. So an offset changes by how many records came between
 * that the old log does not have, and the map is as short as the list of such moments.
 */
export class PositionMap {
  /** old offsets from which on the shift beside them counts, ascending */
  readonly #from: number[] = [];
  readonly #shifts: number[] = [];
  #last = -1;

  /** The highest old offset that was added; -1 for none. */
  get last(): number {
    return this.#last;
  }

  /** Whether any offset is another one in the new log. */
  get isShifted(): boolean {
    return this.#shifts.some((shift) => shift !== 0);
  }

  /** Says where one came to lie. Both ascend from call to call. */
  add(old: number, moved: number): void {
    if (old <= this.#last) throw new Error(`offset ${old} was added after ${this.#last}`);
    this.#last = old;
    const shift = moved - old;
    if (shift === this.#shifts.at(-1)) return;
    this.#from.push(old);
    this.#shifts.push(shift);
  }

  /**
   * Where an offset of the old log lies in the new one. It keeps what is older and newer among all of them, also where one was
   * never added; -1, which stands for none, stays.
   */
  at(old: number): number {
    if (old < 0) return old;
    let [low, high] = [0, this.#from.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#from[middle] ?? 0) <= old) low = middle + 1;
      else high = middle;
    }
    const shift = this.#shifts[Math.max(0, low - 1)] ?? 0;
    return Math.max(0, old + shift);
  }
}
