import { Worker } from 'node:worker_threads';

const HEADER_BYTES = 8;
const INPUT_BYTES = 1 << 20;
const HANG_MS = 20_000;
/** beyond what the process held when it began */
const MEMORY_BYTES = 600_000_000;

/** Has a thread watch inputs, each of which is told before it is run; one that hangs or takes all memory ends the process. */
export function watch(
  folder: string,
  hangMs = HANG_MS,
): { readonly before: (input: Uint8Array) => void; close(): Promise<void> } {
  const shared = new SharedArrayBuffer(HEADER_BYTES + INPUT_BYTES);
  const header = new Int32Array(shared, 0, 2);
  const bytes = new Uint8Array(shared, HEADER_BYTES);
  const worker = new Worker(new URL('./watchdog.mjs', import.meta.url), {
    workerData: {
      shared,
      headerBytes: HEADER_BYTES,
      folder,
      hangMs,
      memoryBytes: process.memoryUsage.rss() + MEMORY_BYTES,
    },
    execArgv: [],
  });
  worker.unref();
  let count = 0;
  return {
    before: (input) => {
      const kept = input.subarray(0, INPUT_BYTES);
      bytes.set(kept);
      Atomics.store(header, 1, kept.length);
      count = (count % 2 ** 30) + 1;
      Atomics.store(header, 0, count);
    },
    close: async () => {
      Atomics.store(header, 0, 0);
      await worker.terminate();
    },
  };
}
