import { anyOf } from '../core/abort-signals.ts';
import { FencedError, InputError, LogUnavailableError, messageOf, ReauthorizationError } from '../core/errors.ts';
import { type Account, accountName } from '../core/keys.ts';
import type { SnapshotBegin, SyncStarted } from '../schemas/generated/records.ts';
import { AccountLease } from './account-lease.ts';
import { DEFAULT_RUN_LIMITS, type RunDeps } from './run-deps.ts';
import { type RunRecord, RunWriter } from './run-writer.ts';
import type { SyncMetadata } from './sync-metadata.ts';
import { randomUuid } from './uuid.ts';

export interface RunOptions {
  readonly account: Account;
  readonly mode: SyncStarted['mode'];
  /** the provider's immutable account id; null where it has none */
  readonly login?: string | null;
  /** sync id of the run whose effects this run completes */
  readonly causedBy?: string | null;
  /** event id of the command that it executes */
  readonly commandId?: string | null;
  /** stops the run: it ends as aborted */
  readonly signal?: AbortSignal;
  /** what SyncFinished reports of a run that ends as aborted; nothing by default */
  readonly countsAtAbort?: () => Readonly<Record<string, number>>;
}

/** A run of a producer, between its SyncStarted and its SyncFinished. */
export interface Run {
  readonly syncId: string;
  readonly fence: number;
  /** position of its SyncStarted */
  readonly startedPosition: number;
  /** the sync metadata as the run found it */
  readonly metadata: SyncMetadata;
  /** aborted when the caller stops the run, another run took over, or the account was disconnected */
  readonly signal: AbortSignal;
  /**
   * Resolves when the records are acknowledged. Rejects with FencedError when another run took over, with the reason of
   * the signal, or with what the log said; then the run ends.
   */
  append(records: readonly RunRecord[]): Promise<void>;
  /** Changes the sync metadata by compare-and-set on the run's number; FencedError when another run took over. */
  update(change: (metadata: SyncMetadata) => SyncMetadata): Promise<void>;
}

export interface RunResult<T> {
  readonly value: T;
  /** what SyncFinished reports */
  readonly counts: Readonly<Record<string, number>>;
  /** What advances now that everything was acknowledged (law 5): cursor, ETag, dates. */
  readonly advance?: (metadata: SyncMetadata) => SyncMetadata;
  /** brought nothing that counts: neither a sync, nor its date */
  readonly uncounted?: boolean;
  /** why nothing was done: the run ends as aborted, though nothing went wrong */
  readonly undone?: string;
}

/**
 * Runs `work` as the only producer of the account (law 1): takes the lease and a fencing number above the highest in the
 * log, appends SyncStarted, runs `work`, appends SyncFinished, and only then advances the metadata. When `work` rejects,
 * the open snapshot and the run end as `aborted` with the reason, the metadata stays, and the error goes to the caller.
 *
 * Rejects with AccountBusyError, InputError (another login), FencedError (another run took over: what was appended counts
 * only as far as it precedes the other's SyncStarted), UntoldRunError, or whatever `work` or the log rejected with.
 */
export async function withRun<T>(
  deps: RunDeps,
  options: RunOptions,
  work: (run: Run) => Promise<RunResult<T>>,
): Promise<T> {
  const syncId = randomUuid(deps.random);
  const { account, mode, login = null, signal } = options;
  const request = { holder: syncId, login, patient: mode === 'backfill', signal };
  const lease = await AccountLease.acquire(deps, account, request);
  const active = new ActiveRun(deps, options, syncId, lease);
  const stopRenewing = active.keepLease();
  try {
    await active.start();
    const result = await work(active);
    await active.finish(result);
    return result.value;
  } catch (error) {
    throw await active.abort(error);
  } finally {
    stopRenewing();
  }
}

/** A run failed for its `cause`, and the log was away for too long to be told: whoever waits for its end waits for another run. */
export class UntoldRunError extends LogUnavailableError {}

/** Of what is kept of an error. */
const REASON_LENGTH = 1000;

class ActiveRun implements Run {
  readonly syncId: string;
  readonly fence: number;
  readonly metadata: SyncMetadata;
  readonly signal: AbortSignal;
  startedPosition = -1;
  private readonly deps: RunDeps;
  private readonly options: RunOptions;
  private readonly lease: AccountLease;
  private readonly writer: RunWriter;
  private readonly overtaken = new AbortController();
  private readonly disconnected = new AbortController();
  private openSnapshot: Pick<SnapshotBegin, 'collection' | 'snapshotId' | 'login'> | null = null;
  private chunks = 0;
  private finished = false;

  constructor(deps: RunDeps, options: RunOptions, syncId: string, lease: AccountLease) {
    this.deps = deps;
    this.options = options;
    this.lease = lease;
    this.syncId = syncId;
    this.fence = lease.fence;
    this.metadata = lease.taken;
    this.writer = new RunWriter(deps, options.account, syncId, lease.fence);
    const { signal } = options;
    const signals = [this.overtaken.signal, this.disconnected.signal, ...(signal === undefined ? [] : [signal])];
    this.signal = anyOf(signals);
  }

  /** Renews the lease until the returned function is called. */
  keepLease(): () => void {
    const stopped = new AbortController();
    const { leaseMs } = { ...DEFAULT_RUN_LIMITS, ...this.deps.limits };
    const renew = async (): Promise<void> => {
      while (!stopped.signal.aborted && !this.overtaken.signal.aborted) {
        await this.deps.clock.sleep(leaseMs / 3, stopped.signal);
        await this.renew().catch((error: unknown) => {
          if (error instanceof FencedError) this.overtaken.abort(error);
          else
            this.deps.telemetry.log.warn('the lease could not be renewed', {
              syncId: this.syncId,
              error: messageOf(error),
            });
        });
      }
    };
    // The sleep rejects when it is stopped, which is how the loop ends.
    renew().catch(() => undefined);
    return () => stopped.abort();
  }

  /** Nothing more is read with the credentials of an account that was disconnected meanwhile. */
  private async renew(): Promise<void> {
    const { credentialKind } = await this.lease.renew();
    const isLive = this.options.mode !== 'import' && this.metadata.credentialKind !== null;
    if (credentialKind !== null || !isLive) return;
    this.disconnected.abort(new InputError(`${accountName(this.options.account)} was disconnected meanwhile`));
  }

  async start(): Promise<void> {
    const { mode, login = null, causedBy = null, commandId = null } = this.options;
    const credentialKind = mode === 'import' ? null : this.metadata.credentialKind;
    this.startedPosition = await this.writer.append(
      [{ type: 'SyncStarted', value: { mode, login, causedBy, commandId, credentialKind } }],
      () => this.stopIfOvertaken(),
    );
  }

  async append(records: readonly RunRecord[]): Promise<void> {
    // A snapshot counts as open from before its Begin until after its End: an append that failed may have been written.
    for (const record of records) this.openBy(record);
    await this.writer.append(records, () => {
      this.stopIfOvertaken();
      this.signal.throwIfAborted();
    });
    if (records.some((record) => record.type === 'SnapshotEnd')) this.openSnapshot = null;
  }

  async update(change: (metadata: SyncMetadata) => SyncMetadata): Promise<void> {
    await this.lease.update(change);
  }

  async finish({ counts, advance, undone, uncounted = undone !== undefined }: RunResult<unknown>): Promise<void> {
    if (this.openSnapshot !== null) throw new Error('the run ended before its snapshot');
    const end = await this.appendEnd(undone === undefined ? 'done' : 'aborted', undone ?? null, counts);
    this.finished = true;
    const isSync = !uncounted && this.options.mode !== 'backfill' && this.options.mode !== 'recheck';
    await this.lease.update((metadata) => {
      // An import asks nobody, so it does not show that the credentials are taken.
      const shown = this.options.mode === 'import' && metadata.needsReauth ? {} : COUNTED;
      const counted = isSync
        ? { ...metadata, ...shown, syncCount: metadata.syncCount + 1, lastSyncAt: this.deps.clock.now() }
        : metadata;
      return { ...(advance?.(counted) ?? counted), scannedTo: end + 1, lease: null };
    });
  }

  /**
   * Says in the log why the run ended, as far as that is still possible; never rejects. Resolves to what the caller has to know: the
   * error; FencedError where another run took over, since what this one says of its end counts for nobody then; UntoldRunError
   * where the log was not told.
   */
  async abort(error: unknown): Promise<unknown> {
    const { log } = this.deps.telemetry;
    log.warn('a run was aborted', {
      syncId: this.syncId,
      ...this.options.account,
      mode: this.options.mode,
      error: messageOf(error),
    });
    if (error instanceof FencedError) return error;
    if (this.overtaken.signal.aborted) return this.overtaken.signal.reason;
    try {
      if (!this.finished && this.startedPosition >= 0) {
        await this.appendAborted(messageOf(error).slice(0, REASON_LENGTH));
        this.finished = true;
      }
      await this.lease.update((metadata) => this.afterAbort(metadata, error));
    } catch (failure) {
      log.error('the end of a run could not be written; its lease will run out', {
        syncId: this.syncId,
        error: messageOf(failure),
      });
      if (failure instanceof FencedError) return new FencedError(failure.message, { cause: error });
    }
    if (this.finished || this.startedPosition < 0) return error;
    return new UntoldRunError(messageOf(error), { cause: error });
  }

  /** What happened with former credentials says nothing of those that the account was connected with meanwhile. */
  private afterAbort(metadata: SyncMetadata, error: unknown): SyncMetadata {
    const free = { ...metadata, lease: null };
    const isStopped = this.options.signal?.aborted === true;
    if (isStopped || metadata.connectedAt !== this.metadata.connectedAt) return free;
    const needsReauth = metadata.needsReauth || error instanceof ReauthorizationError;
    const lastError = { at: this.deps.clock.now(), message: messageOf(error).slice(0, REASON_LENGTH) };
    return { ...free, needsReauth, lastError };
  }

  private async appendAborted(reason: string): Promise<void> {
    const open = this.openSnapshot;
    if (open !== null) {
      const value = { ...open, status: 'aborted', reason, chunks: this.chunks, ...NOTHING_LISTED } as const;
      await this.writer.append([{ type: 'SnapshotEnd', value }], () => this.stopIfOvertaken());
    }
    await this.appendEnd('aborted', reason, this.options.countsAtAbort?.() ?? {});
  }

  private appendEnd(
    status: 'done' | 'aborted',
    error: string | null,
    counts: Readonly<Record<string, number>>,
  ): Promise<number> {
    return this.writer.append([{ type: 'SyncFinished', value: { status, error, counts } }], () =>
      this.stopIfOvertaken(),
    );
  }

  private stopIfOvertaken(): void {
    if (this.overtaken.signal.aborted) throw this.overtaken.signal.reason;
  }

  private openBy(record: RunRecord): void {
    if (record.type === 'SnapshotChunk') this.chunks++;
    if (record.type !== 'SnapshotBegin') return;
    const { collection, snapshotId, login } = record.value;
    this.openSnapshot = { collection, snapshotId, login };
    this.chunks = 0;
  }
}

/** What a sync that was done says of the account. */
const COUNTED = { needsReauth: false, lastError: null } as const;

const NOTHING_LISTED = {
  count: 0,
  digest: '0'.repeat(32),
  contentDigest: '0'.repeat(32),
  digestOnly: false,
  coverage: 'unknown',
  kinds: [],
  proof: 'absence',
  asOf: null,
  oldestRow: null,
  explicitlyEmpty: false,
  evidence: '{}',
} as const;
