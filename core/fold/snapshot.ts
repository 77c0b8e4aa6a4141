import type { SnapshotBegin, SnapshotChunk, SnapshotEnd } from '../../schemas/generated/records.ts';
import type { AppliedSnapshot, Judgement, ScopeRow } from '../ledger.ts';

/** Hashes of a chunk are all of this length, so that they need no separators. */
export const DOCUMENT_HASH_LENGTH = 22;
const DAY_MS = 86_400_000;

/** Law 3: the snapshot most recently begun in the scope is the only one that counts. */
export function beginSnapshot(scope: ScopeRow, begin: SnapshotBegin, position: number): void {
  scope.staged = {
    snapshotId: begin.snapshotId,
    begin: position,
    at: begin.at,
    login: begin.login,
    chunks: 0,
    intact: true,
    sorted: true,
    lastId: null,
    judgement: null,
  };
}

/** True when the chunk belongs to the staged snapshot and is to be kept. */
export function stageChunk(scope: ScopeRow, chunk: SnapshotChunk): boolean {
  const staged = scope.staged;
  if (staged === null || staged.snapshotId !== chunk.snapshotId) return false;
  if (!staged.intact || chunk.index !== staged.chunks || !wellFormed(chunk)) {
    staged.intact = false;
    return false;
  }
  staged.chunks++;
  for (const id of chunk.itemIds) {
    if (staged.lastId !== null && id <= staged.lastId) staged.sorted = false;
    staged.lastId = id;
  }
  return true;
}

function wellFormed(chunk: SnapshotChunk): boolean {
  const { itemIds, documentHashes, savedAt } = chunk;
  const hashes = documentHashes === '' || documentHashes.length === itemIds.length * DOCUMENT_HASH_LENGTH;
  return hashes && (savedAt.length === 0 || savedAt.length === itemIds.length);
}

/** Why a snapshot is not applied. `full`: the sink then asks for a full sync with chunks. */
export interface Refusal {
  readonly outcome:
    | 'aborted'
    | 'overtaken'
    | 'incomplete'
    | 'foreign'
    | 'older'
    | 'same'
    | 'mismatch'
    | 'unknown content';
  readonly reason: string;
  readonly full?: boolean;
}

/** Laws 3 and 5, before anything is compared: which snapshots are applied at all. */
export function refuseEarly(scope: ScopeRow, end: SnapshotEnd): Refusal | null {
  const { staged, applied } = scope;
  if (staged === null || staged.snapshotId !== end.snapshotId)
    return { outcome: 'overtaken', reason: 'another snapshot was begun after this one' };
  if (end.status === 'aborted') return { outcome: 'aborted', reason: end.reason ?? 'the walk was aborted' };
  if (!staged.intact || staged.chunks !== end.chunks)
    return { outcome: 'incomplete', reason: `${staged.chunks} of ${end.chunks} chunks arrived` };
  if (end.login !== staged.login || (scope.login !== null && end.login !== null && end.login !== scope.login)) {
    return { outcome: 'foreign', reason: 'it belongs to another login' };
  }
  if (end.digestOnly && (applied === null || applied.contentDigest !== end.contentDigest)) {
    return { outcome: 'unknown content', reason: 'it names a content that is not the one last applied', full: true };
  }
  const { asOf } = end;
  const newer = asOf === null ? [] : knownAsOfs(scope, end).filter((known) => known > asOf);
  if (asOf !== null && newer.length > 0)
    return {
      outcome: 'older',
      reason: `it speaks of ${isoOf(asOf)}, and an export of ${isoOf(Math.max(...newer))} was applied already`,
    };
  return null;
}

/** As-of of what was applied before, of each kind that the snapshot covers and an export spoke of. */
function knownAsOfs({ applied }: ScopeRow, { kinds }: SnapshotEnd): readonly number[] {
  return kinds.flatMap((kind) => applied?.asOfByKind[kind] ?? []);
}

/** Kinds of which an export of the very same moment was applied: only what shrank since counts as newer. */
export function contestedKinds({ applied }: ScopeRow, { asOf, kinds }: SnapshotEnd): readonly string[] {
  return asOf === null ? [] : kinds.filter((kind) => applied?.asOfByKind[kind] === asOf);
}

const isoOf = (ms: number): string => new Date(ms).toISOString();

/** What comparing a snapshot with the ledger found, before anything is changed. */
export interface Tally extends Judgement {
  /** distinct ids of the snapshot */
  readonly count: number;
  readonly digest: string;
  /** ids of the snapshot, of contested kinds, that the snapshot last applied did not list */
  readonly unlisted: number;
}

/** Laws 3 and 5, after comparing: count and digest match, and an export of the same date shrank. */
export function refuseLate(scope: ScopeRow, end: SnapshotEnd, tally: Tally): Refusal | null {
  if (tally.count !== end.count || tally.digest !== end.digest) {
    return {
      outcome: 'mismatch',
      reason: `it says ${end.count} ids with digest ${end.digest}, but ${tally.count} with ${tally.digest} arrived`,
      full: end.digestOnly,
    };
  }
  const contested = contestedKinds(scope, end);
  if (end.asOf === null || contested.length === 0 || isNewer(scope, end, tally, contested)) return null;
  if (tally.unlisted === 0) return { outcome: 'same', reason: 'it holds what the export last applied holds' };
  const moment = isoOf(end.asOf);
  return {
    outcome: 'older',
    reason: `it is of the same moment as an export applied before, ${moment}, and holds other items`,
  };
}

/**
 * Of two exports of the same moment one is known to be newer only if it lacks some of the other and adds nothing; or if it adds
 * to what could not be read as a whole, and lacks nothing of that. docs/decisions/0015 says why.
 */
function isNewer(
  { applied, listedCount }: ScopeRow,
  end: SnapshotEnd,
  tally: Tally,
  contested: readonly string[],
): boolean {
  const isContestedAlone = contested.length === end.kinds.length;
  if (tally.unlisted === 0 && (!isContestedAlone || tally.count < listedCount)) return true;
  const isOfPartial = applied?.partial === true && applied.asOf === end.asOf && isContestedAlone;
  const lacksNothing = tally.count - tally.unlisted === listedCount;
  return isOfPartial && lacksNothing && (tally.unlisted > 0 || coverageOf(end) === 'complete');
}

/** An empty list counts as complete only if the source says so explicitly (law 4). */
export function coverageOf(end: SnapshotEnd): SnapshotEnd['coverage'] {
  return end.count === 0 && !end.explicitlyEmpty ? 'unknown' : end.coverage;
}

/** The scope after the snapshot was applied to all its rows. */
export function finishSnapshot(scope: ScopeRow, end: SnapshotEnd, begin: number): void {
  scope.applied = {
    snapshotId: end.snapshotId,
    syncId: end.syncId,
    begin,
    at: end.at,
    coverage: coverageOf(end),
    kinds: end.kinds,
    proof: end.proof,
    asOf: end.asOf,
    // Without a date of its own a snapshot cannot make an older export newer.
    asOfByKind: asOfByKind(scope, end),
    ...momentsOf(scope, end),
    count: end.count,
    digest: end.digest,
    // Where the store refused some of it, the next one has to bring its ids again.
    contentDigest: scope.listedCount === end.count ? end.contentDigest : '',
    partial: isPartial(scope, end),
  };
  scope.staged = null;
  scope.login ??= end.login;
  scope.converged = null;
  scope.convergedAt = null;
}

function asOfByKind({ applied }: ScopeRow, { asOf, kinds }: SnapshotEnd): Readonly<Record<string, number>> {
  const known = applied?.asOfByKind ?? {};
  return asOf === null ? known : { ...known, ...Object.fromEntries(kinds.map((kind) => [kind, asOf])) };
}

/** The moment that a snapshot speaks of, ms: as-of of an export, else when it was read; null where an export does not tell. */
export function momentOf({ asOf, at, coverage }: SnapshotEnd): number | null {
  return asOf ?? (coverage === 'unknown' ? null : at);
}

/**
 * What lastSeenAt goes by. A snapshot writes only the rows that it changes, so that what those before it spoke of stays with
 * the items of the same kinds. An export that does not tell its moment is of the day of its import at the latest, unless the
 * very same list comes again with a date.
 */
function momentsOf({ applied }: ScopeRow, end: SnapshotEnd): Pick<AppliedSnapshot, 'seenAt' | 'undatedAt'> {
  const before = applied?.kinds.some((kind) => end.kinds.includes(kind)) === true ? applied : null;
  const moment = momentOf(end);
  const seenAt = Math.max(before?.seenAt ?? 0, moment ?? 0);
  if (moment === null) return { seenAt, undatedAt: end.at - (end.at % DAY_MS) };
  const isDated = end.asOf !== null && before?.contentDigest === end.contentDigest;
  return { seenAt, undatedAt: isDated ? null : (before?.undatedAt ?? null) };
}

function isPartial(scope: ScopeRow, end: SnapshotEnd): boolean {
  if (end.asOf === null || coverageOf(end) === 'complete') return false;
  if (contestedKinds(scope, end).length === 0) return true;
  // One that shrank is no more all that is known of that moment.
  const { applied } = scope;
  return applied?.partial === true && applied.asOf === end.asOf && end.count >= applied.count;
}
