/**
 * Aborts when `signal` or `limit` (an AbortSignal.timeout) does. On Node.js 20 a limit that only AbortSignal.any knows of is
 * collected as garbage, and then nothing is ever aborted: a listener of its own keeps it until its time.
 */
export function withLimit(signal: AbortSignal | undefined, limit: AbortSignal): AbortSignal {
  if (signal === undefined) return limit;
  limit.addEventListener('abort', () => undefined, { once: true });
  return AbortSignal.any([signal, limit]);
}
