import { createReadStream } from 'node:fs';
import path from 'node:path';
import { NotFoundError } from '../../core/errors.ts';
import { SAMPLE_USER, sampleFile } from '../samples.ts';
import type { Upload } from './upload.ts';
import type { Uploads } from './uploads.ts';

/** Takes in the invented favourites that come with the program, as an upload. NotFoundError where they are not there. */
export async function importSample(uploads: Uploads): Promise<Upload> {
  const file = sampleFile();
  if (file === null)
    throw new NotFoundError('this installation came without its samples: drop an export of your own instead');
  return uploads.receive(createReadStream(file), {
    provider: 'tiktok',
    user: SAMPLE_USER,
    fileName: path.basename(file),
    asOf: async () => null,
  });
}
