// A thread that looks after the one that runs inputs: it sees an input that never ends, or takes all memory, and keeps it.
import { mkdirSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { workerData } from 'node:worker_threads';

const { shared, headerBytes, folder, hangMs, memoryBytes } = workerData;
const [header, bytes] = [new Int32Array(shared, 0, 2), new Uint8Array(shared, headerBytes)];
const LOOK_EVERY_MS = 100;

let seen = -1;
let since = performance.now();

setInterval(() => {
  const count = Atomics.load(header, 0);
  if (count !== seen) {
    seen = count;
    since = performance.now();
  }
  // 0: no input is being run.
  if (count === 0) return;
  const rss = process.memoryUsage.rss();
  if (rss > memoryBytes) end(`the process holds ${Math.round(rss / 1e6)} MB`);
  else if (performance.now() - since > hangMs) end(`an input does not end within ${hangMs} ms`);
}, LOOK_EVERY_MS);

function end(what) {
  const input = bytes.slice(0, Atomics.load(header, 1));
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, 'finding-hang-or-memory');
  writeFileSync(file, input);
  writeSync(2, `${what}: ${input.length} bytes are in ${file}\n`);
  // The thread that hangs cannot end itself.
  process.kill(process.pid, 'SIGKILL');
}
