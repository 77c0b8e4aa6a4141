import { texts } from '../texts.ts';
import { isOver, type TrackedUpload } from './tracked-upload.ts';

const KEY = 'hoardarr.uploads';
const MOST = 30;

/** What outlives a reload: everything but progress, which is asked for again. */
export function writeKept(uploads: readonly TrackedUpload[]): void {
  const kept = uploads.slice(0, MOST).map((upload) => ({ ...upload, sentBytes: 0 }));
  const text = JSON.stringify(kept);
  // Progress alone is nothing to write.
  if (text !== localStorage.getItem(KEY)) localStorage.setItem(KEY, text);
}

/** What another version of the console kept otherwise is forgotten. */
export function readKept(): readonly TrackedUpload[] {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? '[]') as readonly TrackedUpload[];
    return kept.filter(({ key, id, fileName }) => [key, id, fileName].every(isText)).map(afterReload);
  } catch {
    return [];
  }
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

/** The bytes of what was not sent yet are gone with the page. What was being sent may be there whole: that is asked for. */
function afterReload(upload: TrackedUpload): TrackedUpload {
  if (isOver(upload) || upload.phase === 'following') return upload;
  if (upload.phase === 'sending') return { ...upload, phase: 'following' };
  return { ...upload, phase: 'failed', error: texts.uploads.interrupted };
}
