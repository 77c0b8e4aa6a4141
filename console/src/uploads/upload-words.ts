import { formatBytes } from '../lib/format.ts';
import { texts } from '../texts.ts';
import type { TrackedUpload } from './tracked-upload.ts';

/** How far an upload is, in words and as a share. */
export interface Stage {
  readonly label: string;
  readonly detail: string;
  readonly done: number | null;
  readonly total: number;
}

/** What is happening to an upload that is not over. */
export function stageOf(upload: TrackedUpload): Stage {
  const { phase, sentBytes, bytes, view } = upload;
  const words = texts.uploads.stages;
  if (phase === 'waiting') return { label: words.waiting, detail: '', done: 0, total: 1 };
  if (phase === 'sending') {
    const detail = words.bytes(formatBytes(Math.min(sentBytes, bytes)), formatBytes(bytes));
    return { label: words.sending, detail, done: sentBytes, total: bytes };
  }
  const progress = view?.progress ?? null;
  if (progress === null) return { label: words.queued, detail: '', done: null, total: 1 };
  const { phase: step, done, total } = progress;
  const known = words.steps[step as keyof typeof words.steps] ?? words.steps.other;
  if (step === 'read') {
    const all = total ?? bytes;
    return {
      label: known.label,
      detail: words.bytes(formatBytes(Math.min(done, all)), formatBytes(all)),
      done,
      total: all,
    };
  }
  const detail = total === null ? known.some(done) : known.of(done, total);
  return { label: known.label, detail, done: total === null ? null : done, total: total ?? 1 };
}

/** What an import did, as short sentences; empty where it changed nothing. */
export function changesOf({ view }: TrackedUpload): readonly string[] {
  if (view === null) return [];
  const words = texts.uploads.changes;
  const counted = [
    [view.new, words.new],
    [view.updated, words.updated],
    [view.restored, words.restored],
    [view.removed, words.removed],
    [view.unchanged, words.unchanged],
    [view.skipped, words.skipped],
    [view.failed, words.failed],
  ] as const;
  return counted.flatMap(([count, say]) => (count === undefined || count === 0 ? [] : [say(count)]));
}
