/** An account and one of its collections, as `GET v1/accounts` tells them. */
export interface Account {
  readonly provider: string;
  readonly user: string;
  /** null before the first sync */
  readonly collection: string | null;
  readonly loginName?: string | null;
  readonly login: string | null;
  readonly lastSyncAt: string | null;
  readonly nextSyncAt?: string | null;
  readonly lastFullReconciliation: string | null;
  readonly cadenceMs?: number | null;
  readonly budget?: { readonly limit: number; readonly remaining: number; readonly resetAt: string | null } | null;
  readonly convergence?: Convergence;
  readonly active: number;
  readonly trash: number;
  readonly held: number;
  readonly needsReauth: boolean;
  readonly paused: boolean;
  readonly connected?: boolean;
  readonly lastError?: string | null;
  readonly lastErrorAt?: string | null;
}

/** What the last comparison of both sides says. */
export interface Convergence {
  readonly converged: boolean | null;
  readonly count: number | null;
  readonly checkedAt: string | null;
  /** of the export that was compared */
  readonly asOf?: string | null;
  /** in the server's words, whose times are UTC */
  readonly sentence: string;
}

/** How far connecting an account is. */
export interface Connection {
  readonly id: string;
  readonly state: 'connected' | 'waiting' | 'failed';
  readonly provider: string;
  readonly user: string;
  readonly loginName?: string;
  /** to be typed at verificationUri */
  readonly userCode?: string;
  readonly verificationUri?: string;
  /** where the person is asked */
  readonly authorizeUrl?: string;
  readonly detail?: string;
}

/** A sync, as the stream of events tells of it. */
export interface SyncRun {
  readonly syncId: string;
  readonly causedBy: string | null;
  readonly provider: string;
  readonly user: string;
  readonly mode: string;
  readonly status: 'running' | 'done' | 'aborted' | 'settled';
  readonly error: string | null;
  readonly counts: Readonly<Record<string, number | null>>;
}
