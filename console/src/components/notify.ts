import { useSyncExternalStore } from 'react';

export interface Message {
  readonly title: string;
  readonly detail?: string;
  /** something failed; it stays longer */
  readonly isDanger?: boolean;
  /** a button beside the words, such as to undo what was done */
  readonly action?: { readonly label: string; readonly run: () => void };
}

type Show = (message: Message) => void;

const watchers = new Set<() => void>();
/** What was said before there was a place to show it. */
let waiting: readonly Message[] = [];
let unshownCount = 0;
let show: Show | null = null;

/** Shows a message that goes away by itself, from wherever. */
export function notify(message: Message): void {
  if (show !== null) {
    show(message);
    return;
  }
  waiting = [...waiting, message];
  unshownCount++;
  for (const watcher of watchers) watcher();
}

/** How many messages there was no place for when they came. The place is not needed before the first one, which waits for it. */
export function useUnshownCount(): number {
  return useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      return () => void watchers.delete(watcher);
    },
    () => unshownCount,
  );
}

/** The place to show messages is there. Returns how to say that it is gone. */
export function showWith(shower: Show): () => void {
  show = shower;
  for (const message of waiting) shower(message);
  waiting = [];
  return () => {
    show = null;
  };
}
