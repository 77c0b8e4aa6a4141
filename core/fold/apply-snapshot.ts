import type { SnapshotEnd } from '../../schemas/generated/records.ts';
import { kindOf } from '../keys.ts';
import {
  inCollection,
  type Judgement,
  type LedgerRow,
  lastSeen,
  lastSeenAt,
  type Share,
  type StagedSnapshot,
} from '../ledger.ts';
import { type FoldContext, propose } from './effects.ts';
import { type Gap, gapAt } from './gaps.ts';
import { differs, type SnapshotEntry } from './merge.ts';
import { sight } from './sight.ts';
import { coverageOf, momentOf } from './snapshot.ts';

const HOUR_MS = 3_600_000;
/** Exports that were made closer together may come from the same copy, and repeat its gaps. */
const INDEPENDENT_MS = 86_400_000;

/** A snapshot that is being applied, with what it was judged by. */
export interface Applying {
  readonly end: SnapshotEnd;
  readonly staged: StagedSnapshot;
  readonly judgement: Judgement;
}

/** The snapshot lists the row: a sighting at its Begin. True when its content is to be asked for (law 6). */
export function applyListed(
  context: FoldContext,
  row: LedgerRow,
  entry: SnapshotEntry,
  { end, staged }: Applying,
): boolean {
  sight(context, row, staged.begin, false, { snapshotId: end.snapshotId }, momentOf(end) ?? 0);
  row.listed = true;
  row.absentSince = -1;
  if (entry.savedAt !== null) row.savedAt = entry.savedAt;
  return wantsContent(context, row, entry.documentHash);
}

function wantsContent(context: FoldContext, row: LedgerRow, documentHash: string): boolean {
  if (row.blocked) return false;
  // A purge forgets the hash, so any content that is listed again differs.
  if (row.hidden && row.state === 'purged') return documentHash !== '' && documentHash !== row.documentHash;
  if (row.hidden) {
    if (row.retryAt !== null && context.at < row.retryAt) return false;
    row.retryAt = context.at + HOUR_MS;
    return true;
  }
  if (row.deletedBy !== null && row.state !== 'purged') return true;
  if (row.content === 'full' && differs(documentHash, row.documentHash)) {
    // Kept until the content comes: the command may be given up, and later snapshots may say no more than a digest.
    row.stale = true;
    return true;
  }
  return (row.content !== 'full' || row.stale) && (row.retryAt === null || context.at >= row.retryAt);
}

/** Law 3: whether the absence of the row from the snapshot says anything. */
export function isCandidate(context: FoldContext, row: LedgerRow, end: SnapshotEnd, begin: number): boolean {
  if (!inCollection(row.state) || row.pinned || lastSeen(row, context.scope) >= begin) return false;
  if (!end.kinds.includes(kindOf(row.itemId))) return false;
  if (end.asOf === null) return true;
  // What was there after the export was made is no concern of it, also where nobody tells when it was saved.
  return (row.savedAt ?? 0) <= end.asOf && (lastSeenAt(row, context.scope) ?? 0) <= end.asOf;
}

/** Law 3, public stars: absence from two full walks of separate syncs, with no sighting since the first one's Begin. */
function missedTwice(context: FoldContext, row: LedgerRow): boolean {
  return row.absentSince >= 0 && lastSeen(row, context.scope) < row.absentSince;
}

/** Whether the row counts among those that would go by absence, which law 4 judges as a whole. */
export function wouldGo(context: FoldContext, row: LedgerRow, end: SnapshotEnd, begin: number): boolean {
  if (row.state !== 'active' || !isCandidate(context, row, end, begin)) return false;
  return end.proof !== 'walks' || missedTwice(context, row);
}

/** The snapshot does not list the row. Resolves to `recheck` when the provider is to be asked about it. */
export function applyAbsent(
  context: FoldContext,
  row: LedgerRow,
  applying: Applying,
): 'recheck' | 'judged' | 'nothing' {
  const { end, staged } = applying;
  const candidate = isCandidate(context, row, end, staged.begin);
  if (row.listed) {
    row.lastSeenAt = lastSeenAt(row, context.scope);
    row.seen = lastSeen(row, context.scope);
    row.listed = false;
  }
  if (!candidate || row.judgedAt === staged.begin) return 'nothing';
  if (end.proof === 'verdict') return 'recheck';
  row.judgedAt = staged.begin;
  if (coverageOf(end) !== 'complete') return 'nothing';
  judgeAbsence(context, row, applying);
  return 'judged';
}

/** Law 4, and what may have been cut off an export, or left out of it. */
function judgeAbsence(context: FoldContext, row: LedgerRow, applying: Applying): void {
  const { end, staged, judgement } = applying;
  const guard = guardOf(context, row, applying);
  const gap = gapAt(judgement.gaps?.[kindOf(row.itemId)] ?? [], row.savedAt);
  const detail = {
    basisSeen: staged.begin,
    snapshotId: end.snapshotId,
    syncId: end.syncId,
    evidence: evidenceOf(row, applying),
  };
  if (row.state === 'held') {
    const agrees = row.basisSeen < staged.begin && (gap === null || isIndependent(context, row, end));
    if (agrees && !row.personOnly && guard.personOnly === null)
      propose(context, row, 'remove', {
        eventId: `${end.snapshotId}:release:${row.itemId}`,
        reason: 'a newer complete snapshot agrees with the hold',
        ...detail,
      });
    return;
  }
  if (end.proof === 'walks' && !missedTwice(context, row)) {
    row.absentSince = staged.begin;
    return;
  }
  const personOnly =
    guard.personOnly ??
    (cutOff(row, end) ? 'it is not newer than the oldest row, and may have been cut off the export' : null);
  const reason = personOnly ?? (gap === null ? guard.beyond : reasonOf(gap));
  if (reason === null) {
    propose(context, row, 'remove', {
      eventId: `${end.snapshotId}:remove:${row.itemId}`,
      reason: `absent from ${end.proof === 'walks' ? 'two full walks, the latest' : 'a complete snapshot'} of ${end.count} items`,
      ...detail,
    });
    return;
  }
  const held = `${reason} (${judgement.going} of ${judgement.scopeCount} would go)`;
  propose(context, row, 'hold', {
    eventId: `${end.snapshotId}:hold:${row.itemId}`,
    reason: held,
    personOnly: personOnly !== null,
    ...detail,
  });
}

/** What law 4 says against a removal. `personOnly`: not even a newer snapshot releases it. Null: nothing. */
interface Objection {
  readonly personOnly: string | null;
  readonly beyond: string | null;
}

/** Of the scope as a whole, and of the items of the row's kind. */
function guardOf(context: FoldContext, row: LedgerRow, { judgement }: Applying): Objection {
  const ofAll = objectionTo(context, judgement, 'the scope');
  const kind = kindOf(row.itemId);
  const ofKind = objectionTo(context, judgement.byKind?.[kind] ?? judgement, `the items of kind ${kind}`);
  return { personOnly: ofAll.personOnly ?? ofKind.personOnly, beyond: ofAll.beyond ?? ofKind.beyond };
}

function objectionTo(
  { settings }: FoldContext,
  { listed, scopeCount, overlap, going }: Share,
  whole: string,
): Objection {
  const { guardItems, guardShare } = settings;
  if (listed === 0) return { personOnly: `the snapshot would empty ${whole}`, beyond: null };
  if (overlap * 2 < scopeCount)
    return { personOnly: `the snapshot shares less than half of the ids of ${whole}`, beyond: null };
  const isBeyond = going > guardItems && going > guardShare * scopeCount;
  const beyond = `the removal exceeds ${guardItems} items and ${guardShare * 100} % of ${whole}`;
  return { personOnly: null, beyond: isBeyond ? beyond : null };
}

function cutOff(row: LedgerRow, end: SnapshotEnd): boolean {
  return end.oldestRow !== null && (row.savedAt === null || row.savedAt <= end.oldestRow);
}

/** Whether the export was made so long after the one before, which lacked the row too, that it says so by itself. */
function isIndependent({ scope }: FoldContext, row: LedgerRow, { asOf }: SnapshotEnd): boolean {
  const before = scope.applied?.asOfByKind[kindOf(row.itemId)];
  return asOf !== null && before !== undefined && asOf - before >= INDEPENDENT_MS;
}

function reasonOf({ count, from, to }: Gap): string {
  const span = `${new Date(from).toISOString()} to ${new Date(to).toISOString()}`;
  return `${count} items saved one after the other, ${span}, are missing together, and may have been left out of the export`;
}

function evidenceOf(row: LedgerRow, { end, staged, judgement }: Applying): Readonly<Record<string, unknown>> {
  return {
    coverage: coverageOf(end),
    proof: end.proof,
    asOf: end.asOf === null ? null : new Date(end.asOf).toISOString(),
    ...(end.proof === 'walks' ? walked(row, end, staged) : {}),
    count: end.count,
    digest: end.digest,
    begin: staged.begin,
    lastSighting: row.seen,
    scopeCount: judgement.scopeCount,
    overlap: judgement.overlap,
    absent: judgement.going,
    source: JSON.parse(end.evidence) as unknown,
  };
}

/** Of the walk that lacks it again, and of the first one. */
function walked(
  { absentSince }: LedgerRow,
  { at }: SnapshotEnd,
  staged: StagedSnapshot,
): Readonly<Record<string, unknown>> {
  const walkedFrom = staged.at === undefined ? null : new Date(staged.at).toISOString();
  return { walkedFrom, walkedTo: new Date(at).toISOString(), absentSince };
}
