import { setImmediate } from 'node:timers/promises';
import { SetDigest } from '../core/set-digest.ts';
import type { SnapshotChunk } from '../schemas/generated/records.ts';

/** Ids that grow the digests between two breaths of the event loop. */
const IDS_AT_ONCE = 4000;
const CHUNK_IDS = 12_000;
const CHUNK_BYTES = 700_000;
/** of a saved date or a document hash, and around a text, as Avro writes them */
const ENTRY_BYTES = 24;

/** What attests each id of a list: exports tell when it was saved, live listings what it looks like. */
export type Attested =
  | { readonly by: 'savedAt'; readonly items: ReadonlyMap<string, number | null> }
  | { readonly by: 'documentHash'; readonly items: ReadonlyMap<string, string> };

/** The ids of a list in the order of a snapshot, with what attests them. */
export interface IdList {
  /** ascending by UTF-16 code units */
  readonly itemIds: readonly string[];
  /** in the order of itemIds, -1 for none; empty for a live listing */
  readonly savedAt: readonly number[];
  /** in the order of itemIds; empty for an export */
  readonly documentHashes: readonly string[];
  /** of the ids */
  readonly digest: string;
  /** of `id|savedAt` (-1 for none) or `id|documentHash` of each item: equal for lists of equal content */
  readonly contentDigest: string;
}

export async function describeIds(attested: Attested): Promise<IdList> {
  const itemIds = [...attested.items.keys()].sort();
  const savedAt: number[] = [];
  const documentHashes: string[] = [];
  const digest = new SetDigest();
  const contentDigest = new SetDigest();
  for (const [index, itemId] of itemIds.entries()) {
    if (attested.by === 'savedAt') savedAt.push(attested.items.get(itemId) ?? -1);
    else documentHashes.push(attested.items.get(itemId) ?? '');
    digest.add(itemId);
    contentDigest.add(`${itemId}|${savedAt[index] ?? documentHashes[index]}`);
    if (index % IDS_AT_ONCE === IDS_AT_ONCE - 1) await setImmediate();
  }
  return { itemIds, savedAt, documentHashes, digest: digest.toString(), contentDigest: contentDigest.toString() };
}

type ChunkContent = Pick<SnapshotChunk, 'itemIds' | 'savedAt' | 'documentHashes'>;

/** Cuts the list into parts that fit a record. */
export function* snapshotChunks({ itemIds, savedAt, documentHashes }: IdList): Generator<ChunkContent> {
  const part = (from: number, to: number): ChunkContent => ({
    itemIds: itemIds.slice(from, to),
    savedAt: savedAt.slice(from, to),
    documentHashes: documentHashes.slice(from, to).join(''),
  });
  let from = 0;
  let bytes = 0;
  for (const [index, itemId] of itemIds.entries()) {
    const size = itemId.length + ENTRY_BYTES;
    if (index - from >= CHUNK_IDS || bytes + size > CHUNK_BYTES) {
      yield part(from, index);
      from = index;
      bytes = 0;
    }
    bytes += size;
  }
  if (from < itemIds.length) yield part(from, itemIds.length);
}
