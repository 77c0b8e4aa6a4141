import type { SnapshotBegin, SnapshotChunk, SnapshotEnd } from '../../schemas/generated/records.ts';
import type { Judgement, ScopeRow } from '../ledger.ts';

/** Hashes of a chunk are all of this length, so that they need no separators. */
export const DOCUMENT_HASH_LENGTH = 22;

/** Law 3: the snapshot most recently begun in the scope is the only one that counts. */
export function beginSnapshot(scope: ScopeRow, begin: SnapshotBegin, position: number): void {
  scope.staged = {
    snapshotId: begin.snapshotId,
    begin: position,
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
  if (end.asOf !== null && applied !== null && applied.asOf !== null && end.asOf < applied.asOf) {
    return {
      outcome: 'older',
      reason: `it speaks of ${isoOf(end.asOf)}, and an export of ${isoOf(applied.asOf)} was applied already`,
    };
  }
  return null;
}

const isoOf = (ms: number): string => new Date(ms).toISOString();

/** What comparing a snapshot with the ledger found, before anything is changed. */
export interface Tally extends Judgement {
  /** distinct ids of the snapshot */
  readonly count: number;
  readonly digest: string;
  /** ids of the snapshot that the snapshot last applied did not list */
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
  const { applied } = scope;
  if (end.asOf !== null && applied !== null && applied.asOf === end.asOf && !isProperSubset(scope, tally)) {
    return tally.unlisted === 0
      ? { outcome: 'same', reason: 'it holds what the export last applied holds' }
      : {
          outcome: 'older',
          reason: `it is of the same moment as the export last applied, ${isoOf(end.asOf)}, and holds other items`,
        };
  }
  return null;
}

function isProperSubset(scope: ScopeRow, tally: Tally): boolean {
  return tally.unlisted === 0 && tally.count < scope.listedCount;
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
    // Without a date of its own a snapshot cannot make an older export newer.
    asOf: end.asOf ?? scope.applied?.asOf ?? null,
    count: end.count,
    digest: end.digest,
    contentDigest: end.contentDigest,
  };
  scope.staged = null;
  scope.login ??= end.login;
  scope.converged = null;
  scope.convergedAt = null;
}
