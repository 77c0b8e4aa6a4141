import type { LedgerRow } from '../ledger.ts';
import { type FoldContext, propose } from './effects.ts';

/**
 * Law 7: an item whose author deleted it is hidden at the first sighting of that, and purged at the second, at least an
 * hour later.
 */
export function judgeDeleted(context: FoldContext, row: LedgerRow, by: 'author' | 'moderator'): void {
  if (row.blocked || row.state === 'purged') return;
  if (by === 'moderator' && !context.settings.hideModerated) return;
  const evidence = { deletedBy: by, seenAt: new Date(context.at).toISOString() };
  const reason = `deleted at the source by its ${by}`;
  const syncId = context.run?.syncId ?? null;
  if (!row.hidden) {
    propose(context, row, 'hide', { reason, syncId, evidence });
    return;
  }
  if (row.hiddenAt !== null && context.at >= row.hiddenAt + context.settings.secondDeletionMs) {
    propose(context, row, 'purge', {
      reason: `${reason}, seen twice`,
      syncId,
      evidence,
    });
  }
}
