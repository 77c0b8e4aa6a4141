import path from 'node:path';
import type { ImportProgress, ImportReport } from './import-export.ts';

export type UploadStatus = 'receiving' | 'queued' | 'importing' | 'done' | 'failed';

/** How an upload ends whose account was erased before it was taken in. */
export const ERASED = {
  status: 'failed',
  report: null,
  error: 'the account was erased before the upload was taken in',
} as const;

/** How keys of uploads in the metadata begin. */
export const UPLOADS = 'upload:';

/** An upload as it is kept in the metadata, at `upload:ID`; it survives the process. */
export interface Upload {
  readonly id: string;
  readonly provider: string;
  readonly user: string;
  readonly fileName: string;
  /** received */
  readonly bytes: number;
  /** ms */
  readonly asOf: number | null;
  readonly status: UploadStatus;
  readonly progress: ImportProgress | null;
  readonly report: ImportReport | null;
  readonly error: string | null;
  readonly createdAt: string | null;
  readonly finishedAt: string | null;
  /** the process that works on it */
  readonly instance: string;
  /** when that process was last known to have it; not yet told by older versions */
  readonly seenAt?: string;
  /** ids of the runs that took it in so far; not yet told by older versions */
  readonly runs?: readonly string[];
}

export function uploadKey({ id }: Pick<Upload, 'id'>): string {
  return `${UPLOADS}${id}`;
}

/** ms since the epoch; NaN where nobody ever said */
export function seenAt(upload: Upload): number {
  return Date.parse(upload.seenAt ?? upload.createdAt ?? '');
}

/** The name tells lists apart, and is never used as a path. */
export function safeName(name: string): string {
  const safe = path
    .basename(name)
    .replace(/[^A-Za-z0-9._ -]/g, '_')
    .replace(/^\.+/, '')
    .slice(0, 100)
    .trim();
  return safe === '' ? 'upload' : safe;
}
