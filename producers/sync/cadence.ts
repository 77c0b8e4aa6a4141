import type { SyncMetadata } from '../sync-metadata.ts';

/** When accounts are synced, and how thoroughly (protocol.md, Cadence). */
export interface Cadence {
  /** between two syncs of an account, ms; a tenth of it is jitter, so that accounts drift apart */
  readonly intervalMs: number;
  /** every so manieth sync is full */
  readonly fullEvery: number;
  /** a full sync is due when the last one is older, ms */
  readonly fullAfterMs: number;
}

export const DEFAULT_CADENCE: Cadence = { intervalMs: 900_000, fullEvery: 10, fullAfterMs: 86_400_000 };

/** The shortest and the longest that a person may choose for an account, ms: what providers bear, and a year. */
export const ACCOUNT_CADENCE_MS = { least: 60_000, most: 31_536_000_000 } as const;

/** How an account is synced: as the person chose for it, else as everywhere. */
export function cadenceFor({ cadenceMs }: Pick<SyncMetadata, 'cadenceMs'>, usual: Cadence): Cadence {
  return cadenceMs === null ? usual : { ...usual, intervalMs: cadenceMs };
}

/**
 * A sync is full when the account never had one, on every `fullEvery`th, or when the last one is too old. `syncCount` only
 * grows, and only with syncs that were done: a full one that failed stays due, and one that was done does not reset it.
 */
export function dueMode(
  metadata: Pick<SyncMetadata, 'syncCount' | 'lastFullReconciliation'>,
  now: number,
  cadence: Cadence,
): 'delta' | 'full' {
  const { syncCount, lastFullReconciliation } = metadata;
  if (lastFullReconciliation === null || now - lastFullReconciliation >= cadence.fullAfterMs) return 'full';
  return (syncCount + 1) % cadence.fullEvery === 0 ? 'full' : 'delta';
}

/** When the scheduler asks for the sync after one that is asked for now. `random` is uniform in [0, 1). */
export function nextSyncAt(now: number, random: number, { intervalMs }: Cadence): number {
  return now + Math.round(intervalMs * (0.95 + random * 0.1));
}
