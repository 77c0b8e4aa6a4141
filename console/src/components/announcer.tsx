import { type ReactElement, useEffect, useRef, useSyncExternalStore } from 'react';

const SILENT = '\u00a0';
const watchers = new Set<() => void>();
let said = '';

/** Has readers read out something that others see, such as how many results there are. */
export function announce(text: string): void {
  // Readers read out what changes: said once more, it ends in a space that nobody hears.
  said = text === said ? `${text}${SILENT}` : text;
  for (const watcher of watchers) watcher();
}

/**
 * Announces it as soon as it is known, and not again before it, or what it is told of, is another one: the same answer to another
 * search is news.
 *
 * @param text null while it is not known
 */
export function useAnnounced(about: string, text: string | null): void {
  const last = useRef('');
  useEffect(() => {
    const news = `${about}\n${text ?? ''}`;
    if (text === null || news === last.current) return;
    last.current = news;
    announce(text);
  }, [about, text]);
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
