import { join } from 'node:path';
import { InputError } from '../../core/errors.ts';
import type { Clock } from '../../core/ports/clock.ts';
import { RETENTION_MS, TOMBSTONE_RETENTION_MS, type TopicName } from '../../core/ports/event-log.ts';
import type { MovableLog } from '../../core/ports/movable-log.ts';
import type { Logger } from '../../core/ports/telemetry.ts';
import { type Database, openDatabase } from '../../sqlite/open.ts';
import { EmbeddedLog } from './embedded-log.ts';
import { LogDatabase, unavailable } from './log-database.ts';
import { APPLICATION_ID, logMigrations } from './schema.ts';

export interface EmbeddedLogOptions {
  /** The log is `log.db` in this folder, which is created if it is missing. */
  readonly dataDir: string;
  readonly clock: Clock;
  /** Fixed when the log is made (default 4). Absent: whatever the log has. */
  readonly partitions?: number;
  readonly log?: Logger;
  /** ms since the append that a topic keeps its records; null: for ever. By default as the protocol says. */
  readonly retentionMs?: Partial<Readonly<Record<TopicName, number | null>>>;
  /** ms that a tombstone stays after it was applied. Default 30 days. */
  readonly tombstoneRetentionMs?: number;
  /** ms without a heartbeat after which a consumer loses its partitions. Default 15,000. */
  readonly sessionTimeoutMs?: number;
  /** How often to look for what other processes wrote. Default 50. */
  readonly pollIntervalMs?: number;
}

const DEFAULT_PARTITIONS = 4;
const MAX_PARTITIONS = 64;

/** Large pages: records are about 1 kB, and few fit into a small page without waste (decision 0004). */
const PAGE_BYTES = 16_384;
const CHECKPOINT_PAGES = 64;

/**
 * Opens the event log in `dataDir`. Any number of processes on one machine may have it open.
 *
 * @throws InputError when the partition count differs from that of the log, or log.db is not a log of this version;
 * LogUnavailableError when the disk does not let it be opened.
 */
export async function openEmbeddedLog(options: EmbeddedLogOptions): Promise<MovableLog> {
  const wanted = options.partitions ?? DEFAULT_PARTITIONS;
  if (!Number.isInteger(wanted) || wanted < 1 || wanted > MAX_PARTITIONS) {
    throw new InputError(`the number of partitions is 1 to ${MAX_PARTITIONS}, not ${wanted}`);
  }
  const file = join(options.dataDir, 'log.db');
  const db = open(file, wanted);
  const partitionCount = Number(db.prepare('SELECT partitions FROM layout').pluck().get());
  if (options.partitions !== undefined && options.partitions !== partitionCount) {
    db.close();
    throw new InputError(
      `${file} was made with ${partitionCount} partitions, which cannot change: an account would be in two of them. Set ${partitionCount} instead of ${options.partitions}.`,
      { file, partitionCount },
    );
  }
  return new EmbeddedLog({
    db: new LogDatabase(db),
    clock: options.clock,
    partitionCount,
    log: options.log,
    retention: {
      records: { ...RETENTION_MS, ...options.retentionMs },
      tombstones: options.tombstoneRetentionMs ?? TOMBSTONE_RETENTION_MS,
    },
    sessionTimeoutMs: options.sessionTimeoutMs ?? 15_000,
    pollIntervalMs: options.pollIntervalMs ?? 50,
  });
}

function open(file: string, partitions: number): Database {
  try {
    const db = openDatabase(file, {
      applicationId: APPLICATION_ID,
      migrations: logMigrations(partitions),
      durability: 'power',
      pageBytes: PAGE_BYTES,
      checkpointPages: CHECKPOINT_PAGES,
    });
    db.pragma('busy_timeout = 2'); // from here on LogDatabase waits without blocking
    return db;
  } catch (error) {
    throw unavailable(error);
  }
}
