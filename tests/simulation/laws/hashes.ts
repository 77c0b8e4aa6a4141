import type { Watch } from './watch.ts';

/** What changes without the item having changed. */
const COUNTERS: ReadonlySet<string> = new Set(['stars', 'forks', 'score', 'comments']);

/** Law 9: two documents that differ in counters alone have one hash, so that nothing is emitted again for them. */
export function watchHashes(): Watch {
  const hashes = new Map<string, string>();
  return (_, decoded) => {
    if (decoded?.type !== 'RawItem' || decoded.value.content !== 'full') return [];
    const { itemId, document, documentHash } = decoded.value;
    const extra = Object.entries(JSON.parse(document.extra) as object).filter(([name]) => !COUNTERS.has(name));
    const lasting = JSON.stringify([itemId, { ...document, extra }]);
    const before = hashes.get(lasting) ?? documentHash;
    hashes.set(lasting, documentHash);
    return before === documentHash ? [] : [`the hash of ${itemId} changed with what is only counted`];
  };
}
