import type { Clock } from '../core/ports/clock.ts';
import type { MetadataStore } from '../core/ports/metadata-store.ts';

const KEY = 'maintenance:clock';

interface Readings {
  /** ms; a later look agreed with it; null: none yet */
  readonly confirmed: number | null;
  /** ms; waits for such a look */
  readonly latest: number;
}

/**
 * The time by which things are erased for good. A clock that jumps ahead must not erase what it takes for old, and a process
 * that lives for seconds cannot watch it for long: so a reading counts only once a look that is at least `confirmMs` later by
 * the same clock, in whatever process, has found that it did not go back behind it. Until then the reading before it counts.
 */
export class ConfirmedClock {
  readonly #metadata: MetadataStore;
  readonly #clock: Clock;
  readonly #confirmMs: number;

  constructor(deps: { readonly metadata: MetadataStore; readonly clock: Clock; readonly confirmMs: number }) {
    this.#metadata = deps.metadata;
    this.#clock = deps.clock;
    this.#confirmMs = deps.confirmMs;
  }

  /** ms since the epoch, not after the clock's own time; null while no reading is confirmed. */
  async now(): Promise<number | null> {
    const now = this.#clock.now();
    if (this.#confirmMs === 0) return now;
    const document = await this.#metadata.get(KEY);
    const stored = document === null ? { confirmed: null, latest: now } : (document.value as Readings);
    const readings = advance(stored, now, this.#confirmMs);
    // When another process was faster, it looked at the same clock.
    if (document === null || readings !== stored)
      await this.#metadata.compareAndSet(KEY, document?.version ?? null, readings);
    return readings.confirmed;
  }
}

function advance(stored: Readings, now: number, confirmMs: number): Readings {
  const { confirmed, latest } = stored;
  // It went back: what it said before was wrong, or is wrong now.
  if (now < latest) return { confirmed: confirmed === null ? null : Math.min(confirmed, now), latest: now };
  return now >= latest + confirmMs ? { confirmed: latest, latest: now } : stored;
}
