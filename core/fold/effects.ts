import type { Decision } from '../../schemas/generated/records.ts';
import type { AccountRow, HistoryEntry, LedgerRow, RunRow, ScopeRow } from '../ledger.ts';

/** A decision that the sink makes, or issues again for a person; it acts only when it comes back through the log. */
export interface ProposedDecision {
  readonly eventId: string;
  readonly scope: string;
  readonly itemId: string;
  readonly operation: Decision['operation'];
  readonly author: string;
  readonly basisDecided: number;
  readonly basisSeen: number;
  readonly reason: string;
  readonly snapshotId: string | null;
  readonly syncId: string | null;
  readonly personOnly: boolean;
  readonly firstId: string | null;
  readonly firstAt: number | null;
  /** of the decision that is issued again; null: as the store knows it */
  readonly url: string | null;
  readonly evidence: Readonly<Record<string, unknown>>;
}

export type ProposedCommand =
  | { readonly kind: 'full'; readonly account: string; readonly reason: string; readonly causedBy: string | null }
  | {
      readonly kind: 'recheck';
      readonly scope: string;
      readonly snapshotId: string;
      readonly snapshotBegin: number;
      readonly scopeCount: number;
      readonly emptyListing: boolean;
      readonly itemIds: readonly string[];
      readonly controlIds: readonly string[];
      readonly causedBy: string | null;
    }
  | {
      readonly kind: 'backfill';
      readonly scope: string;
      readonly reason: string;
      readonly itemIds: readonly string[];
      readonly causedBy: string | null;
    };

export interface ProposedOutcome {
  readonly scope: string;
  readonly itemId: string | null;
  readonly syncId: string | null;
  readonly snapshotId: string | null;
  readonly kind: string;
  readonly reason: string;
  readonly count: number;
  readonly evidence: Readonly<Record<string, unknown>>;
}

/**
 * What folding a record asks of the sink besides changed rows. A rebuild folds the same way and drops all of it but the
 * history: it applies decisions and never makes any, and emits no command, outcome or notification (law 8).
 */
export class Effects {
  readonly decisions: ProposedDecision[] = [];
  readonly commands: ProposedCommand[] = [];
  readonly outcomes: ProposedOutcome[] = [];
  /** keys to erase in every topic that may hold them */
  readonly tombstones: string[] = [];
  readonly history: HistoryEntry[] = [];
}

/** What every folding of one record knows. */
export interface FoldContext {
  /** offset in `ingest` of this copy, and of the first copy where it was redriven (law 2) */
  readonly position: number;
  readonly first: number;
  /** keys that this record has in `ingest`: its own, and that of its first copy where it was redriven */
  readonly key: string;
  readonly otherKeys: readonly string[];
  readonly eventId: string;
  /** `at` of the record, ms */
  readonly at: number;
  readonly scope: ScopeRow;
  readonly account: AccountRow;
  /** the run that wrote the record, where a producer did */
  readonly run: RunRow | null;
  readonly effects: Effects;
  readonly settings: FoldSettings;
}

export interface FoldSettings {
  /** law 4: a removal is held when it exceeds this many items and this share of the scope */
  readonly guardItems: number;
  readonly guardShare: number;
  /** so many items saved one after the other, missing together from an export, are held; 0: none for that (decision 0029) */
  readonly guardNeighbours: number;
  /** law 4: a verdict beyond the guard waits this long for one that agrees, ms */
  readonly secondVerdictMs: number;
  /** law 7: between the two sightings of a deletion by the author, ms */
  readonly secondDeletionMs: number;
  /** law 3: candidates outside a window that are asked for, for each full sync */
  readonly recheckLimit: number;
  /** law 7: whether what moderators removed is hidden as what its author deleted */
  readonly hideModerated: boolean;
}

export const DEFAULT_FOLD_SETTINGS: FoldSettings = {
  guardItems: 20,
  guardShare: 0.25,
  guardNeighbours: 0,
  secondVerdictMs: 600_000,
  secondDeletionMs: 3_600_000,
  recheckLimit: 2_000,
  hideModerated: false,
};

/** Law 8: proposes a decision on the present state of the row. */
export function propose(
  context: FoldContext,
  row: LedgerRow,
  operation: Decision['operation'],
  detail: {
    /** default: of the operation, the record and the item; runs of several accounts number their records alike */
    readonly eventId?: string;
    readonly reason: string;
    readonly author?: string;
    readonly basisSeen?: number;
    readonly snapshotId?: string | null;
    readonly syncId?: string | null;
    readonly personOnly?: boolean;
    readonly firstId?: string;
    readonly firstAt?: number;
    readonly url?: string | null;
    readonly evidence?: Readonly<Record<string, unknown>>;
  },
): void {
  context.effects.decisions.push({
    eventId: detail.eventId ?? `${operation}:${context.scope.scope}:${context.eventId}:${row.itemId}`,
    scope: context.scope.scope,
    itemId: row.itemId,
    operation,
    author: detail.author ?? 'sink',
    basisDecided: row.decided,
    basisSeen: detail.basisSeen ?? context.position,
    reason: detail.reason,
    snapshotId: detail.snapshotId ?? null,
    syncId: detail.syncId ?? null,
    personOnly: detail.personOnly ?? false,
    firstId: detail.firstId ?? null,
    firstAt: detail.firstAt ?? null,
    url: detail.url ?? null,
    evidence: detail.evidence ?? {},
  });
}

/** Law 11: adds a line to the item's history, made of the record alone. Without an author it tells what the source showed. */
export function remember(
  context: FoldContext,
  row: LedgerRow,
  event: string,
  detail: {
    readonly reason?: string;
    readonly snapshotId?: string | null;
    readonly author?: string;
    readonly evidence?: string | Readonly<Record<string, unknown>>;
  } = {},
): void {
  const evidence = detail.evidence ?? {};
  context.effects.history.push({
    scope: context.scope.scope,
    itemId: row.itemId,
    position: context.position,
    at: context.at,
    event,
    reason: detail.reason ?? '',
    snapshotId: detail.snapshotId ?? null,
    author: detail.author ?? 'source',
    evidence: typeof evidence === 'string' ? evidence : JSON.stringify(evidence),
    // A purge erases the records of sightings, so that a rebuild cannot tell of them: only decisions outlive it.
    erasable: detail.author === undefined,
  });
}
