import { STORE_APPLICATION_ID, STORE_MIGRATIONS } from './schema.ts';

/** How the file of a store is opened, also by a test that holds its lock. */
export const STORE_FILE = {
  applicationId: STORE_APPLICATION_ID,
  migrations: STORE_MIGRATIONS,
  // Merges of the word index and staged snapshots free many pages; erasing rewrites the file anyway.
  overwrite: 'rows',
} as const;
