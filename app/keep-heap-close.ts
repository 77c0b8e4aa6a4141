import { setFlagsFromString } from 'node:v8';

/**
 * How much the heap of a process that runs for long may grow beyond what was in use, before it is cleaned up. V8 itself lets it
 * grow several times as large: with 70 MB in use, embed and sink processes had 440 and 410 MB (bench/README.md, distributed).
 */
const HEAP_GROWTH_PERCENT = 30;

/** For a process that runs for long: from now on its heap stays close to what is in use. */
export function keepHeapClose(): void {
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH_PERCENT}`);
}
