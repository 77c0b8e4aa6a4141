import { texts } from '../texts.ts';
import type { TrackedUpload } from './tracked-upload.ts';

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
    return kept.filter(({ key, fileName }) => typeof key === 'string' && typeof fileName === 'string').map(afterReload);
  } catch {
    return [];
  }
}

/** The bytes of what was not sent yet are gone with the page. */
function afterReload(upload: TrackedUpload): TrackedUpload {
  if (upload.phase === 'done' || upload.phase === 'failed' || upload.phase === 'following') return upload;
  return { ...upload, phase: 'failed', error: texts.uploads.interrupted };
}
