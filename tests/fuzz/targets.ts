import type { FuzzTarget } from './target.ts';
import { apiRequest } from './targets/api-request.ts';
import { avroRecord } from './targets/avro-record.ts';
import { avroSchema } from './targets/avro-schema.ts';
import { damagedArchive } from './targets/damaged-archive.ts';
import { embeddings } from './targets/embeddings.ts';
import { environment } from './targets/environment.ts';
import { githubApi } from './targets/github-api.ts';
import { logRecord } from './targets/log-record.ts';
import { providerHttp } from './targets/provider-http.ts';
import { recordKeys } from './targets/record-keys.ts';
import { redditApi } from './targets/reddit-api.ts';
import { redditRequest } from './targets/reddit-request.ts';
import { tiktokExport } from './targets/tiktok-export.ts';
import { tiktokWeb } from './targets/tiktok-web.ts';
import { zipArchive } from './targets/zip-archive.ts';

/** All that reads bytes from outside, by the name that the command takes. */
export const TARGETS: Readonly<Record<string, FuzzTarget>> = {
  'tiktok-export': tiktokExport,
  'reddit-request': redditRequest,
  'zip-archive': zipArchive,
  'damaged-archive': damagedArchive,
  'github-api': githubApi,
  'reddit-api': redditApi,
  'provider-http': providerHttp,
  'tiktok-web': tiktokWeb,
  embeddings,
  'avro-record': avroRecord,
  'avro-schema': avroSchema,
  'record-keys': recordKeys,
  'log-record': logRecord,
  'api-request': apiRequest,
  environment,
};
