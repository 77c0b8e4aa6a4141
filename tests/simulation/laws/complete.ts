import type { SnapshotEnd } from '../../../schemas/generated/records.ts';
import type { Truth } from '../truth.ts';
import type { Evidence } from './evidence.ts';

/** What no list can tell. */
interface Hidden {
  /** whether the list shrank in that time, and its pages look as those of any other */
  readonly shrankUnseen: (since: number, until: number) => boolean;
  /** a list that everybody may see lacks it */
  readonly isPrivate: (itemId: string) => boolean;
}

interface Begun {
  readonly at: number;
  readonly ids: Set<string>;
}

/**
 * Laws 3 and 5: a listing that is said to be complete holds all that was saved from its Begin to its End. Not for histories in
 * which a source answered what nobody can tell from the truth. A listing's Begin goes out before anything of it.
 *
 */
export function checkListings(
  evidence: Evidence,
  truth: Truth,
  itemIds: readonly string[],
  { shrankUnseen, isPrivate }: Hidden,
): readonly string[] {
  const wrong: string[] = [];
  const begun = new Map<string, Begun>();
  for (const { value } of evidence.of('ingest')) {
    const decoded = value === null ? null : evidence.decode(value);
    if (decoded?.type === 'SnapshotBegin')
      begun.set(decoded.value.snapshotId, { at: decoded.value.at, ids: new Set() });
    if (decoded?.type === 'SnapshotChunk')
      for (const id of decoded.value.itemIds) begun.get(decoded.value.snapshotId)?.ids.add(id);
    if (decoded?.type !== 'SnapshotEnd' || !isWholeListing(decoded.value)) continue;
    const { snapshotId, at, proof } = decoded.value;
    const snapshot = begun.get(snapshotId);
    if (snapshot === undefined || shrankUnseen(snapshot.at, at)) continue;
    for (const id of itemIds)
      if (
        !snapshot.ids.has(id) &&
        !(proof === 'walks' && isPrivate(id)) &&
        truth.wasSavedThroughout(id, snapshot.at, at)
      )
        wrong.push(`a list is said to be complete, and lacks ${id}`);
  }
  return wrong;
}

/** What says no more than a digest lists what one before it listed. */
function isWholeListing({ status, coverage, proof, asOf, digestOnly }: SnapshotEnd): boolean {
  return status === 'complete' && coverage === 'complete' && proof !== 'absence' && asOf === null && !digestOnly;
}

/** Law 3: what a full walk shows comes after its Begin. */
export function checkBegins(evidence: Evidence): readonly string[] {
  const wrong: string[] = [];
  const walking = new Set<string>();
  for (const { value } of evidence.of('ingest')) {
    const decoded = value === null ? null : evidence.decode(value);
    if (decoded?.type === 'SyncStarted' && decoded.value.mode === 'full') walking.add(decoded.value.syncId);
    if (decoded?.type === 'SnapshotBegin') walking.delete(decoded.value.syncId);
    if (decoded?.type === 'RawItem' && walking.has(decoded.value.syncId))
      wrong.push(`a walk shows ${decoded.value.itemId} before its Begin`);
  }
  return wrong;
}
