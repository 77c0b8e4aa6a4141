/** Sizes that a store keeps within; tests make them small. Bytes are of JSON. */
export interface StoreLimits {
  /** of segments that are not merged yet, of all partitions: kept in memory, and read at a start */
  readonly pendingBytes: number;
  /** of one partition, since each is read by itself at a start */
  readonly pendingSegments: number;
  /** of a shard: small enough to be written again for some changes, large enough that 1,000,000 rows need few */
  readonly shardBytes: number;
  /** of memory for shards that were read, as parsed */
  readonly cacheBytes: number;
}

export const STORE_LIMITS: StoreLimits = {
  pendingBytes: 12_000_000,
  pendingSegments: 400,
  shardBytes: 98_304,
  cacheBytes: 24_000_000,
};
