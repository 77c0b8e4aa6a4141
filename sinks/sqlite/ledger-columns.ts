import type { LedgerGlance, LedgerRow } from '../../core/ledger.ts';
import { contentOf, deletedByOf, FLAG, stateOf } from './flags.ts';

/** Columns of a row as LEDGER_COLUMNS selects them, for statements in raw mode. */
export type RawRow = readonly [
  itemId: string,
  flags: number,
  documentHash: string,
  savedAt: number | null,
  seen: number,
  contentHash: string,
  vectorHash: string,
  firstSeenAt: number | null,
  lastSeenAt: number | null,
  decided: number,
  basisSeen: number,
  personAt: number,
  holdId: string | null,
  judgedAt: number,
  absentSince: number,
  verdictAt: number | null,
  verdictSeen: number,
  contentAt: number,
  purgedAt: number,
  trashedAt: number | null,
  hiddenAt: number | null,
  attempts: number,
  retryAt: number | null,
  textHash: string,
  contentKeys: string,
  returnedBy: string | null,
];

const NAMES = [
  'item_id',
  'flags',
  'document_hash',
  'saved_at',
  'seen',
  'content_hash',
  'vector_hash',
  'first_seen_at',
  'last_seen_at',
  'decided',
  'basis_seen',
  'person_at',
  'hold_id',
  'judged_at',
  'absent_since',
  'verdict_at',
  'verdict_seen',
  'content_at',
  'purged_at',
  'trashed_at',
  'hidden_at',
  'attempts',
  'retry_at',
  'text_hash',
  'content_keys',
  'returned_by',
] as const;

export const LEDGER_COLUMNS = NAMES.map((name) => `l.${name}`).join(', ');
export const LEDGER_COLUMN_COUNT = NAMES.length;

/** Made of others, for the index that lists are read from: schema.ts. */
const LIST_NAMES = ['shown', 'place'] as const;
const WRITTEN = [...NAMES, ...LIST_NAMES];

/** Parameters: scope_id, doc_id, parts, then those of `ledgerValues` and of `listValues`. */
export const UPSERT_LEDGER = `
INSERT INTO ledger (scope_id, doc_id, parts, ${WRITTEN.join(', ')})
VALUES (?, ?, ?, ${WRITTEN.map(() => '?').join(', ')})
ON CONFLICT (scope_id, item_id) DO UPDATE SET doc_id = excluded.doc_id, parts = excluded.parts, ${WRITTEN.slice(1)
  .map((name) => `${name} = excluded.${name}`)
  .join(', ')}`;

export function listValues({ savedAt }: Pick<LedgerRow, 'savedAt'>, flags: number): readonly [number, number] {
  return [flags & (FLAG.state | FLAG.hidden), -(savedAt ?? -1)];
}

/** What a statement is given of a row; `flags` is packFlags of it. */
export function ledgerValues(row: LedgerRow, flags: number): RawRow {
  return [
    row.itemId,
    flags,
    row.documentHash,
    row.savedAt,
    row.seen,
    row.contentHash,
    row.vectorHash,
    row.firstSeenAt,
    row.lastSeenAt,
    row.decided,
    row.basisSeen,
    row.personAt,
    row.holdId,
    row.judgedAt,
    row.absentSince,
    row.verdictAt,
    row.verdictSeen,
    row.contentAt,
    row.purgedAt,
    row.trashedAt,
    row.hiddenAt,
    row.attempts,
    row.retryAt,
    row.textHash,
    row.contentKeys.length === 0 ? '[]' : JSON.stringify(row.contentKeys),
    row.returnedBy,
  ];
}

/** The inverse of ledgerValues; what follows the columns of the ledger in `raw` is ignored. */
export function toLedgerRow(raw: RawRow): LedgerRow {
  const flags = raw[1];
  return {
    itemId: raw[0],
    state: stateOf(flags),
    pinned: (flags & FLAG.pinned) !== 0,
    blocked: (flags & FLAG.blocked) !== 0,
    hidden: (flags & FLAG.hidden) !== 0,
    listed: (flags & FLAG.listed) !== 0,
    seen: raw[4],
    firstSeenAt: raw[7],
    lastSeenAt: raw[8],
    decided: raw[9],
    basisSeen: raw[10],
    personAt: raw[11],
    holdId: raw[12],
    personOnly: (flags & FLAG.personOnly) !== 0,
    judgedAt: raw[13],
    absentSince: raw[14],
    verdictAt: raw[15],
    verdictSeen: raw[16],
    contentAt: raw[17],
    content: contentOf(flags),
    unavailable: (flags & FLAG.unavailable) !== 0,
    stale: (flags & FLAG.stale) !== 0,
    documentHash: raw[2],
    contentHash: raw[5],
    textHash: raw[23],
    vectorHash: raw[6],
    savedAt: raw[3],
    purgedAt: raw[18],
    returnedBy: raw[25],
    trashedAt: raw[19],
    deletedBy: deletedByOf(flags),
    hiddenAt: raw[20],
    attempts: raw[21],
    retryAt: raw[22],
    contentKeys: raw[24] === '[]' ? [] : (JSON.parse(raw[24]) as string[]),
  };
}

/** JSON arrays, one for each column of `GLANCE`: one row of four texts takes half the time of thousands of rows. */
export type RawGlances = readonly [itemIds: string, flags: string, documentHashes: string, savedAt: string];

/** Parameters: scope_id, the id that the first is greater than, how many. */
export const GLANCE = `
SELECT json_group_array(item_id), json_group_array(flags), json_group_array(document_hash), json_group_array(saved_at)
FROM (SELECT item_id, flags, document_hash, saved_at FROM ledger WHERE scope_id = ? AND item_id > ? ORDER BY item_id LIMIT ?)`;

export function toGlances([itemIds, allFlags, documentHashes, dates]: RawGlances): LedgerGlance[] {
  const flags = JSON.parse(allFlags) as number[];
  const hashes = JSON.parse(documentHashes) as string[];
  const savedAt = JSON.parse(dates) as (number | null)[];
  return (JSON.parse(itemIds) as string[]).map((itemId, i) =>
    toGlance(itemId, flags[i] ?? 0, hashes[i] ?? '', savedAt[i] ?? null),
  );
}

function toGlance(itemId: string, flags: number, documentHash: string, savedAt: number | null): LedgerGlance {
  return {
    itemId,
    state: stateOf(flags),
    pinned: (flags & FLAG.pinned) !== 0,
    blocked: (flags & FLAG.blocked) !== 0,
    hidden: (flags & FLAG.hidden) !== 0,
    listed: (flags & FLAG.listed) !== 0,
    content: contentOf(flags),
    stale: (flags & FLAG.stale) !== 0,
    deletedBy: deletedByOf(flags),
    documentHash,
    savedAt,
  };
}
