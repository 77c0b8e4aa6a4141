/** Wrong passwords that one address, and all of them together, may send within the window. */
const LIMITS = { ofOne: 10, ofAll: 100, windowMs: 15 * 60_000 } as const;

/**
 * Counts attempts to log in, in the memory of one process. An attempt counts when it begins, so that many at once do not slip
 * through, and is forgiven when the password was right. Never holds more than `ofAll` attempts.
 */
export class Attempts {
  #made: { readonly address: string; readonly at: number }[] = [];

  /**
   * @param now ms
   * @returns null where another attempt may begin, which is counted; else how long to wait, ms
   */
  begin(address: string, now: number): number | null {
    this.#made = this.#made.filter(({ at }) => now - at < LIMITS.windowMs && at <= now);
    const ofOne = this.#made.filter((attempt) => attempt.address === address);
    const waits = [waitOf(ofOne, LIMITS.ofOne, now), waitOf(this.#made, LIMITS.ofAll, now)];
    const wait = Math.max(...waits);
    if (wait > 0) return wait;
    this.#made.push({ address, at: now });
    return null;
  }

  /** Who knows the password is not held up by own mistakes before. */
  forgive(address: string): void {
    this.#made = this.#made.filter((attempt) => attempt.address !== address);
  }
}

/** Until so many attempts are in the window that one more has room; 0 where it has. */
function waitOf(made: readonly { readonly at: number }[], limit: number, now: number): number {
  const oldest = made[made.length - limit];
  return oldest === undefined ? 0 : oldest.at + LIMITS.windowMs - now;
}
