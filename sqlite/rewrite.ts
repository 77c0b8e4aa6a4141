import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

type Answer = { readonly done: true } | { readonly error: string; readonly code: string | undefined };

/**
 * Rewrites a file (VACUUM) on a thread of its own, since that takes about 15 ms for each MB: readers go on, writers of this
 * and other processes wait, so the caller keeps its own writes back until this resolves. What was deleted is then gone from
 * the file, and `truncateWal` takes it out of the WAL.
 *
 * @param before statements to execute first
 * @throws errors with SQLite's codes: see `databaseFault`
 */
export async function rewriteFile(file: string, before: readonly string[], busyTimeoutMs: number): Promise<void> {
  const worker = new Worker(new URL('./rewrite-worker.mjs', import.meta.url), {
    workerData: { file, before, busyTimeoutMs },
  });
  try {
    const answers = (await once(worker, 'message')) as Answer[];
    for (const answer of answers) {
      if ('error' in answer) throw Object.assign(new Error(answer.error), { code: answer.code });
    }
  } finally {
    await worker.terminate();
  }
}
