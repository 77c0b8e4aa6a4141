import type { Clock, Random } from '../core/ports/clock.ts';
import type { EventLog } from '../core/ports/event-log.ts';
import type { MetadataStore } from '../core/ports/metadata-store.ts';
import type { SchemaCodec } from '../core/ports/schema-codec.ts';
import type { Telemetry } from '../core/ports/telemetry.ts';

/** What every run of a producer needs. */
export interface RunDeps {
  readonly log: EventLog;
  readonly codec: SchemaCodec;
  readonly metadata: MetadataStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
  /** names this process in leases, for example `host:pid:start` */
  readonly instance: string;
  /** True when the named process is known to be dead, so that its lease need not run out. */
  readonly isGone?: (instance: string) => boolean;
  readonly limits?: Partial<RunLimits>;
}

export interface RunLimits {
  /** a lease that was not renewed for so long is anybody's */
  readonly leaseMs: number;
  /** how long a run waits for another run of its account */
  readonly waitMs: number;
  readonly pollMs: number;
  /** tries of an append while the log is unavailable */
  readonly appendAttempts: number;
  /** of one append; Kafka refuses batches above 1 MiB */
  readonly batchBytes: number;
  readonly batchRecords: number;
}

export const DEFAULT_RUN_LIMITS: RunLimits = {
  leaseMs: 15_000,
  waitMs: 120_000,
  pollMs: 200,
  appendAttempts: 8,
  batchBytes: 900_000,
  batchRecords: 500,
};
