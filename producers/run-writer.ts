import { jitteredBackoffMs } from '../core/backoff.ts';
import { LogUnavailableError, messageOf, RecordTooLargeError } from '../core/errors.ts';
import { type Account, accountName, recordKey, SLOT } from '../core/keys.ts';
import type { AppendRecord } from '../core/ports/event-log.ts';
import type {
  ItemVerdict,
  RawItem,
  SnapshotBegin,
  SnapshotChunk,
  SnapshotEnd,
  SyncFinished,
  SyncStarted,
} from '../schemas/generated/records.ts';
import { runEventId } from './highest-fence.ts';
import { DEFAULT_RUN_LIMITS, type RunDeps, type RunLimits } from './run-deps.ts';

type Stamped = 'eventId' | 'at' | 'provider' | 'user' | 'syncId' | 'fence' | 'seq';

interface RunRecordTypes {
  readonly RawItem: RawItem;
  readonly ItemVerdict: ItemVerdict;
  readonly SnapshotBegin: SnapshotBegin;
  readonly SnapshotChunk: SnapshotChunk;
  readonly SnapshotEnd: SnapshotEnd;
  readonly SyncStarted: SyncStarted;
  readonly SyncFinished: SyncFinished;
}

type Unstamped = {
  [N in keyof RunRecordTypes]: { readonly type: N; readonly value: Omit<RunRecordTypes[N], Stamped> };
}[keyof RunRecordTypes];

/** A record of a run without what the run adds to it: ids, time, account, number and sequence. */
export type RunRecord = Exclude<Unstamped, { readonly type: 'SyncStarted' | 'SyncFinished' }>;

/** No record may exceed this (protocol.md, topics). */
const RECORD_LIMIT_BYTES = 1_000_000;

interface Written {
  readonly slot: string;
  readonly collection: string | null;
  readonly eventId: string;
  readonly value: Uint8Array;
}

/** Numbers the records of one run, and appends them in order, one append at a time. */
export class RunWriter {
  private readonly deps: RunDeps;
  private readonly limits: RunLimits;
  private readonly account: Account;
  private readonly partition: number;
  private readonly syncId: string;
  private readonly fence: number;
  private seq = 0;
  private last: Promise<unknown> = Promise.resolve();

  constructor(deps: RunDeps, account: Account, syncId: string, fence: number) {
    this.deps = deps;
    this.limits = { ...DEFAULT_RUN_LIMITS, ...deps.limits };
    this.account = account;
    this.partition = deps.log.partitionOf(accountName(account));
    this.syncId = syncId;
    this.fence = fence;
  }

  /**
   * Resolves to the offset of the last record when all are acknowledged (-1 for none). `check` runs before each append
   * and throws to stop. Rejects with LogUnavailableError when the log stayed away, RecordTooLargeError, InvalidRecordError.
   */
  append(records: readonly Unstamped[], check: () => void): Promise<number> {
    // Callers may overlap; the log sees one append after another, numbered in that order.
    const turn = this.last.then(() => this.appendNow(records, check));
    this.last = turn.catch(() => undefined);
    return turn;
  }

  private async appendNow(records: readonly Unstamped[], check: () => void): Promise<number> {
    let offset = -1;
    let batch: Written[] = [];
    let bytes = 0;
    const flush = async (): Promise<void> => {
      if (batch.length === 0) return;
      offset = await this.appendBatch(batch, check);
      batch = [];
      bytes = 0;
    };
    for (const record of records) {
      check();
      const written = this.write(record);
      if (batch.length >= this.limits.batchRecords || bytes + written.value.length > this.limits.batchBytes)
        await flush();
      batch.push(written);
      bytes += written.value.length;
    }
    await flush();
    return offset;
  }

  private write(record: Unstamped): Written {
    const seq = this.seq++;
    const eventId = runEventId(this.fence, seq);
    const stamp = { eventId, at: this.deps.clock.now(), ...this.account, syncId: this.syncId, fence: this.fence, seq };
    const value = this.encode(record, stamp);
    if (value.length > RECORD_LIMIT_BYTES) {
      throw new RecordTooLargeError(`a ${record.type} of ${value.length} bytes exceeds ${RECORD_LIMIT_BYTES}`);
    }
    const collection = 'collection' in record.value ? record.value.collection : null;
    return { slot: slotOf(record), collection, eventId, value };
  }

  private encode(record: Unstamped, stamp: Pick<SyncStarted, Stamped>): Uint8Array {
    return this.deps.codec.encode(record.type, { ...record.value, ...stamp });
  }

  private async appendBatch(batch: readonly Written[], check: () => void): Promise<number> {
    for (let attempt = 0; ; attempt++) {
      check();
      // The first try may have been written although it failed: a copy never takes the key of the first (protocol.md).
      const copy = attempt === 0 ? '' : `~${attempt}`;
      const records = batch.map(
        ({ collection, slot, eventId, value }): AppendRecord => ({
          key: recordKey(this.account, collection, slot, eventId, copy),
          value,
        }),
      );
      try {
        const offsets = await this.deps.log.append('ingest', this.partition, records);
        this.deps.telemetry.metrics.count('hoardarr_produced_records', batch.length, {
          provider: this.account.provider,
        });
        return offsets.at(-1) ?? -1;
      } catch (error) {
        if (!(error instanceof LogUnavailableError) || attempt + 1 >= this.limits.appendAttempts) throw error;
        this.deps.telemetry.log.warn('the event log is unavailable; the append is tried again', {
          attempt,
          error: messageOf(error),
        });
        await this.deps.clock.sleep(jitteredBackoffMs(attempt, this.deps.random()));
      }
    }
  }
}

function slotOf(record: Unstamped): string {
  if ('itemId' in record.value) return record.value.itemId;
  switch (record.type) {
    case 'SnapshotBegin':
      return SLOT.begin;
    case 'SnapshotChunk':
      return SLOT.chunk;
    case 'SnapshotEnd':
      return SLOT.end;
    default:
      return SLOT.run;
  }
}
