import { type ReactElement, useSyncExternalStore } from 'react';
import { formatAgo, formatDate, formatMoment } from '../lib/format.ts';

const TICK_MS = 30_000;
let ticks = 0;
const watchers = new Set<() => void>();
let ticking: ReturnType<typeof setInterval> | undefined;

/** One clock for all that is shown. */
function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  ticking ??= setInterval(tick, TICK_MS);
  return () => {
    watchers.delete(watcher);
    if (watchers.size > 0) return;
    clearInterval(ticking);
    ticking = undefined;
  };
}

function tick(): void {
  ticks += 1;
  for (const watcher of watchers) watcher();
}

/** A date, with the exact moment on hovering. */
export function DateText({ at }: { readonly at: string }): ReactElement {
  return (
    <time dateTime={at} title={formatMoment(at)}>
      {formatDate(at)}
    </time>
  );
}

/** How long ago, or in how long; goes on by itself. */
export function Ago({ at }: { readonly at: string }): ReactElement {
  // Ticks only make it be shown again: what has just come is younger than the last of them.
  useSyncExternalStore(watch, () => ticks);
  return (
    <time dateTime={at} title={formatMoment(at)}>
      {formatAgo(at)}
    </time>
  );
}
