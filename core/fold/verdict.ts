import type { ItemVerdict } from '../../schemas/generated/records.ts';
import { retryAfterMs } from '../backoff.ts';
import { type LedgerRow, lastSeen, type ScopeRow } from '../ledger.ts';
import { judgeDeleted } from './author-deleted.ts';
import { type FoldContext, propose, remember } from './effects.ts';
import { sight } from './sight.ts';

/** Laws 2 to 4: what the provider answered about one candidate. */
export function foldVerdict(context: FoldContext, row: LedgerRow, verdict: ItemVerdict): void {
  if (verdict.login !== null && context.scope.login !== null && verdict.login !== context.scope.login) return;
  if (verdict.answer === 'present') {
    sight(context, row, context.first, false, { snapshotId: verdict.snapshotId });
    return;
  }
  if (verdict.answer === 'unknown' || verdict.answer === 'removed') markUnavailable(context, row, verdict);
  if (row.state !== 'active' || row.pinned) return;
  if (lastSeen(row, context.scope) >= verdict.snapshotBegin) return;
  if (verdict.answer === 'deleted') judgeDeleted(context, row, 'author');
  if (verdict.answer === 'removed') judgeDeleted(context, row, 'moderator');
  if (verdict.answer === 'unsaved' || verdict.answer === 'gone_upstream') judgeUnsaved(context, row, verdict);
}

function markUnavailable(context: FoldContext, row: LedgerRow, verdict: ItemVerdict): void {
  if (!row.unavailable)
    remember(context, row, 'unavailable', {
      reason: `asked about it: ${verdict.answer}`,
      snapshotId: verdict.snapshotId,
      evidence: verdict.evidence,
    });
  row.unavailable = true;
  row.retryAt ??= context.at + retryAfterMs(1);
}

function judgeUnsaved(context: FoldContext, row: LedgerRow, verdict: ItemVerdict): void {
  const { guardItems, guardShare, secondVerdictMs } = context.settings;
  const detail = {
    basisSeen: verdict.started,
    snapshotId: verdict.snapshotId,
    syncId: context.run?.causedBy ?? context.run?.syncId ?? null,
    evidence: {
      verdict: verdict.answer,
      askedAt: new Date(context.at).toISOString(),
      ...(JSON.parse(verdict.evidence) as Record<string, unknown>),
    },
  };
  if (verdict.emptyListing) {
    propose(context, row, 'hold', {
      reason: 'the listing was empty, so nothing could be asked for control',
      personOnly: true,
      ...detail,
    });
    return;
  }
  const count = countVerdict(context.scope, verdict.snapshotId);
  const seen = lastSeen(row, context.scope);
  const firstAt = row.verdictSeen === seen ? row.verdictAt : null;
  // What waits for a second verdict goes on waiting, also where the next snapshot is asked about fewer items.
  if (firstAt !== null && firstAt > context.at) {
    // Dated by a clock that was ahead: how long ago it was is not known, so it counts from now.
    row.verdictAt = context.at;
    return;
  }
  if (firstAt !== null && context.at < firstAt + secondVerdictMs) return;
  if (firstAt === null && count > guardItems && count > guardShare * verdict.scopeCount) {
    row.verdictAt = context.at;
    row.verdictSeen = seen;
    return;
  }
  propose(context, row, 'remove', {
    reason:
      verdict.answer === 'unsaved'
        ? 'the provider says it is no longer saved'
        : 'the provider says it no longer exists',
    ...detail,
  });
}

/** How many verdicts of a snapshot would have removed, this one included. */
function countVerdict(scope: ScopeRow, snapshotId: string): number {
  const count = (scope.verdictCounts.find((entry) => entry.snapshotId === snapshotId)?.count ?? 0) + 1;
  scope.verdictCounts = [
    ...scope.verdictCounts.filter((entry) => entry.snapshotId !== snapshotId),
    { snapshotId, count },
  ].slice(-4);
  return count;
}
