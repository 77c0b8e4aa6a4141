import type { RawItem } from '../../schemas/generated/records.ts';
import { retryAfterMs } from '../backoff.ts';
import { carriesContent } from '../item-text.ts';
import type { LedgerRow } from '../ledger.ts';
import { judgeDeleted } from './author-deleted.ts';
import { type FoldContext, propose, remember } from './effects.ts';
import { eraseLate, isLate, rememberKey } from './erase.ts';
import { sight } from './sight.ts';

/** What a raw item changes besides its row: `link` where only url and dates are to be stored, `stub` what little is known. */
export type ContentChange = 'none' | 'link' | 'stub' | 'full';

/** Folds a raw item that is neither a copy nor fenced off. `full`: its content is now the item's. */
export function foldRawItem(
  context: FoldContext,
  row: LedgerRow,
  item: RawItem,
  hashes: { readonly content: string; readonly text: string },
): ContentChange {
  const holdsContent = item.content === 'full';
  const carries = carriesContent(item);
  if (carries && isLate(context, row, item.sighting)) {
    eraseLate(context, row, hashes.text);
    return 'none';
  }
  if (tellsSavedAt(context, row, item)) row.savedAt = item.document.savedAt;
  if (carries) rememberKey(context, row);
  if (item.sighting) {
    const was = row.state;
    sight(context, row, context.first, holdsContent, { snapshotId: null });
    if (was === 'purged' && row.state === 'active') row.returnedBy = context.eventId;
  }
  if (row.blocked || context.first < row.contentAt) return 'none';
  if (row.content === 'full' && isOfOlderExport(context)) return 'none';
  if (row.state !== 'purged')
    return holdsContent ? takeContent(context, row, item, hashes) : takeAbsence(context, row, item);
  if (!holdsContent && item.documentHash !== '') {
    // What it looks like now that it is gone, so that it is asked for again only when that changes (law 6).
    row.documentHash = item.documentHash;
    row.contentAt = context.first;
  }
  return 'none';
}

/**
 * A listing shows when an item was saved. A hydration only repeats what was known when it was asked for, or what an export
 * says that may be refused as older: it fills in what is missing, and a snapshot that is applied brings dates of its own.
 */
function tellsSavedAt(context: FoldContext, row: LedgerRow, item: RawItem): boolean {
  if (item.document.savedAt === null || context.first < row.contentAt) return false;
  return item.sighting || row.savedAt === null;
}

/**
 * Law 6: the last good text is not overwritten by an older one. An export that is not known to be newer than what was last
 * applied, and none is newer than a listing, fills in only what is missing; docs/decisions/0016 says why.
 */
function isOfOlderExport({ run, scope: { applied } }: FoldContext): boolean {
  if (run?.mode !== 'import' || applied === null) return false;
  return applied.proof !== 'absence' || run.asOf === null || applied.asOf === null || run.asOf <= applied.asOf;
}

function takeContent(
  context: FoldContext,
  row: LedgerRow,
  item: RawItem,
  hashes: { readonly content: string; readonly text: string },
): ContentChange {
  if (row.content === 'full' && row.contentHash !== hashes.content) {
    if (context.run !== null) context.run.counts.updated++;
    const textChanged = row.textHash !== hashes.text;
    remember(context, row, 'updated', {
      reason: textChanged ? 'its text changed' : 'its details changed',
      evidence: { documentHash: item.documentHash, textHash: hashes.text },
    });
  }
  row.contentAt = context.first;
  row.content = 'full';
  row.documentHash = item.documentHash;
  row.contentHash = hashes.content;
  row.unavailable = false;
  row.stale = false;
  row.deletedBy = null;
  row.attempts = 0;
  row.retryAt = null;
  if (row.hidden && item.sighting) {
    propose(context, row, 'unhide', {
      reason: 'shown with content again',
      syncId: context.run?.syncId ?? null,
    });
  }
  return 'full';
}

/** Nothing was fetched: the last good content stays as it is (law 6), and so does what a stub says. */
function takeAbsence(context: FoldContext, row: LedgerRow, item: RawItem): ContentChange {
  const change = absenceChange(row, item);
  if (row.content === 'none') row.content = 'stub';
  if (item.content === 'stub') return change;
  row.attempts++;
  // A deletion is an answer: the second sighting of it is due in an hour, however often a fetch failed before (law 7).
  row.retryAt = context.at + retryAfterMs(item.content === 'failed' ? row.attempts : 1);
  row.unavailable = true;
  if (item.documentHash !== '') row.documentHash = item.documentHash;
  if (context.run !== null) context.run.counts.failed++;
  if (row.attempts === 1)
    remember(context, row, 'unavailable', {
      reason: `the source did not show it: ${item.content}`,
      evidence: item.document.extra,
    });
  if (item.content === 'failed') return change;
  row.contentAt = context.first;
  row.deletedBy = item.content === 'deleted' ? 'author' : 'moderator';
  if (item.sighting) judgeDeleted(context, row, row.deletedBy);
  return change;
}

function absenceChange(row: LedgerRow, item: RawItem): ContentChange {
  if (row.content === 'full') return 'none';
  if (carriesContent(item)) return row.deletedBy === null ? 'stub' : 'none';
  // A provider that shows nothing may not even tell where the item was.
  return row.textHash !== '' || item.document.url === '' ? 'none' : 'link';
}
