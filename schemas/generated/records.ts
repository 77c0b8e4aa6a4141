// Generated from schemas/*.avsc by `npm run generate`. Do not edit.

/** Asks a producer for the content of items (law 6). */
export interface BackfillCommand {
  /** stays the same in every copy of this record */
  readonly eventId: string;
  /** when it was observed or written, ms since the epoch; for display and cadence only (law 2) */
  readonly at: number;
  /** reddit, github or tiktok */
  readonly provider: string;
  /** local owner, [A-Za-z0-9._-]{1,64} */
  readonly user: string;
  /** ms since the epoch; later it is ignored */
  readonly deadline: number;
  /** sync id */
  readonly causedBy: string | null;
  readonly collection: string;
  readonly reason: string;
  readonly itemIds: readonly string[];
}

/** A change of state of an item, by the sink or by a person (law 8). */
export interface Decision {
  /** stays the same in every copy of this record */
  readonly eventId: string;
  /** when it was observed or written, ms since the epoch; for display and cadence only (law 2) */
  readonly at: number;
  /** reddit, github or tiktok */
  readonly provider: string;
  /** local owner, [A-Za-z0-9._-]{1,64} */
  readonly user: string;
  /** one list of the account: saved, starred, favorites */
  readonly collection: string;
  /** the provider's stable id */
  readonly itemId: string;
  /** remove, hold, approve, reject, restore, pin, unpin, hide, unhide, purge, allow */
  readonly operation:
    | 'remove'
    | 'hold'
    | 'approve'
    | 'reject'
    | 'restore'
    | 'pin'
    | 'unpin'
    | 'hide'
    | 'unhide'
    | 'purge'
    | 'allow';
  /** sink, or person:NAME */
  readonly author: string;
  /** position of the last decision of the item that this one judged; -1 for none */
  readonly basisDecided: number;
  /** position up to which sightings were known */
  readonly basisSeen: number;
  readonly reason: string;
  readonly snapshotId: string | null;
  readonly syncId: string | null;
  /** hold: only a person may release it */
  readonly personOnly: boolean;
  /** issued again: event id of the first decision */
  readonly firstId: string | null;
  /** issued again: position of the first decision */
  readonly firstAt: number | null;
  readonly url: string | null;
  readonly savedAt: number | null;
  /** JSON object: what was observed */
  readonly evidence: string;
}

/** What is shown and searched of an item, in one shape for all providers. */
export interface Document {
  readonly url: string;
  readonly title: string | null;
  readonly author: string | null;
  readonly body: string | null;
  /** when the user saved it, ms since the epoch */
  readonly savedAt: number | null;
  readonly createdAt: number | null;
  readonly thumbnailUrl: string | null;
  /** JSON object: what only this provider has */
  readonly extra: string;
}

/** A raw item with its embedding; written by the processor. */
export interface EnrichedItem {
  readonly item: RawItem;
  /** hex SHA-256 of the vectorization text */
  readonly textHash: string | null;
  /** little-endian float32 */
  readonly vector: Uint8Array | null;
  readonly model: string | null;
  readonly dimensions: number | null;
  /** the text exceeded the model and was cut on a token boundary */
  readonly textTruncated: boolean;
}

/** What the provider answered when it was asked about one candidate (law 3). */
export interface ItemVerdict {
  /** stays the same in every copy of this record */
  readonly eventId: string;
  /** when it was observed or written, ms since the epoch; for display and cadence only (law 2) */
  readonly at: number;
  /** reddit, github or tiktok */
  readonly provider: string;
  /** local owner, [A-Za-z0-9._-]{1,64} */
  readonly user: string;
  /** one list of the account: saved, starred, favorites */
  readonly collection: string;
  /** the provider's stable id */
  readonly itemId: string;
  /** the run of a producer that wrote this */
  readonly syncId: string;
  /** fencing number of that run (law 1) */
  readonly fence: number;
  /** counts the records of the run from 0; a copy of an earlier number is a duplicate */
  readonly seq: number;
  /** the snapshot that caused the question */
  readonly snapshotId: string;
  /** position of its Begin */
  readonly snapshotBegin: number;
  /** position of the SyncStarted of the run that asked */
  readonly started: number;
  /** items in the scope when the snapshot was judged */
  readonly scopeCount: number;
  /** the snapshot listed nothing, so there were no control ids */
  readonly emptyListing: boolean;
  /** present, unsaved, gone_upstream, deleted, removed, unknown */
  readonly answer: 'present' | 'unsaved' | 'gone_upstream' | 'deleted' | 'removed' | 'unknown';
  /** the login that was asked with */
  readonly login: string | null;
  /** JSON object: what was observed */
  readonly evidence: string;
}

/** A vector that came after its item had passed on without one (law 10). */
export interface LateVector {
  /** stays the same in every copy of this record */
  readonly eventId: string;
  /** when it was observed or written, ms since the epoch; for display and cadence only (law 2) */
  readonly at: number;
  /** reddit, github or tiktok */
  readonly provider: string;
  /** local owner, [A-Za-z0-9._-]{1,64} */
  readonly user: string;
  /** one list of the account: saved, starred, favorites */
  readonly collection: string;
  /** the provider's stable id */
  readonly itemId: string;
  readonly textHash: string;
  /** little-endian float32 */
  readonly vector: Uint8Array;
  readonly model: string;
  readonly dimensions: number;
}

/** What the sink did, and why. */
export interface Outcome {
  /** stays the same in every copy of this record */
  readonly eventId: string;
  /** when it was observed or written, ms since the epoch; for display and cadence only (law 2) */
  readonly at: number;
  /** reddit, github or tiktok */
  readonly provider: string;
  /** local owner, [A-Za-z0-9._-]{1,64} */
  readonly user: string;
  readonly collection: string | null;
  readonly itemId: string | null;
  readonly syncId: string | null;
  readonly snapshotId: string | null;
  /** what happened: snapshot applied, aborted, removal, hold, restore, purge, ... */
  readonly kind: string;
  readonly reason: string;
  /** items concerned */
  readonly count: number;
  /** JSON object: what was observed */
  readonly evidence: string;
}

/** An item as its provider showed it. */
export interface RawItem {
  /** stays the same in every copy of this record */
  readonly eventId: string;
  /** when it was observed or written, ms since the epoch; for display and cadence only (law 2) */
  readonly at: number;
  /** reddit, github or tiktok */
  readonly provider: string;
  /** local owner, [A-Za-z0-9._-]{1,64} */
  readonly user: string;
  /** one list of the account: saved, starred, favorites */
  readonly collection: string;
  /** the provider's stable id */
  readonly itemId: string;
  /** the run of a producer that wrote this */
  readonly syncId: string;
  /** fencing number of that run (law 1) */
  readonly fence: number;
  /** counts the records of the run from 0; a copy of an earlier number is a duplicate */
  readonly seq: number;
  /** true: a live listing showed it (law 2); false: hydration, fills in content only */
  readonly sighting: boolean;
  /** full; stub: not fetched yet; failed: a fetch was tried and failed; deleted: its author deleted it; removed: moderators removed it */
  readonly content: 'full' | 'stub' | 'failed' | 'deleted' | 'removed';
  readonly document: Document;
  /** the vectorization text; null where there is nothing to embed */
  readonly text: string | null;
  /** 22 characters, base64url of 16 bytes of SHA-256 over the document without counters; empty when nothing was fetched */
  readonly documentHash: string;
  /** the payload was longer than 768 kB and was cut */
  readonly truncated: boolean;
  /** what the provider sent, JSON */
  readonly payload: string | null;
}

/** Asks a producer what became of candidates (law 3). */
export interface RecheckCommand {
  /** stays the same in every copy of this record */
  readonly eventId: string;
  /** when it was observed or written, ms since the epoch; for display and cadence only (law 2) */
  readonly at: number;
  /** reddit, github or tiktok */
  readonly provider: string;
  /** local owner, [A-Za-z0-9._-]{1,64} */
  readonly user: string;
  /** ms since the epoch; later it is ignored */
  readonly deadline: number;
  /** sync id */
  readonly causedBy: string | null;
  readonly collection: string;
  readonly snapshotId: string;
  readonly snapshotBegin: number;
  readonly scopeCount: number;
  readonly emptyListing: boolean;
  readonly itemIds: readonly string[];
  readonly controlIds: readonly string[];
}

/** Goes out before the first page is requested: ids that are sighted later are newer than this snapshot. */
export interface SnapshotBegin {
  /** stays the same in every copy of this record */
  readonly eventId: string;
  /** when it was observed or written, ms since the epoch; for display and cadence only (law 2) */
  readonly at: number;
  /** reddit, github or tiktok */
  readonly provider: string;
  /** local owner, [A-Za-z0-9._-]{1,64} */
  readonly user: string;
  /** one list of the account: saved, starred, favorites */
  readonly collection: string;
  /** the run of a producer that wrote this */
  readonly syncId: string;
  /** fencing number of that run (law 1) */
  readonly fence: number;
  /** counts the records of the run from 0; a copy of an earlier number is a duplicate */
  readonly seq: number;
  readonly snapshotId: string;
  readonly login: string | null;
  /** of an export: the moment that its SnapshotEnd names, ms since the epoch; null where it tells none, and for a listing */
  readonly asOf: number | null;
}

/** A part of an id snapshot. */
export interface SnapshotChunk {
  /** stays the same in every copy of this record */
  readonly eventId: string;
  /** when it was observed or written, ms since the epoch; for display and cadence only (law 2) */
  readonly at: number;
  /** reddit, github or tiktok */
  readonly provider: string;
  /** local owner, [A-Za-z0-9._-]{1,64} */
  readonly user: string;
  /** one list of the account: saved, starred, favorites */
  readonly collection: string;
  /** the run of a producer that wrote this */
  readonly syncId: string;
  /** fencing number of that run (law 1) */
  readonly fence: number;
  /** counts the records of the run from 0; a copy of an earlier number is a duplicate */
  readonly seq: number;
  readonly snapshotId: string;
  /** from 0 */
  readonly index: number;
  /** in ascending order of UTF-16 code units, also across chunks, where the producer can */
  readonly itemIds: readonly string[];
  /** the document hashes in the order of itemIds, 22 characters each; empty when the producer knows none */
  readonly documentHashes: string;
  /** in the order of itemIds, -1 for none; empty when unknown */
  readonly savedAt: readonly number[];
}

/** Completes or aborts an id snapshot, with the evidence. */
export interface SnapshotEnd {
  /** stays the same in every copy of this record */
  readonly eventId: string;
  /** when it was observed or written, ms since the epoch; for display and cadence only (law 2) */
  readonly at: number;
  /** reddit, github or tiktok */
  readonly provider: string;
  /** local owner, [A-Za-z0-9._-]{1,64} */
  readonly user: string;
  /** one list of the account: saved, starred, favorites */
  readonly collection: string;
  /** the run of a producer that wrote this */
  readonly syncId: string;
  /** fencing number of that run (law 1) */
  readonly fence: number;
  /** counts the records of the run from 0; a copy of an earlier number is a duplicate */
  readonly seq: number;
  readonly snapshotId: string;
  /** complete, aborted */
  readonly status: 'complete' | 'aborted';
  /** why it was aborted */
  readonly reason: string | null;
  readonly login: string | null;
  /** how many chunks were written */
  readonly chunks: number;
  /** distinct ids */
  readonly count: number;
  /** hex, 32 characters: digest of the ids */
  readonly digest: string;
  /** hex, 32 characters: digest over ids and document hashes */
  readonly contentDigest: string;
  /** the content is that of the snapshot last applied, so there are no chunks */
  readonly digestOnly: boolean;
  /** complete, window, unknown */
  readonly coverage: 'complete' | 'window' | 'unknown';
  /** kinds of id covered; the empty string is the kind of ids without a prefix */
  readonly kinds: readonly string[];
  /** how an absence is judged: verdict, absence, walks */
  readonly proof: 'verdict' | 'absence' | 'walks';
  /** exports: the moment it speaks of, ms */
  readonly asOf: number | null;
  /** exports: date of the oldest row, ms; absent items not newer may have been cut off */
  readonly oldestRow: number | null;
  /** the source itself says that the list is empty */
  readonly explicitlyEmpty: boolean;
  /** JSON object: what was observed */
  readonly evidence: string;
}

/** Asks a producer to sync an account. */
export interface SyncCommand {
  /** stays the same in every copy of this record */
  readonly eventId: string;
  /** when it was observed or written, ms since the epoch; for display and cadence only (law 2) */
  readonly at: number;
  /** reddit, github or tiktok */
  readonly provider: string;
  /** local owner, [A-Za-z0-9._-]{1,64} */
  readonly user: string;
  /** ms since the epoch; later it is ignored */
  readonly deadline: number;
  /** sync id */
  readonly causedBy: string | null;
  /** delta, full */
  readonly mode: 'delta' | 'full' | 'import' | 'recheck' | 'backfill';
  readonly reason: string;
}

/** A run of a producer ended; whoever waits for it knows. */
export interface SyncFinished {
  /** stays the same in every copy of this record */
  readonly eventId: string;
  /** when it was observed or written, ms since the epoch; for display and cadence only (law 2) */
  readonly at: number;
  /** reddit, github or tiktok */
  readonly provider: string;
  /** local owner, [A-Za-z0-9._-]{1,64} */
  readonly user: string;
  /** the run of a producer that wrote this */
  readonly syncId: string;
  /** fencing number of that run (law 1) */
  readonly fence: number;
  /** counts the records of the run from 0; a copy of an earlier number is a duplicate */
  readonly seq: number;
  /** done, aborted */
  readonly status: 'done' | 'aborted';
  readonly error: string | null;
  readonly counts: Readonly<Record<string, number>>;
}

/** A run of a producer begins; only this raises the fencing number of an account (law 1). */
export interface SyncStarted {
  /** stays the same in every copy of this record */
  readonly eventId: string;
  /** when it was observed or written, ms since the epoch; for display and cadence only (law 2) */
  readonly at: number;
  /** reddit, github or tiktok */
  readonly provider: string;
  /** local owner, [A-Za-z0-9._-]{1,64} */
  readonly user: string;
  /** the run of a producer that wrote this */
  readonly syncId: string;
  /** fencing number of that run (law 1) */
  readonly fence: number;
  /** counts the records of the run from 0; a copy of an earlier number is a duplicate */
  readonly seq: number;
  /** delta, full, import, recheck, backfill */
  readonly mode: 'delta' | 'full' | 'import' | 'recheck' | 'backfill';
  /** the provider's immutable account id */
  readonly login: string | null;
  /** sync id of the run whose effects this run completes */
  readonly causedBy: string | null;
  /** event id of the command that it executes */
  readonly commandId: string | null;
  /** token, oauth, public: what the account is connected with; null: the run asks nobody, or is of an earlier version */
  readonly credentialKind: string | null;
}

/** Every kind of record, by the name of its schema. */
export interface RecordTypes {
  readonly BackfillCommand: BackfillCommand;
  readonly Decision: Decision;
  readonly EnrichedItem: EnrichedItem;
  readonly ItemVerdict: ItemVerdict;
  readonly LateVector: LateVector;
  readonly Outcome: Outcome;
  readonly RawItem: RawItem;
  readonly RecheckCommand: RecheckCommand;
  readonly SnapshotBegin: SnapshotBegin;
  readonly SnapshotChunk: SnapshotChunk;
  readonly SnapshotEnd: SnapshotEnd;
  readonly SyncCommand: SyncCommand;
  readonly SyncFinished: SyncFinished;
  readonly SyncStarted: SyncStarted;
}

export type RecordName = keyof RecordTypes;

export const RECORD_NAMES: readonly RecordName[] = [
  'BackfillCommand',
  'Decision',
  'EnrichedItem',
  'ItemVerdict',
  'LateVector',
  'Outcome',
  'RawItem',
  'RecheckCommand',
  'SnapshotBegin',
  'SnapshotChunk',
  'SnapshotEnd',
  'SyncCommand',
  'SyncFinished',
  'SyncStarted',
];
