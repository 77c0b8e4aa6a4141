import type { Decision } from '../../schemas/generated/records.ts';
import { type LedgerRow, lastSeen } from '../ledger.ts';
import { type FoldContext, propose, remember } from './effects.ts';
import { eraseAll } from './erase.ts';
import { makeActive } from './sight.ts';

const REMOVALS: ReadonlySet<Decision['operation']> = new Set(['remove', 'hold', 'approve']);

/**
 * Law 8: folds a decision that came back through the log. A sink's acts only if no sighting and no decision of the item is
 * newer than its basis (hide and unhide: no raw item and no decision); a person's, if no decision is.
 * True when it acted; otherwise its record is erased, so that the log holds those that did.
 */
export function foldDecision(context: FoldContext, row: LedgerRow, decision: Decision): boolean {
  const byPerson = decision.author !== 'sink';
  const overtaken = row.decided > decision.basisDecided;
  const newest =
    decision.operation === 'hide' || decision.operation === 'unhide' ? row.contentAt : lastSeen(row, context.scope);
  const restoresPurged = decision.operation === 'restore' && row.state === 'purged';
  const acts = !overtaken && !restoresPurged && (byPerson || newest <= decision.basisSeen);
  if (!acts) {
    context.effects.tombstones.push(context.key);
    if (byPerson && overtaken) issueAgain(context, row, decision);
    return false;
  }
  // Read before a purge clears it: whoever owns the embedding cache is told which text went.
  const { textHash } = row;
  change(context, row, decision);
  row.decided = context.position;
  if (byPerson) row.personAt = decision.firstAt ?? context.position;
  if (REMOVALS.has(decision.operation)) {
    row.basisSeen = decision.basisSeen;
    // A person's approval that came after a sighting: the item is still saved.
    if (newest > decision.basisSeen) makeActive(row);
  }
  const event = EVENT[decision.operation];
  context.effects.outcomes.push({
    scope: context.scope.scope,
    itemId: row.itemId,
    syncId: decision.syncId,
    snapshotId: decision.snapshotId,
    kind: event,
    reason: decision.reason,
    count: 1,
    evidence: { author: decision.author, textHash, position: context.position },
  });
  remember(context, row, event, {
    reason: decision.reason,
    snapshotId: decision.snapshotId,
    author: decision.author,
    evidence: decision.evidence,
  });
  countFor(context, row, decision);
  return true;
}

const EVENT: Readonly<Record<Decision['operation'], string>> = {
  remove: 'removed',
  hold: 'held',
  approve: 'removal approved',
  reject: 'removal rejected',
  restore: 'restored by a person',
  pin: 'pinned',
  unpin: 'unpinned',
  hide: 'hidden',
  unhide: 'shown again',
  purge: 'purged',
  allow: 'allowed',
};

function change(context: FoldContext, row: LedgerRow, decision: Decision): void {
  switch (decision.operation) {
    case 'hold':
      row.state = 'held';
      row.holdId = decision.snapshotId;
      row.personOnly = decision.personOnly;
      break;
    case 'remove':
    case 'approve':
      makeActive(row);
      row.state = 'trash';
      row.trashedAt = context.at;
      break;
    case 'reject':
    case 'restore':
    case 'pin':
      makeActive(row);
      row.pinned = true;
      break;
    case 'unpin':
      row.pinned = false;
      break;
    case 'hide':
      row.hidden = true;
      row.hiddenAt = context.at;
      break;
    case 'unhide':
      row.hidden = false;
      row.hiddenAt = null;
      break;
    case 'purge':
      purge(context, row, decision);
      break;
    case 'allow':
      row.blocked = false;
      break;
  }
}

function purge(context: FoldContext, row: LedgerRow, decision: Decision): void {
  makeActive(row);
  row.state = 'purged';
  row.pinned = false;
  row.blocked = row.blocked || decision.author !== 'sink';
  row.content = 'none';
  row.unavailable = false;
  row.stale = false;
  row.documentHash = '';
  row.contentHash = '';
  row.textHash = '';
  row.vectorHash = '';
  row.attempts = 0;
  row.retryAt = null;
  // A snapshot that began before the purge of the sink, and ends after it, may know of the item what the purge did not.
  row.basisSeen = decision.author === 'sink' ? decision.basisSeen : context.position;
  row.contentAt = context.position;
  row.purgedAt = context.position;
  row.returnedBy = null;
  eraseAll(context, row);
}

/** The run that caused the decision learns what came of it. */
function countFor(context: FoldContext, row: LedgerRow, decision: Decision): void {
  if (context.run === null || decision.author !== 'sink') return;
  if (decision.operation === 'remove' && row.state === 'trash') context.run.counts.removed++;
  if (decision.operation === 'hold' && row.state === 'held') context.run.counts.held++;
}

/** Whether a person's decision still means something on the present state. */
export function applicable(row: LedgerRow, operation: Decision['operation']): boolean {
  const purged = row.state === 'purged';
  switch (operation) {
    case 'approve':
      return row.state === 'held';
    case 'reject':
      return !purged && !row.pinned;
    case 'restore':
      return !purged && !(row.pinned && row.state === 'active');
    case 'pin':
      return !purged && !row.pinned;
    case 'unpin':
      return row.pinned;
    case 'purge':
      return !row.blocked;
    case 'allow':
      return row.blocked;
    default:
      return false;
  }
}

/**
 * Law 8: a person's decision that came late is issued again on the present state, under an id derived from the first;
 * never one that a later decision of a person overtook, except a purge.
 */
function issueAgain(context: FoldContext, row: LedgerRow, decision: Decision): void {
  const firstAt = decision.firstAt ?? context.position;
  const overtakenByPerson = decision.operation !== 'purge' && row.personAt > firstAt;
  if (overtakenByPerson || !applicable(row, decision.operation)) return;
  const firstId = decision.firstId ?? decision.eventId;
  propose(context, row, decision.operation, {
    eventId: `${firstId}'${row.decided}`,
    reason: decision.reason,
    author: decision.author,
    snapshotId: decision.snapshotId,
    syncId: decision.syncId,
    firstId,
    firstAt,
    url: decision.url,
    evidence: JSON.parse(decision.evidence) as Record<string, unknown>,
  });
}
