import type { UploadView } from '../api/types.ts';
import { texts } from '../texts.ts';
import type { ExportProvider } from './detect-provider.ts';

/** An upload as this browser follows it, from the moment the file was chosen. */
export interface TrackedUpload {
  /** of this browser */
  readonly key: string;
  /** the name of the tab that has the file; where it was chosen by none, as the sample, it is left out */
  readonly tab?: string;
  /** at the server; given here, so that what is sent again there is the same upload */
  readonly id: string;
  readonly fileName: string;
  readonly bytes: number;
  /** null: the reader has to say whose export it is */
  readonly provider: ExportProvider | null;
  readonly user: string;
  /** when the export was made; empty where the export itself says so */
  readonly asOf: string;
  readonly phase: 'asking' | 'waiting' | 'sending' | 'following' | 'done' | 'failed';
  readonly sentBytes: number;
  /** what the server told last */
  readonly view: UploadView | null;
  readonly error: string | null;
  /** the server does not answer, and is asked again */
  readonly isCutOff: boolean;
}

/** A tab has the file in its hands, and the server has not got it yet. */
export function isInHand({ phase }: TrackedUpload): boolean {
  return phase === 'asking' || phase === 'waiting' || phase === 'sending';
}

/** Its tab is gone, and the file with it. What was being sent may be there whole: that is asked for. */
export function withoutFile(upload: TrackedUpload): TrackedUpload {
  if (!isInHand(upload)) return upload;
  if (upload.phase === 'sending') return { ...upload, phase: 'following' };
  return { ...upload, phase: 'failed', error: texts.uploads.interrupted };
}

/** Nothing will change about it any more. */
export function isOver({ phase }: TrackedUpload): boolean {
  return phase === 'done' || phase === 'failed';
}

/** The server told something of it. */
export function withView(upload: TrackedUpload, view: UploadView): TrackedUpload {
  const phase = view.status === 'done' ? 'done' : view.status === 'failed' ? 'failed' : 'following';
  return { ...upload, id: view.id, view, phase, error: view.error, isCutOff: false };
}
