import type { RecordName, RecordTypes } from '../../schemas/generated/records.ts';

const common = { eventId: 'event-1', at: 1_700_000_000_000, provider: 'tiktok', user: 'me', collection: 'favorites' };
const run = { ...common, syncId: 'sync-1', fence: 3, seq: 7 };

export const sampleItem: RecordTypes['RawItem'] = {
  ...run,
  itemId: '7300000000000000001',
  sighting: true,
  content: 'full',
  document: {
    url: 'https://www.tiktok.com/@someone/video/7300000000000000001',
    title: 'An invented title',
    author: null,
    body: null,
    savedAt: 1_600_000_000_000,
    createdAt: null,
    thumbnailUrl: null,
    extra: '{}',
  },
  text: 'An invented title',
  documentHash: 'abcdefghijklmnopqrstuv',
  truncated: false,
  payload: null,
};

export const sampleEnriched: RecordTypes['EnrichedItem'] = {
  item: sampleItem,
  textHash: 'ab'.repeat(32),
  vector: Uint8Array.from({ length: 64 }, (_, index) => index * 3),
  model: 'hash',
  dimensions: 16,
  textTruncated: false,
};

export const sampleChunk: RecordTypes['SnapshotChunk'] = {
  ...run,
  snapshotId: 'snapshot-1',
  index: 0,
  itemIds: ['a', 'b'],
  documentHashes: '',
  savedAt: [-1, 1_600_000_000_000],
};

export const sampleFinished: RecordTypes['SyncFinished'] = {
  ...run,
  status: 'done',
  error: null,
  counts: { fetched: 10, new: 2 },
};

interface Misfit {
  readonly record: RecordName;
  /** the path that the error has to name */
  readonly field: string;
  readonly value: unknown;
}

const { eventId: _, ...itemWithoutId } = sampleItem;
const { document } = sampleItem;

/** Values that do not fit; what must not be shown has the word private in it. */
export const misfitSamples: readonly Misfit[] = [
  { record: 'RawItem', field: 'eventId', value: itemWithoutId },
  { record: 'RawItem', field: 'at', value: { ...sampleItem, at: 2 ** 53 } },
  { record: 'RawItem', field: 'at', value: { ...sampleItem, at: 0.5 } },
  { record: 'RawItem', field: 'fence', value: { ...sampleItem, fence: Number.NaN } },
  { record: 'RawItem', field: 'fence', value: { ...sampleItem, fence: 7n } },
  { record: 'RawItem', field: 'seq', value: { ...sampleItem, seq: 2 ** 31 } },
  { record: 'RawItem', field: 'user', value: { ...sampleItem, user: null } },
  { record: 'RawItem', field: 'sighting', value: { ...sampleItem, sighting: 1 } },
  { record: 'RawItem', field: 'content', value: { ...sampleItem, content: 'private' } },
  { record: 'RawItem', field: 'text', value: { ...sampleItem, text: ['private'] } },
  { record: 'RawItem', field: 'document', value: { ...sampleItem, document: 'private' } },
  {
    record: 'RawItem',
    field: 'document.savedAt',
    value: { ...sampleItem, document: { ...document, savedAt: 'private' } },
  },
  { record: 'EnrichedItem', field: 'vector', value: { ...sampleEnriched, vector: [1, 2, 3] } },
  { record: 'EnrichedItem', field: 'vector', value: { ...sampleEnriched, vector: new Float32Array(2) } },
  {
    record: 'EnrichedItem',
    field: 'item.document.title',
    value: { ...sampleEnriched, item: { ...sampleItem, document: { ...document, title: 5 } } },
  },
  { record: 'SnapshotChunk', field: 'itemIds[1]', value: { ...sampleChunk, itemIds: ['private', 5] } },
  { record: 'SnapshotChunk', field: 'itemIds', value: { ...sampleChunk, itemIds: 'private' } },
  { record: 'SnapshotChunk', field: 'savedAt[0]', value: { ...sampleChunk, savedAt: [null] } },
  { record: 'SyncFinished', field: 'counts["new"]', value: { ...sampleFinished, counts: { new: '1' } } },
  { record: 'SyncFinished', field: 'counts', value: { ...sampleFinished, counts: [1] } },
];
