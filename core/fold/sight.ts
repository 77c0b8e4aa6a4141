import { type LedgerRow, lastSeen } from '../ledger.ts';
import { type FoldContext, remember } from './effects.ts';

/**
 * Laws 2 and 8: a sighting at `position`. Only this moves the last sighting, and a sighting newer than the basis of a
 * removal, hold or purge makes the item active again. `shown`: the source showed content with it. `at`: the moment that the
 * source speaks of, ms, where it is not that of the record.
 */
export function sight(
  context: FoldContext,
  row: LedgerRow,
  position: number,
  shown: boolean,
  detail: { readonly snapshotId: string | null },
  at = context.at,
): void {
  const was = row.state;
  if (was !== null && position <= lastSeen(row, context.scope)) return;
  row.lastSeenAt = Math.max(row.lastSeenAt ?? 0, at);
  row.seen = Math.max(row.seen, position);
  row.absentSince = -1;
  if (row.blocked) return;
  if (was === null) {
    row.state = 'active';
    row.firstSeenAt = context.at;
    if (context.run !== null) context.run.counts.new++;
    remember(context, row, 'saved', { reason: 'first sighting', ...detail });
    return;
  }
  if (was === 'active' || position <= row.basisSeen) return;
  if (was === 'purged' && row.hidden && !shown) return;
  revive(context, row, detail);
}

function revive(context: FoldContext, row: LedgerRow, detail: { readonly snapshotId: string | null }): void {
  const was = row.state;
  makeActive(row);
  if (was === 'purged') {
    row.content = 'none';
    // What was on its way before now is erased as what came before the purge; docs/decisions/0010 has the history.
    row.purgedAt = context.position;
  }
  if (context.run !== null && was !== 'held') context.run.counts.restored++;
  remember(context, row, was === 'held' ? 'seen again' : 'restored', {
    reason: `a sighting newer than the ${was === 'held' ? 'hold' : 'removal'}`,
    ...detail,
  });
}

/** The row is in the collection with nothing waiting. */
export function makeActive(row: LedgerRow): void {
  row.state = 'active';
  row.holdId = null;
  row.personOnly = false;
  row.trashedAt = null;
}
