import type { Evidence } from './laws/evidence.ts';
import { withoutEffect } from './laws/one-order.ts';

/** Fewer histories than this prove nothing of what is reached how often. */
const ENOUGH_HISTORIES = 500;

/** Dangerous situations, by how often at least they are to be reached in 1,000 histories: a quarter of what was seen. */
const LEAST: Readonly<Record<string, number>> = {
  'a snapshot was no more than its digest': 700,
  'a verdict: unsaved': 450,
  'a verdict: unknown': 45,
  'a verdict: present': 30,
  'a verdict: deleted': 1,
  'a verdict: gone_upstream': 2,
  rebuilt: 300,
  'rebuilt with another model': 60,
  'removed by verdict': 100,
  'removed by absence': 9,
  'removed by walks': 17,
  'commands went with time': 10,
  'outcomes went with time': 10,
  'the trash was purged by time': 1,
  'a neighbour of another provider': 15,
  'a public list in the place of a token': 2,
  'a public list in the place of a token, of which the metadata were lost': 1,
  'held by absence': 70,
  'a person approved a removal': 150,
  'a person approved what was held': 60,
  'a snapshot was aborted': 90,
  'a verdict after the item was shown again': 15,
  'a sync while somebody else answered': 18,
  'a process was killed': 17,
  'the process of a person was killed': 25,
  'the disk was full': 24,
  'something was in the dead letters': 35,
  'a vector came late': 28,
  'a decision of a person was issued again': 13,
  'a record was written that is a copy of an earlier one': 20,
  'a record was written that is of a run that was overtaken': 12,
  'a process that stood still went on': 11,
  'old content turned up after a purge': 9,
  'an export that is not the newest': 9,
  'compaction between two snapshots': 20,
  'a copy was refused': 9,
  'the scheduler asked for a sync': 130,
  "the scheduler's sync was full, as it was its turn": 4,
  "the scheduler's sync was full, as the last one was old": 4,
  'the neighbour: a snapshot was no more than its digest': 85,
  'the neighbour: a verdict: unsaved': 12,
  'the neighbour: removed by verdict': 12,
  'the neighbour: removed by walks': 4,
  'the neighbour: removed by absence': 1,
};

/**
 * Of the times that the log was compacted, those between two snapshots.
 *
 * @param compactions how much had been written to the log then, each time
 */
export function compactedBetween(evidence: Evidence, compactions: readonly number[]): readonly number[] {
  const ends = evidence.snapshotEnds();
  return compactions.filter((at) => ends.some((end) => end < at) && ends.some((end) => end >= at));
}

/** Situations that the log tells of, of one account. */
export function situationsIn(evidence: Evidence): readonly string[] {
  const found: string[] = [];
  const ingest = evidence.of('ingest');
  const shownAt = new Map<string, number>();
  for (const { value, offset } of ingest) {
    const decoded = value === null ? null : evidence.decode(value);
    if (decoded?.type === 'RawItem') shownAt.set(decoded.value.itemId, offset);
    if (decoded?.type === 'ItemVerdict' && (shownAt.get(decoded.value.itemId) ?? -1) > decoded.value.snapshotBegin)
      found.push('a verdict after the item was shown again');
    if (decoded?.type === 'ItemVerdict') found.push(`a verdict: ${decoded.value.answer}`);
    if (decoded?.type === 'SnapshotEnd' && decoded.value.status === 'aborted') found.push('a snapshot was aborted');
    if (decoded?.type === 'SnapshotEnd' && decoded.value.digestOnly)
      found.push('a snapshot was no more than its digest');
    if (decoded?.type === 'Decision' && decoded.value.firstId !== null)
      found.push('a decision of a person was issued again');
  }
  for (const why of withoutEffect(ingest, evidence).values()) found.push(`a record was written that is ${why}`);
  if (evidence.of('dead-letter').some(({ value }) => value !== null)) found.push('something was in the dead letters');
  if (evidence.of('enriched').some(({ key, value }) => value !== null && key.includes('+late')))
    found.push('a vector came late');
  return found;
}

/** What a run reached too seldom for its number of histories, with how often it should have. */
export function tooSeldom({
  histories,
  reached,
}: {
  readonly histories: number;
  readonly reached: Readonly<Record<string, number>>;
}): readonly string[] {
  if (histories < ENOUGH_HISTORIES) return [];
  return Object.entries(LEAST).flatMap(([situation, least]) => {
    const due = Math.floor((least * histories) / 1_000);
    const found = reached[situation] ?? 0;
    return found >= due ? [] : [`'${situation}' was reached ${found} times, and not ${due}`];
  });
}
