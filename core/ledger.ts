/**
 * The ledger: what the sink knows of each item, scope, account and run. Pure data; core/fold changes it.
 * Positions are offsets of `ingest`; -1 stands for none, since the first record of a partition has offset 0.
 */

import type { Gap } from './fold/gaps.ts';

export type ItemState = 'active' | 'held' | 'trash' | 'purged';

export interface LedgerRow {
  readonly itemId: string;
  /** null: only hydrated so far, never sighted, so not part of the collection */
  state: ItemState | null;
  pinned: boolean;
  blocked: boolean;
  hidden: boolean;
  /** member of the snapshot last applied to the scope; its sighting by that snapshot is not written to every row */
  listed: boolean;
  /** position of the last sighting that was written to this row; see lastSeen */
  seen: number;
  firstSeenAt: number | null;
  /** the latest moment at which a source held it, as far as was written to this row, ms; see lastSeenAt */
  lastSeenAt: number | null;
  /** position of the last decision that acted */
  decided: number;
  /** up to where the last removal, hold or purge knew the sightings */
  basisSeen: number;
  /** position at which a person last decided, of the first copy where it was issued again */
  personAt: number;
  /** snapshot and reason of the hold, as `held` lists it */
  holdId: string | null;
  personOnly: boolean;
  /** Begin of the last snapshot whose absence of this item was judged */
  judgedAt: number;
  /** Begin of the first of the snapshots in a row that miss the item */
  absentSince: number;
  /** a verdict that waits for a second one (law 4): when, and the last sighting it knew */
  verdictAt: number | null;
  verdictSeen: number;
  /** position of the record that the content comes from */
  contentAt: number;
  content: 'none' | 'stub' | 'full';
  /** the provider did not answer for it, or its source no longer shows it */
  unavailable: boolean;
  /** a snapshot showed that the source has a newer document, which has not come yet */
  stale: boolean;
  /** empty while nothing was fetched */
  documentHash: string;
  contentHash: string;
  textHash: string;
  vectorHash: string;
  savedAt: number | null;
  /** content first seen up to here is erased: position of the last purge, or of the record that brought the item back */
  purgedAt: number;
  /** event id of the raw item that brought it back after a purge: its copies are not late */
  returnedBy: string | null;
  trashedAt: number | null;
  /** who deleted it at the source, as last seen */
  deletedBy: 'author' | 'moderator' | null;
  /** when the decision to hide it was made, ms */
  hiddenAt: number | null;
  /** fetches that failed in a row, and when the next may be asked for, ms */
  attempts: number;
  retryAt: number | null;
  /** keys of the records in `ingest` that held its content */
  contentKeys: string[];
}

/** What a merge with a snapshot reads of each row. */
export interface LedgerGlance {
  readonly itemId: string;
  readonly state: ItemState | null;
  readonly pinned: boolean;
  readonly blocked: boolean;
  readonly hidden: boolean;
  readonly listed: boolean;
  readonly content: LedgerRow['content'];
  readonly stale: boolean;
  readonly deletedBy: LedgerRow['deletedBy'];
  readonly documentHash: string;
  readonly savedAt: number | null;
}

export interface AppliedSnapshot {
  readonly snapshotId: string;
  readonly syncId: string;
  /** position of its Begin */
  readonly begin: number;
  /** when its End was written, ms */
  readonly at: number;
  readonly coverage: 'complete' | 'window' | 'unknown';
  readonly kinds: readonly string[];
  readonly proof: 'verdict' | 'absence' | 'walks';
  /** its own; null for a live listing, and for an export that does not tell */
  readonly asOf: number | null;
  /** as-of of the export last applied that covered the kind, by kind of id, ms */
  readonly asOfByKind: Readonly<Record<string, number>>;
  /** the latest moment that this one, or one before it which may list the same items, speaks of, ms; 0 for none */
  readonly seenAt: number;
  /** day on which an export came in that does not tell when it was made, ms; null when there was none, or another told */
  readonly undatedAt: number | null;
  readonly count: number;
  readonly digest: string;
  readonly contentDigest: string;
  /** an export that could not be read as a whole, and neither could any other of its moment: one that lists more may follow */
  readonly partial: boolean;
}

/** The snapshot most recently begun, whose chunks are being staged. */
export interface StagedSnapshot {
  readonly snapshotId: string;
  readonly begin: number;
  /** when it began, ms since the epoch; absent where an earlier version took it in */
  readonly at?: number;
  readonly login: string | null;
  chunks: number;
  /** false when a chunk was missing or out of order */
  intact: boolean;
  /** ids ascend within and across the chunks, so that they can be merged as they are */
  sorted: boolean;
  lastId: string | null;
  /** set when judging began: a crash in the middle goes on with the same figures */
  judgement: Judgement | null;
}

/** A snapshot in figures. */
export interface Share {
  /** ids that it lists */
  readonly listed: number;
  /** active and held items of the scope */
  readonly scopeCount: number;
  /** of these, how many the snapshot lists */
  readonly overlap: number;
  /** active items that would go by absence */
  readonly going: number;
}

/** What law 4 judges a snapshot by, counted before anything of it was applied. */
export interface Judgement extends Share {
  /** by kind of id: exports have a file for each, of which one may be cut off; absent where an older version judged */
  readonly byKind?: Readonly<Record<string, Share>>;
  /** by kind of id, in order of date: what may have been left out of an export; absent where an older version judged */
  readonly gaps?: Readonly<Record<string, readonly Gap[]>>;
}

export interface ScopeRow {
  readonly scope: string;
  applied: AppliedSnapshot | null;
  staged: StagedSnapshot | null;
  /** digest of the ids of all rows with `listed`, and how many */
  listedDigest: string;
  listedCount: number;
  /** the login that the snapshots of this scope belong to */
  login: string | null;
  converged: boolean | null;
  convergedAt: number | null;
  /** how many verdicts would have removed, by the snapshot that asked; the latest four (law 4) */
  verdictCounts: { readonly snapshotId: string; readonly count: number }[];
}

export interface AccountRow {
  readonly account: string;
  /** number of the latest SyncStarted */
  fence: number;
  /** highest `seq` of that run that was applied */
  seq: number;
  syncId: string | null;
  /** nobody but a public list ever told what it holds; absent where an earlier version folded it, and nobody knows */
  publicOnly?: boolean;
}

export interface RunCounts {
  new: number;
  updated: number;
  unchanged: number;
  removed: number;
  restored: number;
  held: number;
  failed: number;
}

/** A run of a producer, as far as it was applied. Its SyncStarted positions are also what redriven records are fenced by. */
export interface RunRow {
  readonly syncId: string;
  readonly account: string;
  readonly fence: number;
  readonly mode: string;
  readonly causedBy: string | null;
  readonly commandId: string | null;
  readonly startedPosition: number;
  readonly startedAt: number;
  finishedPosition: number;
  finishedAt: number | null;
  status: 'running' | 'done' | 'aborted';
  error: string | null;
  /** as SyncFinished reported */
  producerCounts: Record<string, number>;
  counts: RunCounts;
  /** of an import: the moment that its export speaks of, ms */
  asOf: number | null;
  /** snapshot that it applied; why it was not applied */
  snapshotId: string | null;
  snapshotOutcome: string | null;
  /** decisions and commands that it caused and that have not come back yet */
  waitingDecisions: number;
  waitingCommands: string[];
  /** when everything that it caused was applied, ms */
  settledAt: number | null;
  converged: boolean | null;
}

/** One line of an item's history, always made from a record of the log, so that a rebuild makes the same. */
export interface HistoryEntry {
  readonly scope: string;
  readonly itemId: string;
  readonly position: number;
  readonly at: number;
  readonly event: string;
  readonly reason: string;
  readonly snapshotId: string | null;
  readonly author: string;
  /** JSON object */
  readonly evidence: string;
  /** tells what the source showed: goes when the item is purged, as the records of that may do; decisions stay */
  readonly erasable: boolean;
}

export function newLedgerRow(itemId: string): LedgerRow {
  return {
    itemId,
    state: null,
    pinned: false,
    blocked: false,
    hidden: false,
    listed: false,
    seen: -1,
    firstSeenAt: null,
    lastSeenAt: null,
    decided: -1,
    basisSeen: -1,
    personAt: -1,
    holdId: null,
    personOnly: false,
    judgedAt: -1,
    absentSince: -1,
    verdictAt: null,
    verdictSeen: -1,
    contentAt: -1,
    content: 'none',
    unavailable: false,
    stale: false,
    documentHash: '',
    contentHash: '',
    textHash: '',
    vectorHash: '',
    savedAt: null,
    purgedAt: -1,
    returnedBy: null,
    trashedAt: null,
    deletedBy: null,
    hiddenAt: null,
    attempts: 0,
    retryAt: null,
    contentKeys: [],
  };
}

export const EMPTY_DIGEST = '0'.repeat(32);

export function newScopeRow(scope: string): ScopeRow {
  return {
    scope,
    applied: null,
    staged: null,
    listedDigest: EMPTY_DIGEST,
    listedCount: 0,
    login: null,
    converged: null,
    convergedAt: null,
    verdictCounts: [],
  };
}

export function newAccountRow(account: string): AccountRow {
  return { account, fence: 0, seq: -1, syncId: null, publicOnly: true };
}

/** Whether a list with this proof shows all that was taken in before: a public one lacks the private items that a token showed. */
export function showsAll(
  { publicOnly = false }: Pick<AccountRow, 'publicOnly'>,
  proof: AppliedSnapshot['proof'],
): boolean {
  return proof !== 'walks' || publicOnly;
}

/** Law 2: position of the item's last sighting, by a record of its own or by the snapshot last applied. */
export function lastSeen(row: Pick<LedgerRow, 'seen' | 'listed'>, scope: Pick<ScopeRow, 'applied'>): number {
  return row.listed && scope.applied !== null ? Math.max(row.seen, scope.applied.begin) : row.seen;
}

/**
 * The latest moment at which a source held the item, ms. Of an export that is its as-of: it says nothing of later, and
 * another one that was made before cannot deny what was seen after.
 */
export function lastSeenAt(
  row: Pick<LedgerRow, 'lastSeenAt' | 'listed'>,
  scope: Pick<ScopeRow, 'applied'>,
): number | null {
  if (!row.listed || scope.applied === null) return row.lastSeenAt;
  const { seenAt, undatedAt } = scope.applied;
  return Math.max(row.lastSeenAt ?? 0, seenAt, undatedAt ?? 0);
}

/** Row of a run that has just begun. */
export function newRunRow(
  start: Pick<
    RunRow,
    'syncId' | 'account' | 'fence' | 'mode' | 'causedBy' | 'commandId' | 'startedPosition' | 'startedAt'
  >,
): RunRow {
  return {
    ...start,
    finishedPosition: -1,
    finishedAt: null,
    status: 'running',
    error: null,
    producerCounts: {},
    counts: { new: 0, updated: 0, unchanged: 0, removed: 0, restored: 0, held: 0, failed: 0 },
    asOf: null,
    snapshotId: null,
    snapshotOutcome: null,
    waitingDecisions: 0,
    waitingCommands: [],
    settledAt: null,
    converged: null,
  };
}

/** Nothing that the run caused is on its way any more. */
export function isSettled(run: RunRow): boolean {
  return run.status !== 'running' && run.waitingDecisions <= 0 && run.waitingCommands.length === 0;
}

/** Active and held items are what the collection holds and search finds. */
export function inCollection(state: ItemState | null): boolean {
  return state === 'active' || state === 'held';
}
