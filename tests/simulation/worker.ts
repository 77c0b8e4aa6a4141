import { type ChildProcess, fork } from 'node:child_process';

/** Another process of the same command, which is told by a message what to do, and answers so. */
export function forkWorker(env: Readonly<Record<string, string>> = {}, register: readonly string[] = []): ChildProcess {
  // What a history leaves behind is gone with it, and need not be moved first; every core has a process of its own to clean up.
  const execArgv = [...process.execArgv, ...register, '--max-semi-space-size=64', '--single-threaded-gc'];
  return fork(process.argv[1] ?? '', [], {
    stdio: ['ignore', 2, 2, 'ipc'],
    // Two files that are read at once are read in the same order each time.
    env: { ...process.env, UV_THREADPOOL_SIZE: '1', ...env },
    execArgv,
  });
}
