import { FencedError, InputError } from '../core/errors.ts';
import { type Account, accountName } from '../core/keys.ts';
import { highestFence } from './highest-fence.ts';
import { DEFAULT_RUN_LIMITS, type RunDeps } from './run-deps.ts';
import { readSyncMetadata, type SyncMetadata, syncMetadataKey } from './sync-metadata.ts';

/** Another run works for the account, and did not end within the limit: try again later. */
export class AccountBusyError extends Error {
  override readonly name = 'AccountBusyError';
}

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
  static async acquire(
    deps: RunDeps,
    account: Account,
    holder: string,
    login: string | null,
    signal?: AbortSignal,
  ): Promise<AccountLease> {
    const { waitMs, pollMs } = { ...DEFAULT_RUN_LIMITS, ...deps.limits };
    const deadline = deps.clock.now() + waitMs;
    for (;;) {
      signal?.throwIfAborted();
      const document = await deps.metadata.get(syncMetadataKey(account));
      const stored = readSyncMetadata(account, document?.value);
      refuseOtherLogin(stored, login);
      if (isFree(deps, stored)) {
        const taken = await nextNumber(deps, account, holder, stored, login);
        const version = await deps.metadata.compareAndSet(syncMetadataKey(account), document?.version ?? null, taken);
        if (version !== null) return new AccountLease(deps, account, holder, taken);
        continue;
      }
      if (deps.clock.now() >= deadline) {
        throw new AccountBusyError(
          `another run works for ${accountName(account)} since more than ${Math.round(waitMs / 1000)} s`,
        );
      }
      await deps.clock.sleep(pollMs, signal);
    }
  }

  /**
   * Changes the metadata by compare-and-set on this run's number. Rejects with FencedError when another run took over:
   * nothing was written.
   */
  async update(change: (metadata: SyncMetadata) => SyncMetadata): Promise<void> {
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
      const version = await this.deps.metadata.compareAndSet(key, document.version, change(stored));
      if (version !== null) return;
    }
  }

  renew(): Promise<void> {
    return this.update((metadata) => ({ ...metadata, lease: newLease(this.deps, this.holder) }));
  }
}

function refuseOtherLogin(stored: SyncMetadata, login: string | null): void {
  if (login !== null && stored.login !== null && login !== stored.login) {
    throw new InputError(`${accountName(stored)} is bound to another login; connect this one as another user`);
  }
}

function isFree(deps: RunDeps, { lease }: SyncMetadata): boolean {
  return lease === null || lease.expiresAt <= deps.clock.now() || deps.isGone?.(lease.instance) === true;
}

function newLease(deps: RunDeps, holder: string): SyncMetadata['lease'] {
  const { leaseMs } = { ...DEFAULT_RUN_LIMITS, ...deps.limits };
  return { holder, instance: deps.instance, expiresAt: deps.clock.now() + leaseMs };
}

async function nextNumber(
  deps: RunDeps,
  account: Account,
  holder: string,
  stored: SyncMetadata,
  login: string | null,
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
