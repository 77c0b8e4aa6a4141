const ALMOST_IDLE_MS = 1_000;

/** Once the page has nothing else to do; a while later where the browser does not tell, as Safari. Returns how to call it off. */
export function whenIdle(act: () => void): () => void {
  if (typeof requestIdleCallback === 'function') {
    const handle = requestIdleCallback(() => act());
    return () => cancelIdleCallback(handle);
  }
  const timer = setTimeout(act, ALMOST_IDLE_MS);
  return () => clearTimeout(timer);
}
