/** What the processor may hold and how long it may wait. */
export interface EmbedLimits {
  /** how far all partitions together are read ahead of what was written, in records and in bytes of their values */
  readonly windowRecords: number;
  readonly windowBytes: number;
  /** of one batch that is asked of the log */
  readonly batchRecords: number;
  readonly batchBytes: number;
  /** how long an unfilled request waits for texts that are on their way */
  readonly lingerMs: number;
  /** an embedder that fails for this long is out: items go on without it */
  readonly maxOutageMs: number;
  /** how long a stop waits for what is in flight */
  readonly drainMs: number;
}

export const DEFAULT_LIMITS: EmbedLimits = {
  windowRecords: 4_096,
  windowBytes: 16 * 1024 * 1024,
  batchRecords: 512,
  batchBytes: 2 * 1024 * 1024,
  lingerMs: 20,
  maxOutageMs: 60_000,
  drainMs: 5_000,
};
