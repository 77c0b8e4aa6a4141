import type { Account } from '../core/keys.ts';
import type { MetadataStore } from '../core/ports/metadata-store.ts';
import type { Credentials } from '../core/ports/provider.ts';

/** Who works for an account now (law 1), or renews its tokens, until when. */
export interface Lease {
  /** sync id of the run, or an id of the renewal */
  readonly holder: string;
  /** the process it runs in, as RunDeps.instance names it */
  readonly instance: string;
  /** ms since the epoch */
  readonly expiresAt: number;
}

/** Nobody gives a lease of twice its length: that one is of a clock that was ahead. */
export function isLeaseOver({ expiresAt }: Lease, now: number, lengthMs: number): boolean {
  return expiresAt <= now || expiresAt > now + 2 * lengthMs;
}

/** The sync metadata document of an account, at syncMetadataKey (protocol.md, Cadence). */
export interface SyncMetadata {
  readonly provider: string;
  readonly user: string;
  /** the provider's immutable account id; null until known, or where the provider has none */
  readonly login: string | null;
  /** the name people know the login by; may change */
  readonly loginName: string | null;
  /** ms since the epoch */
  readonly lastSyncAt: number | null;
  readonly lastFullReconciliation: number | null;
  /** only grows */
  readonly syncCount: number;
  /** the number of the latest run (law 1) */
  readonly fence: number;
  /** the partition's records before this offset hold no higher number */
  readonly scannedTo: number;
  readonly lease: Lease | null;
  /** until then somebody waits for the account who goes before a backfill, ms */
  readonly wantedUntil: number;
  /** snapshot most recently begun, by collection: only if that one was applied may the next go without chunks */
  readonly lastSnapshot: Readonly<Record<string, string>>;
  readonly cursor: Readonly<Record<string, string>>;
  readonly etag: Readonly<Record<string, string>>;
  /** key of the document that has the hashes of what was last emitted, by collection; see sync/known-hashes.ts */
  readonly hashesAt: Readonly<Record<string, string>>;
  /** most items that any walk or export of a collection ever gave: what tells a window from a whole (protocol.md, Snapshot evidence) */
  readonly mostEver: Readonly<Record<string, number>>;
  /** when it was connected last, ms; null: it is not, or never was */
  readonly connectedAt: number | null;
  /** null: not connected */
  readonly credentialKind: Credentials['kind'] | null;
  /** encrypted (law 12) */
  readonly accessToken: string | null;
  readonly refreshToken: string | null;
  /** of the access token, ms; null: it does not expire, or is not known */
  readonly tokenExpiresAt: number | null;
  /** who renews the tokens now: a refresh token may count only once */
  readonly renewing: Lease | null;
  readonly needsReauth: boolean;
  /** why the latest run was aborted, at ms since the epoch; null: the latest sync was done */
  readonly lastError: { readonly at: number; readonly message: string } | null;
  readonly paused: boolean;
  /** between two syncs of this account, ms; null: as the installation has it */
  readonly cadenceMs: number | null;
  /** when the scheduler asks for the next sync, ms; 0: at once */
  readonly nextSyncAt: number;
}

/** `{provider}:{user}`. */
export function syncMetadataKey({ provider, user }: Account): string {
  return `${provider}:${user}`;
}

export function newSyncMetadata({ provider, user }: Account): SyncMetadata {
  return {
    provider,
    user,
    login: null,
    loginName: null,
    lastSyncAt: null,
    lastFullReconciliation: null,
    syncCount: 0,
    fence: 0,
    scannedTo: 0,
    lease: null,
    wantedUntil: 0,
    lastSnapshot: {},
    cursor: {},
    etag: {},
    hashesAt: {},
    mostEver: {},
    connectedAt: null,
    credentialKind: null,
    accessToken: null,
    refreshToken: null,
    tokenExpiresAt: null,
    renewing: null,
    needsReauth: false,
    lastError: null,
    paused: false,
    cadenceMs: null,
    nextSyncAt: 0,
  };
}

/** What was stored, with defaults for fields that the version which wrote it did not know. */
export function readSyncMetadata(account: Account, value: unknown): SyncMetadata {
  const stored = typeof value === 'object' && value !== null ? value : {};
  return { ...newSyncMetadata(account), ...stored };
}

/** Changes the document of an account, whoever else changes it; null where there is none. */
export async function changeSyncMetadata(
  store: MetadataStore,
  account: Account,
  change: (metadata: SyncMetadata) => SyncMetadata,
): Promise<SyncMetadata | null> {
  const key = syncMetadataKey(account);
  for (;;) {
    const document = await store.get(key);
    if (document === null) return null;
    const changed = change(readSyncMetadata(account, document.value));
    if ((await store.compareAndSet(key, document.version, changed)) !== null) return changed;
  }
}
