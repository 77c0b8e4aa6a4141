/** Time and timers, so that tests can hold the clock. */
export interface Clock {
  /** Ms since the epoch; jumps either way when somebody sets the machine's clock. */
  now(): number;
  /** Ms since some moment of this process; never jumps. What waits, or measures how long, goes by this. */
  elapsed(): number;
  /** Resolves after `ms`, or rejects with the signal's reason when it is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Uniform in [0, 1). */
export type Random = () => number;
