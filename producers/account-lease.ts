import { FencedError, InputError } from '../core/errors.ts';
import { type Account, accountName } from '../core/keys.ts';
import { highestFence } from './highest-fence.ts';
import { DEFAULT_RUN_LIMITS, type RunDeps } from './run-deps.ts';
import { isLeaseOver, readSyncMetadata, type SyncMetadata, syncMetadataKey } from './sync-metadata.ts';

/** Another run works for the account, and did not end within the limit: try again later. */
export class AccountBusyError extends Error {
  override readonly name = 'AccountBusyError';
}

/** Whether another run was in the way, or took the account over: nothing is wrong with the work, which may be begun anew. */
export function metAnotherRun(error: unknown): error is Error {
  return error instanceof FencedError || error instanceof AccountBusyError;
}

export interface LeaseRequest {
  /** sync id */
  readonly holder: string;
  readonly login: string | null;
  /** gives way to whoever else waits: long work in parts would else leave nobody a gap */
  readonly patient: boolean;
  readonly signal: AbortSignal | undefined;
}

/** For so many polls a waiting run is believed to be still there. */
const WANTED_POLLS = 4;

/**
 * The right to work for an account, and the fencing number that goes with it (law 1). The lease only keeps producers from
 * getting in each other's way; what makes a late one harmless is the number, which every reader of the log checks.
 */
export class AccountLease {
  readonly fence: number;
  /** the metadata as it was when the number was taken */
  readonly taken: SyncMetadata;
  private readonly deps: RunDeps;
  private readonly account: Account;
  private readonly holder: string;

  private constructor(deps: RunDeps, account: Account, holder: string, taken: SyncMetadata) {
    this.deps = deps;
    this.account = account;
    this.holder = holder;
    this.taken = taken;
    this.fence = taken.fence;
  }

  /**
   * Waits until nobody else works for the account, and takes the next number. Rejects with AccountBusyError after
   * `waitMs`, with InputError when the account belongs to another login (law 5), and with the signal's reason.
   */
  static async acquire(deps: RunDeps, account: Account, request: LeaseRequest): Promise<AccountLease> {
    const { waitMs, pollMs } = { ...DEFAULT_RUN_LIMITS, ...deps.limits };
    const key = syncMetadataKey(account);
    const deadline = deps.clock.now() + waitMs;
    for (;;) {
      request.signal?.throwIfAborted();
      const document = await deps.metadata.get(key);
      const stored = readSyncMetadata(account, document?.value);
      refuseOtherLogin(stored, request.login);
      if (isFree(deps, stored) && !(request.patient && stored.wantedUntil > deps.clock.now())) {
        const taken = await nextNumber(deps, account, request, stored);
        const version = await deps.metadata.compareAndSet(key, document?.version ?? null, taken);
        if (version !== null) return new AccountLease(deps, account, request.holder, taken);
        continue;
      }
      if (deps.clock.now() >= deadline) {
        throw new AccountBusyError(
          `another run works for ${accountName(account)} since more than ${Math.round(waitMs / 1000)} s`,
        );
      }
      // Says that somebody waits; when it fails, the next round says so.
      const wantedUntil = deps.clock.now() + WANTED_POLLS * pollMs;
      if (!request.patient)
        await deps.metadata.compareAndSet(key, document?.version ?? null, { ...stored, wantedUntil });
      await deps.clock.sleep(pollMs, request.signal);
    }
  }

  /**
   * Changes the metadata by compare-and-set on this run's number. Rejects with FencedError when another run took over:
   * nothing was written. Resolves to what was written.
   */
  async update(change: (metadata: SyncMetadata) => SyncMetadata): Promise<SyncMetadata> {
    const key = syncMetadataKey(this.account);
    for (;;) {
      const document = await this.deps.metadata.get(key);
      const stored = readSyncMetadata(this.account, document?.value);
      if (
        document === null ||
        stored.fence !== this.fence ||
        (stored.lease !== null && stored.lease.holder !== this.holder)
      ) {
        throw new FencedError(`another run took over ${accountName(this.account)}`);
      }
      const changed = change(stored);
      if ((await this.deps.metadata.compareAndSet(key, document.version, changed)) !== null) return changed;
    }
  }

  renew(): Promise<SyncMetadata> {
    return this.update((metadata) => ({ ...metadata, lease: newLease(this.deps, this.holder) }));
  }
}

function refuseOtherLogin(stored: SyncMetadata, login: string | null): void {
  if (login !== null && stored.login !== null && login !== stored.login) {
    throw new InputError(`${accountName(stored)} is bound to another login; connect this one as another user`);
  }
}

/** Where the holder goes on all the same, the number of the new one keeps it harmless. */
function isFree(deps: RunDeps, { lease }: SyncMetadata): boolean {
  const { leaseMs } = { ...DEFAULT_RUN_LIMITS, ...deps.limits };
  if (lease === null || deps.isGone?.(lease.instance) === true) return true;
  return isLeaseOver(lease, deps.clock.now(), leaseMs);
}

function newLease(deps: RunDeps, holder: string): SyncMetadata['lease'] {
  const { leaseMs } = { ...DEFAULT_RUN_LIMITS, ...deps.limits };
  return { holder, instance: deps.instance, expiresAt: deps.clock.now() + leaseMs };
}

async function nextNumber(
  deps: RunDeps,
  account: Account,
  { holder, login }: LeaseRequest,
  stored: SyncMetadata,
): Promise<SyncMetadata> {
  const found = await highestFence(deps.log, account, stored.scannedTo);
  return {
    ...stored,
    login: login ?? stored.login,
    fence: Math.max(stored.fence, found.fence) + 1,
    scannedTo: found.scannedTo,
    lease: newLease(deps, holder),
  };
}
