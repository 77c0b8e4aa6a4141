import type { Evidence } from './evidence.ts';

const SECOND_VERDICT_MS = 600_000;

interface Removal {
  readonly itemId: string;
  readonly verdict?: string;
  readonly askedAt?: string;
  readonly scopeCount?: number;
  readonly overlap?: number;
  readonly count?: number;
}

/**
 * Law 4, from the decisions of the sink that acted: those of one snapshot stay below the guard, or were agreed to by a newer one
 * or a later verdict.
 */
export function checkGuard(evidence: Evidence, guardItems: number, guardShare: number): readonly string[] {
  const wrong: string[] = [];
  // By item: a log may hold a decision twice.
  const bySnapshot = new Map<string, Map<string, Removal>>();
  const scopeCounts = new Map<string, number>();
  const denials = new Map<string, number>();
  const left = new Set(evidence.left('ingest'));
  for (const record of evidence.of('ingest')) {
    if (record.value === null) continue;
    const { type, value } = evidence.decode(record.value);
    if (type === 'ItemVerdict') {
      scopeCounts.set(value.snapshotId, value.scopeCount);
      const name = value.itemId;
      if (value.answer === 'unsaved' || value.answer === 'gone_upstream')
        denials.set(name, Math.min(denials.get(name) ?? value.at, value.at));
    }
    if (type !== 'Decision' || value.author !== 'sink' || value.operation !== 'remove' || !left.has(record)) continue;
    const removal: Removal = { ...(JSON.parse(value.evidence) as Omit<Removal, 'itemId'>), itemId: value.itemId };
    wrong.push(...emptied(removal));
    if (isAgreed(removal, value.eventId, denials)) continue;
    const snapshot = value.snapshotId ?? '';
    const removed = bySnapshot.get(snapshot) ?? new Map<string, Removal>();
    bySnapshot.set(snapshot, removed.set(value.itemId, removal));
  }
  for (const [snapshot, removals] of bySnapshot) {
    const scopeCount = [...removals.values()][0]?.scopeCount ?? scopeCounts.get(snapshot) ?? 0;
    if (removals.size > guardItems && removals.size > guardShare * scopeCount)
      wrong.push(`${removals.size} of ${scopeCount} were removed by one snapshot, which is beyond the guard`);
  }
  return wrong;
}

function isAgreed({ itemId, askedAt }: Removal, eventId: string, denials: ReadonlyMap<string, number>): boolean {
  if (askedAt === undefined) return eventId.includes(':release:');
  return Date.parse(askedAt) >= (denials.get(itemId) ?? Number.POSITIVE_INFINITY) + SECOND_VERDICT_MS;
}

/** What only a person may decide. */
function emptied({ itemId, askedAt, count, overlap, scopeCount }: Removal): readonly string[] {
  if (askedAt !== undefined || overlap === undefined || scopeCount === undefined) return [];
  if (count === 0) return [`${itemId} was removed by a snapshot that lists nothing`];
  if (overlap * 2 < scopeCount) return [`${itemId} was removed by a snapshot of other items`];
  return [];
}
