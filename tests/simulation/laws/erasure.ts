import { itemOfKey } from '../../../core/keys.ts';
import type { LedgerRow } from '../../../core/ledger.ts';
import { type Evidence, holds } from './evidence.ts';

const POSITION = 'hoardarr-position';
const FIRST_POSITION = 'hoardarr-first-position';

/**
 * Law 7: of a purged item nothing that held its content is left, and of one that came back nothing older than its purge. `mark`:
 * words that every version of its content has, and nothing else.
 */
export function leftOf(row: LedgerRow, mark: string, evidence: Evidence): readonly string[] {
  if (row.purgedAt < 0) return [];
  const wrong: string[] = [];
  for (const topic of ['ingest', 'enriched', 'dead-letter'] as const) {
    for (const record of evidence.left(topic)) {
      if (itemOfKey(record.key)?.itemId !== row.itemId || record.value === null || !holds(record.value, mark)) continue;
      const position = Number(record.headers[FIRST_POSITION] ?? record.headers[POSITION] ?? record.offset);
      if (row.state === 'purged' || (topic !== 'dead-letter' && position < row.purgedAt))
        wrong.push(`${topic} still holds the content of ${row.itemId}, which was purged: ${record.key}`);
    }
  }
  return wrong;
}
