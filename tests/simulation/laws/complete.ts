import type { SnapshotEnd } from '../../../schemas/generated/records.ts';
import type { Truth } from '../truth.ts';
import type { Watch } from './watch.ts';

/** What no list can tell. */
export interface Hidden {
  /** a source answered what nobody can tell from the truth */
  readonly wasMisled: () => boolean;
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
 * Laws 3 and 5: a listing that is said to be complete holds all that was saved from its Begin to its End. Not where a source
 * answered what nobody can tell from the truth.
 */
export function watchListings(
  truth: Truth,
  itemIds: readonly string[],
  { wasMisled, shrankUnseen, isPrivate }: Hidden,
): Watch {
  const begun = new Map<string, Begun>();
  return (_, decoded) => {
    if (decoded?.type === 'SnapshotBegin')
      begun.set(decoded.value.snapshotId, { at: decoded.value.at, ids: new Set() });
    if (decoded?.type === 'SnapshotChunk')
      for (const id of decoded.value.itemIds) begun.get(decoded.value.snapshotId)?.ids.add(id);
    if (decoded?.type !== 'SnapshotEnd' || !isWholeListing(decoded.value) || wasMisled()) return [];
    const { snapshotId, at, proof } = decoded.value;
    const snapshot = begun.get(snapshotId);
    if (snapshot === undefined || shrankUnseen(snapshot.at, at)) return [];
    const isLacking = (id: string): boolean =>
      !snapshot.ids.has(id) && !(proof === 'walks' && isPrivate(id)) && truth.wasSavedThroughout(id, snapshot.at, at);
    return itemIds.filter(isLacking).map((id) => `a list is said to be complete, and lacks ${id}`);
  };
}

/** What says no more than a digest lists what one before it listed. */
function isWholeListing({ status, coverage, proof, asOf, digestOnly }: SnapshotEnd): boolean {
  return status === 'complete' && coverage === 'complete' && proof !== 'absence' && asOf === null && !digestOnly;
}

/** Law 3: what a full walk shows comes after its Begin. */
export function watchBegins(): Watch {
  const walking = new Set<string>();
  return (_, decoded) => {
    if (decoded?.type === 'SyncStarted' && decoded.value.mode === 'full') walking.add(decoded.value.syncId);
    if (decoded?.type === 'SnapshotBegin') walking.delete(decoded.value.syncId);
    if (decoded?.type !== 'RawItem' || !walking.has(decoded.value.syncId)) return [];
    return [`a walk shows ${decoded.value.itemId} before its Begin`];
  };
}
