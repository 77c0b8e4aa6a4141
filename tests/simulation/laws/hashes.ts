import type { Evidence } from './evidence.ts';

/** What changes without the item having changed. */
const COUNTERS: ReadonlySet<string> = new Set(['stars', 'forks', 'score', 'comments']);

/** Law 9: two documents that differ in counters alone have one hash, so that nothing is emitted again for them. */
export function checkHashes(evidence: Evidence): readonly string[] {
  const wrong: string[] = [];
  const hashes = new Map<string, string>();
  for (const { value } of evidence.of('ingest')) {
    const decoded = value === null ? null : evidence.decode(value);
    if (decoded?.type !== 'RawItem' || decoded.value.content !== 'full') continue;
    const { itemId, document, documentHash } = decoded.value;
    const extra = Object.entries(JSON.parse(document.extra) as object).filter(([name]) => !COUNTERS.has(name));
    const lasting = JSON.stringify([itemId, { ...document, extra }]);
    if ((hashes.get(lasting) ?? documentHash) !== documentHash)
      wrong.push(`the hash of ${itemId} changed with what is only counted`);
    hashes.set(lasting, documentHash);
  }
  return wrong;
}
