import { mulberry32 } from '../../testing/producer-world.ts';
import { Fuzzer } from './fuzzer.ts';
import type { FuzzTarget } from './target.ts';

// Faults that no caller can catch, in a process of their own: a test runner takes them for its own.
const FAULTS: readonly ((input: Uint8Array) => void | Promise<void>)[] = [
  (input) => {
    if (input.includes(0x7b)) void Promise.reject(new RangeError('a rejection'));
  },
  (input) =>
    new Promise((resolve) =>
      setImmediate(() => {
        if (input.includes(0x7b)) throw new RangeError('an exception');
        resolve();
      }),
    ),
];

for (const run of FAULTS) {
  const target: FuzzTarget = {
    about: 'a fault that was planted',
    seeds: ['some words'],
    words: ['{'],
    open: async () => ({ run, close: async () => undefined }),
  };
  const fuzzer = new Fuzzer(target, await target.open(), { seconds: 0.5, random: mulberry32(1), corpus: [] });
  for (const { error } of (await fuzzer.run()).findings) process.stdout.write(`${error.name}: ${error.message}\n`);
}
