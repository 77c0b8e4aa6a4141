import type { RecordTypes } from '../../schemas/generated/records.ts';
import { sampleItems } from '../sample-items.ts';

export interface CodecInput {
  readonly items: number;
}

export interface CodecResult {
  readonly encodedPerS: number;
  readonly decodedPerS: number;
}

const TEXT_BYTES = 1_024;
const DISTINCT = 1_000;

/** Raw items as a producer writes them, each with about 1 kB of text. */
export function codecRecords(): readonly RecordTypes['RawItem'][] {
  const itemAt = sampleItems(TEXT_BYTES);
  return Array.from({ length: DISTINCT }, (_, seq) => ({
    eventId: `bench.${seq}`,
    at: 1_700_000_000_000 + seq,
    provider: 'tiktok',
    user: 'me',
    collection: 'favorites',
    syncId: 'bench',
    fence: 1,
    seq,
    ...itemAt(seq),
  }));
}

/** How many a second, of `items` calls; each call is given a number below the count of distinct records. */
export async function rateOf(items: number, call: (index: number) => unknown): Promise<number> {
  // Once before, so that what is compiled late or fetched once does not count.
  for (let index = 0; index < DISTINCT; index += 1) await call(index);
  const since = performance.now();
  for (let item = 0; item < items; item += 1) {
    const result = call(item % DISTINCT);
    if (result instanceof Promise) await result;
  }
  return (items * 1_000) / (performance.now() - since);
}
