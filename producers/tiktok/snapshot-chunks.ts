import { setImmediate } from 'node:timers/promises';
import { SetDigest } from '../../core/set-digest.ts';

/** Ids that grow the digests between two breaths of the event loop. */
const IDS_AT_ONCE = 4000;
const CHUNK_IDS = 12_000;
const CHUNK_BYTES = 700_000;
/** of a saved date, and around a text, as Avro writes them */
const DATE_BYTES = 8;

/** The ids of an export in the order of a snapshot, with what attests them. */
export interface IdList {
  /** ascending by UTF-16 code units */
  readonly itemIds: readonly string[];
  /** in the order of itemIds, -1 for none */
  readonly savedAt: readonly number[];
  /** of the ids */
  readonly digest: string;
  /** of `id|savedAt` of each item, -1 for none: equal for equal lists with equal dates */
  readonly contentDigest: string;
}

export async function describeIds(dates: ReadonlyMap<string, number | null>): Promise<IdList> {
  const itemIds = [...dates.keys()].sort();
  const savedAt: number[] = [];
  const digest = new SetDigest();
  const contentDigest = new SetDigest();
  for (const itemId of itemIds) {
    const date = dates.get(itemId) ?? -1;
    savedAt.push(date);
    digest.add(itemId);
    contentDigest.add(`${itemId}|${date}`);
    if (savedAt.length % IDS_AT_ONCE === 0) await setImmediate();
  }
  return { itemIds, savedAt, digest: digest.toString(), contentDigest: contentDigest.toString() };
}

/** Cuts the list into parts that fit a record. */
export function* snapshotChunks({ itemIds, savedAt }: IdList): Generator<Pick<IdList, 'itemIds' | 'savedAt'>> {
  let from = 0;
  let bytes = 0;
  for (const [index, itemId] of itemIds.entries()) {
    const size = itemId.length + DATE_BYTES;
    if (index - from >= CHUNK_IDS || bytes + size > CHUNK_BYTES) {
      yield { itemIds: itemIds.slice(from, index), savedAt: savedAt.slice(from, index) };
      from = index;
      bytes = 0;
    }
    bytes += size;
  }
  if (from < itemIds.length) yield { itemIds: itemIds.slice(from), savedAt: savedAt.slice(from) };
}
