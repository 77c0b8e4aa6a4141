import {
  type HistoryEntry,
  type LedgerRow,
  newLedgerRow,
  newRunRow,
  newScopeRow,
  type RunRow,
  type ScopeRow,
} from '../../core/ledger.ts';
import type {
  ChangeSet,
  ItemChange,
  ItemContent,
  ItemStore,
  OutboxEntry,
  StagedChunk,
  StoredVector,
} from '../../core/ports/item-store.ts';

export const SCOPE = 'tiktok/me/favorites';
export const OTHER_SCOPE = 'reddit/me/saved';
export const MODEL = 'test-model';
export const DIMENSIONS = 16;

export function row(itemId: string, fields: Partial<LedgerRow> = {}): LedgerRow {
  return { ...newLedgerRow(itemId), state: 'active', content: 'full', ...fields };
}

export function content(title: string, fields: Partial<ItemContent> = {}): ItemContent {
  return {
    url: `https://www.example.org/${encodeURIComponent(title)}`,
    title,
    author: null,
    body: null,
    savedAt: null,
    createdAt: null,
    thumbnailUrl: null,
    extra: '{}',
    payload: null,
    ...fields,
  };
}

/** Points along one axis, with a little of the next, so that neighbours have an order. */
export function direction(axis: number, tilt = 0): Float32Array {
  const numbers = new Float32Array(DIMENSIONS).fill(-0.01);
  numbers[axis % DIMENSIONS] = 1;
  numbers[(axis + 1) % DIMENSIONS] = tilt;
  return numbers;
}

export function vector(numbers: Float32Array, model = MODEL): StoredVector {
  return { model, dimensions: numbers.length, bytes: new Uint8Array(numbers.slice().buffer) };
}

export function item(itemId: string, fields: Partial<LedgerRow> = {}, rest: Partial<ItemChange> = {}): ItemChange {
  return { scope: SCOPE, row: row(itemId, fields), content: content(`title of ${itemId}`), ...rest };
}

/** An item that both kinds of search can find. */
export function searchable(
  itemId: string,
  title: string,
  numbers: Float32Array,
  fields: Partial<LedgerRow> = {},
): ItemChange {
  const hashes = { textHash: `text ${itemId}`, vectorHash: `vector ${itemId}` };
  return item(itemId, { ...hashes, ...fields }, { content: content(title), vector: vector(numbers) });
}

export function run(syncId: string, startedPosition: number, fields: Partial<RunRow> = {}): RunRow {
  const start = {
    syncId,
    account: 'tiktok/me',
    fence: 1,
    mode: 'import',
    causedBy: null,
    commandId: null,
    startedAt: 5,
  };
  return { ...newRunRow({ ...start, startedPosition }), ...fields };
}

export function scopeRow(fields: Partial<ScopeRow> = {}): ScopeRow {
  return { ...newScopeRow(SCOPE), ...fields };
}

export function applied(begin: number): NonNullable<ScopeRow['applied']> {
  return {
    snapshotId: `snapshot ${begin}`,
    syncId: 'sync',
    begin,
    at: 1,
    coverage: 'complete',
    kinds: [''],
    proof: 'absence',
    asOf: null,
    asOfByKind: {},
    seenAt: 1,
    undatedAt: null,
    count: 1,
    digest: '',
    contentDigest: '',
    partial: false,
  };
}

export function historyEntry(itemId: string, position: number, fields: Partial<HistoryEntry> = {}): HistoryEntry {
  return {
    scope: SCOPE,
    itemId,
    position,
    at: position * 1_000,
    event: 'sighted',
    reason: '',
    snapshotId: null,
    author: 'sink',
    evidence: '{}',
    erasable: false,
    ...fields,
  };
}

export function outboxEntry(id: string, fields: Partial<OutboxEntry> = {}): OutboxEntry {
  return { id, topic: 'outcomes', account: 'tiktok/me', key: `key of ${id}`, value: Uint8Array.of(1, 2, 3), ...fields };
}

export function chunk(index: number, itemIds: readonly string[], fields: Partial<StagedChunk> = {}): StagedChunk {
  return {
    scope: SCOPE,
    snapshotId: 'snapshot',
    index,
    itemIds,
    documentHashes: itemIds.map(() => 'h'.repeat(22)).join(''),
    savedAt: itemIds.map((_, i) => (i === 0 ? -1 : 1_700_000_000_000 + i)),
    ...fields,
  };
}

/** Makes a change on the present progress, one position further. */
export async function changeOf(store: ItemStore, fields: Partial<ChangeSet>): Promise<ChangeSet> {
  const partition = fields.partition ?? 0;
  const expected = await store.progress(partition);
  return {
    partition,
    expected,
    position: expected.position + 1,
    nextOffset: expected.nextOffset + 1,
    items: [],
    scopes: [],
    accounts: [],
    runs: [],
    history: [],
    events: [],
    outbox: [],
    chunks: [],
    discardChunks: [],
    ...fields,
  };
}

/** Commits, and expects nothing to be refused. */
export async function commit(store: ItemStore, fields: Partial<ChangeSet>): Promise<void> {
  const refused = await store.commit(await changeOf(store, fields));
  if (refused.length > 0) throw new Error(`refused: ${JSON.stringify(refused)}`);
}
