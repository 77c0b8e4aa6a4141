import { keepText, keptText } from '../lib/kept-texts.ts';
import type { TrackedUpload } from './tracked-upload.ts';

const NAME = 'hoardarr.uploads';
const MOST = 30;

/**
 * Keeps what this tab changed of the list; what other tabs keep there stays. All of it outlives a reload but progress, which is
 * asked for again.
 */
export function writeKept(before: readonly TrackedUpload[], after: readonly TrackedUpload[]): void {
  const was = byKey(before);
  const is = byKey(after);
  const stored = readKept();
  const known = byKey(stored);
  const added = after.filter(({ key }) => !was.has(key) && !known.has(key));
  const left = stored.filter(({ key }) => !was.has(key) || is.has(key));
  const changed = left.map((each) => {
    const own = is.get(each.key);
    return own === undefined || own === was.get(each.key) ? each : newer(each, own);
  });
  const text = JSON.stringify([...added, ...changed].slice(0, MOST).map((upload) => ({ ...upload, sentBytes: 0 })));
  // Progress alone is nothing to write.
  if (text !== keptText(NAME)) keepText(NAME, text);
}

/** What another version of the console kept otherwise is forgotten. */
export function readKept(): readonly TrackedUpload[] {
  try {
    const kept = JSON.parse(keptText(NAME) ?? '[]') as readonly TrackedUpload[];
    return kept.filter(({ key, id, fileName }) => [key, id, fileName].every(isText));
  } catch {
    return [];
  }
}

/** The list of a tab with what others keep there by now. Of its own uploads it knows best. */
export function withOthers(
  uploads: readonly TrackedUpload[],
  isOwn: (key: string) => boolean,
): readonly TrackedUpload[] {
  const here = byKey(uploads);
  const stored = readKept();
  const known = byKey(stored);
  return [
    ...uploads.filter(({ key }) => isOwn(key) && !known.has(key)),
    ...stored.map((each) => {
      const own = here.get(each.key);
      if (own === undefined) return each;
      return isOwn(each.key) ? own : newer(own, each);
    }),
  ];
}

/** Calls back when another tab has changed what is kept. */
export function watchKept(watcher: () => void): void {
  window.addEventListener('storage', ({ key }) => {
    // Null: everything was removed.
    if (key === NAME || key === null) watcher();
  });
}

/** Both are told by the server, and not in the order in which it was so: what is done stays done. */
function newer(before: TrackedUpload, after: TrackedUpload): TrackedUpload {
  return before.phase === 'done' && before.id === after.id ? before : after;
}

function byKey(uploads: readonly TrackedUpload[]): ReadonlyMap<string, TrackedUpload> {
  return new Map(uploads.map((upload) => [upload.key, upload]));
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}
