import { expect, test } from '@jest/globals';
import { clone } from './memory-entry.ts';

test('a copy keeps nothing alive of what its bytes were a part of', () => {
  const batch = new Uint8Array(100_000);
  const vector = { hash: 'h', bytes: batch.subarray(10, 14) };
  const copy = clone(vector);
  expect(copy.bytes).toEqual(vector.bytes);
  expect(copy.bytes.buffer.byteLength).toBe(4);
  copy.bytes[0] = 1;
  expect(batch[10]).toBe(0);
});
