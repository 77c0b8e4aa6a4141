import { jitteredBackoffMs } from '../../core/backoff.ts';
import type { Clock, Random } from '../../core/ports/clock.ts';

const BACKOFF_BASE_MS = 1_000;
const BACKOFF_LIMIT_MS = 60_000;

/**
 * Whether the embedder works: a circuit breaker by time.
 *
 * `up`: as far as known. `failing`: worth waiting for. `out`: for longer than the limit; what needs no embedding goes on, and
 * only a probe asks again.
 */
export class Outage {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #maxOutageMs: number;
  #since: number | null = null;
  #succeededAt = 0;
  #failures = 0;
  #notBefore = 0;
  #out = false;

  constructor(clock: Clock, random: Random, maxOutageMs: number) {
    this.#clock = clock;
    this.#random = random;
    this.#maxOutageMs = maxOutageMs;
  }

  get state(): 'up' | 'failing' | 'out' {
    if (this.#since === null) return 'up';
    return this.#out ? 'out' : 'failing';
  }

  /** ms until the embedder may be asked again; 0: now. */
  waitMs(): number {
    return Math.max(0, this.#notBefore - this.#clock.elapsed());
  }

  /**
   * A request failed.
   *
   * @param startedAt when it was begun, by the clock's `elapsed`: what hangs for long is out when it fails
   * @param retryAfterMs what the provider asked for
   */
  fail(startedAt: number, retryAfterMs: number | undefined): void {
    const now = this.#clock.elapsed();
    // A request that hung while others were answered says nothing of that time.
    this.#since ??= Math.max(startedAt, this.#succeededAt);
    const backoffMs = jitteredBackoffMs(this.#failures, this.#random(), BACKOFF_BASE_MS, BACKOFF_LIMIT_MS);
    this.#failures += 1;
    const outAt = this.#since + this.#maxOutageMs;
    this.#out ||= now >= outAt;
    this.#notBefore = now + Math.max(backoffMs, retryAfterMs ?? 0);
    // The last try before the limit is not put off beyond it.
    if (!this.#out) this.#notBefore = Math.min(this.#notBefore, outAt);
  }

  succeed(): void {
    this.#since = null;
    this.#succeededAt = this.#clock.elapsed();
    this.#failures = 0;
    this.#notBefore = 0;
    this.#out = false;
  }
}
