import { type ReactElement, useSyncExternalStore } from 'react';

const watchers = new Set<() => void>();
let said = '';

/** Has readers read out something that others see, such as how many results there are. */
export function announce(text: string): void {
  if (text === said) return;
  said = text;
  for (const watcher of watchers) watcher();
}

function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => void watchers.delete(watcher);
}

/** The live region that `announce` speaks through. Once on the page. */
export function Announcer(): ReactElement {
  const text = useSyncExternalStore(watch, () => said);
  return (
    <output className="visually-hidden" aria-live="polite">
      {text}
    </output>
  );
}
