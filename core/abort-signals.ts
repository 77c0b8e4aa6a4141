/** What a combined signal was made of, for as long as somebody holds it. */
const SOURCES = new WeakMap<AbortSignal, readonly AbortSignal[]>();

/**
 * Aborts when the first of these does. AbortSignal.any alone does not keep them: one that is collected as garbage aborts nothing
 * on Node.js 20 where it is an AbortSignal.timeout, and on 24 whatever it is (nodejs/node#57736, nodejs/node#65995).
 */
export function anyOf(signals: readonly AbortSignal[]): AbortSignal {
  // oxlint-disable-next-line no-restricted-properties -- the one place that keeps the sources
  const combined = AbortSignal.any([...signals]);
  SOURCES.set(combined, signals);
  return combined;
}

/** Aborts when `signal` or `limit` (an AbortSignal.timeout) does. */
export function withLimit(signal: AbortSignal | undefined, limit: AbortSignal): AbortSignal {
  return signal === undefined ? limit : anyOf([signal, limit]);
}
