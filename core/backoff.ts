const HOUR_MS = 3_600_000;
const MONTH_MS = 30 * 24 * HOUR_MS;

/**
 * When a fetch that failed may be asked for again: 1 h after the first failure, doubled each time, at most 30 days.
 * Without jitter, so that a rebuild gives the same.
 */
export function retryAfterMs(attempts: number): number {
  return Math.min(HOUR_MS * 2 ** Math.max(0, attempts - 1), MONTH_MS);
}

/** Exponential backoff with full jitter. `attempt` counts from 0; `random` is uniform in [0, 1). */
export function jitteredBackoffMs(attempt: number, random: number, baseMs = 500, limitMs = 30_000): number {
  return Math.floor(random * Math.min(limitMs, baseMs * 2 ** attempt));
}
