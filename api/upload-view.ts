import type { z } from 'zod';
import type { Upload } from '../app/use-cases/upload.ts';
import type { UploadState } from './schemas.ts';

/** An upload as the API shows it: at the end, with what the import did. */
export function toView(upload: Upload): z.output<typeof UploadState> {
  const { id, provider, user, fileName, bytes, status, progress, error, createdAt, finishedAt } = upload;
  return { id, provider, user, fileName, bytes, status, progress, error, createdAt, finishedAt, ...upload.report };
}
