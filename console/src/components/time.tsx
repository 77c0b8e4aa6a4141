import { type ReactElement, useSyncExternalStore } from 'react';
import { formatAgo, formatDate, formatMoment } from '../lib/format.ts';

const TICK_MS = 30_000;
let nowMs = Date.now();
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
  nowMs = Date.now();
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
  const now = useSyncExternalStore(watch, () => nowMs);
  return (
    <time dateTime={at} title={formatMoment(at)}>
      {formatAgo(at, now)}
    </time>
  );
}
