import type { HistoryEntry } from '../../core/ledger.ts';
import type { ItemSummary } from '../../core/ports/item-store.ts';
import type { App } from '../app.ts';
import { isoOf, objectOf } from './format.ts';

/** What happened to an item, as people are told. */
export interface HistoryLine {
  readonly at: string | null;
  readonly event: string;
  readonly reason: string;
  readonly snapshotId: string | null;
  readonly evidence: Readonly<Record<string, unknown>>;
  readonly author: string;
}

const BRINGS_TO_TRASH: ReadonlySet<string> = new Set(['removed', 'removal approved']);

export function toHistoryLine({ at, event, reason, snapshotId, evidence, author }: HistoryEntry): HistoryLine {
  return { at: isoOf(at), event, reason, snapshotId, evidence: objectOf(evidence), author };
}

/** The line of its history that tells why it is in the trash; null where it is not there. */
export async function removalOf(
  app: App,
  { scope, itemId, state }: Pick<ItemSummary, 'scope' | 'itemId' | 'state'>,
): Promise<HistoryLine | null> {
  if (state !== 'trash') return null;
  const removal = (await app.store.history(scope, itemId)).findLast(({ event }) => BRINGS_TO_TRASH.has(event));
  return removal === undefined ? null : toHistoryLine(removal);
}
