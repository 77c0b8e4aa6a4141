const listeners = new Set<() => void>();

/** The API answered 401: the session has ended, or never began. */
export function reportLoggedOut(): void {
  for (const listener of listeners) listener();
}

/** Returns how to stop listening. */
export function onLoggedOut(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}
