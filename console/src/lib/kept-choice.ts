import { useSyncExternalStore } from 'react';
import { keepText, keptText } from './kept-texts.ts';

interface KeptChoice<T extends string> {
  readonly read: () => T;
  readonly choose: (value: T) => void;
  readonly watch: (watcher: () => void) => () => void;
}

/** Something that a person chooses, kept in this browser. Nothing is kept of what is usual. */
export function keptChoice<T extends string>(key: string, usual: T, others: readonly T[]): KeptChoice<T> {
  const watchers = new Set<() => void>();
  return {
    read: () => others.find((each) => each === keptText(key)) ?? usual,
    choose: (value) => {
      keepText(key, value === usual ? null : value);
      for (const watcher of watchers) watcher();
    },
    watch: (watcher) => {
      watchers.add(watcher);
      return () => void watchers.delete(watcher);
    },
  };
}

export function useKeptChoice<T extends string>({ watch, read }: KeptChoice<T>): T {
  return useSyncExternalStore(watch, read);
}
