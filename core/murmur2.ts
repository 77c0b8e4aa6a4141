const MULTIPLIER = 0x5bd1e995;
const SEED = 0x9747b28c;

/**
 * The 32-bit murmur2 hash that Java's Kafka client partitions by, as a signed integer.
 * Source: org.apache.kafka.common.utils.Utils.murmur2, whose unit test has the values in murmur2.test.ts.
 */
export function murmur2(data: Uint8Array): number {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const tail = data.length & ~3;
  let hash = SEED ^ data.length;
  for (let i = 0; i < tail; i += 4) {
    let word = Math.imul(view.getInt32(i, true), MULTIPLIER);
    word ^= word >>> 24;
    hash = Math.imul(hash, MULTIPLIER) ^ Math.imul(word, MULTIPLIER);
  }
  if (tail < data.length) {
    for (let i = data.length - 1; i >= tail; i -= 1) hash ^= view.getUint8(i) << (8 * (i - tail));
    hash = Math.imul(hash, MULTIPLIER);
  }
  hash = Math.imul(hash ^ (hash >>> 13), MULTIPLIER);
  return (hash ^ (hash >>> 15)) | 0;
}

/** The partition that Java's default partitioner chooses for a key: murmur2 of its UTF-8 bytes, made positive, modulo. */
export function partitionOfKey(key: string, partitions: number): number {
  return (murmur2(new TextEncoder().encode(key)) & 0x7fffffff) % partitions;
}
