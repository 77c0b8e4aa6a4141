import type { Account } from '../core/keys.ts';

/** Who works for an account now (law 1), until when. */
export interface Lease {
  /** sync id of the run */
  readonly holder: string;
  /** the process it runs in, as RunDeps.instance names it */
  readonly instance: string;
  /** ms since the epoch */
  readonly expiresAt: number;
}

/** The sync metadata document of an account, at syncMetadataKey (protocol.md, Cadence). */
export interface SyncMetadata {
  readonly provider: string;
  readonly user: string;
  /** the provider's immutable account id; null until known, or where the provider has none */
  readonly login: string | null;
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
  /** document hash of each item as last emitted, by collection, then item id */
  readonly documentHashes: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** encrypted (law 12) */
  readonly accessToken: string | null;
  readonly refreshToken: string | null;
  readonly needsReauth: boolean;
  readonly paused: boolean;
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
    documentHashes: {},
    accessToken: null,
    refreshToken: null,
    needsReauth: false,
    paused: false,
  };
}

/** What was stored, with defaults for fields that the version which wrote it did not know. */
export function readSyncMetadata(account: Account, value: unknown): SyncMetadata {
  const stored = typeof value === 'object' && value !== null ? value : {};
  return { ...newSyncMetadata(account), ...stored };
}
