import { randomUUID } from 'node:crypto';
import { NotFoundError } from '../../core/errors.ts';
import { applicable } from '../../core/fold/decision.ts';
import { accountName, recordKey, type Scope, scopeName } from '../../core/keys.ts';
import type { ItemState, LedgerRow } from '../../core/ledger.ts';
import type { AppendRecord } from '../../core/ports/event-log.ts';
import type { Decision } from '../../schemas/generated/records.ts';
import type { App, ScopeChoice } from '../app.ts';
import { resolveScope } from './scopes.ts';
import { drain, PIPELINE, type WaitOptions, waitFor } from './settle.ts';

/** What a person may decide about an item. */
export type PersonOperation = 'approve' | 'reject' | 'restore' | 'pin' | 'unpin' | 'purge' | 'allow';

/** What the person saw of each item; one of which it is not true any more is left as it is. */
export interface SeenBefore {
  /** approve, reject: the hold whose evidence was shown */
  readonly holdId?: string | undefined;
  readonly state?: ItemState | undefined;
}

export interface DecideRequest extends WaitOptions, SeenBefore {
  readonly operation: PersonOperation;
  /** the person; recorded as `person:NAME` */
  readonly author: string;
  readonly reason?: string;
  readonly itemIds: readonly string[];
}

export interface Decided {
  readonly itemId: string;
  /** the decision is in force */
  readonly done: boolean;
  /** why it is not, or why nothing had to be decided */
  readonly reason: string | null;
  readonly state: LedgerRow['state'];
}

interface Written {
  readonly itemId: string;
  readonly eventId: string;
}

/** Decisions appended at once, and waited for together. */
const BATCH = 500;
const ERASE_LIMIT_MS = 30_000;
const LATE_LIMIT_MS = 5_000;

/** How a row looks when the decision is in force. */
const IN_FORCE: Readonly<Record<PersonOperation, (row: LedgerRow) => boolean>> = {
  approve: (row) => row.state === 'trash' || row.state === 'purged',
  reject: (row) => row.pinned,
  restore: (row) => row.pinned && row.state === 'active',
  pin: (row) => row.pinned,
  unpin: (row) => !row.pinned,
  purge: (row) => row.state === 'purged' && row.blocked,
  allow: (row) => !row.blocked,
};

/** Decides about items of the one collection that is meant. NotFoundError where one of them is unknown: nothing was decided. */
export async function decide(app: App, choice: ScopeChoice, request: DecideRequest): Promise<readonly Decided[]> {
  return decideInScope(app, await resolveScope(app.store, choice), request);
}

/**
 * Law 8: appends a person's decisions, waits until the sink has folded them, and tells what came of them. A purge is waited
 * for until the bytes are gone, where the roles that do so can be reached.
 */
export async function decideInScope(app: App, scope: Scope, request: DecideRequest): Promise<readonly Decided[]> {
  const name = scopeName(scope);
  const itemIds = [...new Set(request.itemIds)];
  const before = await app.store.rows(name, itemIds);
  const unknown = itemIds.filter((itemId) => !before.has(itemId));
  if (unknown.length > 0)
    throw new NotFoundError(`there is no item ${unknown.slice(0, 10).join(', ')} in ${name}: nothing was decided`, {
      unknown,
    });
  const due = itemIds.filter((itemId) => isDue(rowOf(before, itemId), request));
  if (due.length > 0) {
    await app.roles.ensure(PIPELINE);
    for (let from = 0; from < due.length; from += BATCH)
      await decideBatch(app, scope, request, due.slice(from, from + BATCH));
    if (request.operation === 'purge') await erase(app);
  }
  const after = await app.store.rows(name, itemIds);
  return itemIds.map((itemId) => outcomeOf(rowOf(after, itemId), request, due.includes(itemId)));
}

function isDue(row: LedgerRow, request: DecideRequest): boolean {
  return applicable(row, request.operation) && isAsSeen(row, request);
}

function isAsSeen(row: LedgerRow, seen: SeenBefore): boolean {
  return isSeenHold(row, seen) && isSeenState(row, seen);
}

function isSeenHold({ holdId }: LedgerRow, seen: SeenBefore): boolean {
  return seen.holdId === undefined || holdId === null || holdId === seen.holdId;
}

function isSeenState({ state }: LedgerRow, seen: SeenBefore): boolean {
  return seen.state === undefined || state === seen.state;
}

function rowOf(rows: ReadonlyMap<string, LedgerRow>, itemId: string): LedgerRow {
  const row = rows.get(itemId);
  if (row === undefined) throw new NotFoundError(`there is no item ${itemId}`);
  return row;
}

function outcomeOf(row: LedgerRow, request: DecideRequest, wasDue: boolean): Decided {
  const { itemId, state } = row;
  const done = IN_FORCE[request.operation](row);
  if (done) return { itemId, done, reason: wasDue ? null : 'it was so already', state };
  if (!wasDue) return { itemId, done, reason: whyNot(row, request), state };
  return { itemId, done, reason: 'the item changed meanwhile, and the decision does not apply to it any more', state };
}

function whyNot(row: LedgerRow, request: DecideRequest): string {
  if (row.state === 'purged') return 'it was purged: its content is gone';
  if (!isSeenHold(row, request)) return 'it is held by another snapshot by now: look at its evidence, and decide then';
  if (!isSeenState(row, request))
    return `it is ${row.state ?? 'not in the collection'} by now, and not in the state ${request.state ?? ''} as it was shown`;
  if (request.operation === 'approve') return 'no removal of it is held';
  return 'it does not apply to the item as it is now';
}

async function decideBatch(app: App, scope: Scope, request: DecideRequest, itemIds: readonly string[]): Promise<void> {
  const name = scopeName(scope);
  const partition = app.log.partitionOf(accountName(scope));
  const { position } = await app.store.progress(partition);
  const rows = await app.store.rows(name, itemIds);
  const records: AppendRecord[] = [];
  const written: Written[] = [];
  for (const itemId of itemIds) {
    const row = rowOf(rows, itemId);
    // Restored, or held again by another snapshot, since it was looked at.
    if (!isAsSeen(row, request)) continue;
    const eventId = randomUUID();
    const url = (await app.store.item(name, itemId))?.content?.url ?? null;
    const decision = toDecision(scope, row, request, { eventId, at: app.clock.now(), url, position });
    records.push({
      key: recordKey(scope, scope.collection, itemId, eventId),
      value: app.codec.encode('Decision', decision),
    });
    written.push({ itemId, eventId });
  }
  if (records.length === 0) return;
  await app.log.append('ingest', partition, records);
  await waitUntilKnown(app, written, request);
}

function toDecision(
  scope: Scope,
  row: LedgerRow,
  request: DecideRequest,
  head: { readonly eventId: string; readonly at: number; readonly url: string | null; readonly position: number },
): Decision {
  const { eventId, at, url, position } = head;
  return {
    eventId,
    at,
    ...scope,
    itemId: row.itemId,
    operation: request.operation,
    author: `person:${request.author}`,
    basisDecided: row.decided,
    // An approval agrees with what the hold knew; any other decision is about the item as it is shown now.
    basisSeen: request.operation === 'approve' ? row.basisSeen : position,
    reason: request.reason ?? `${request.operation} by ${request.author}`,
    snapshotId: request.operation === 'approve' || request.operation === 'reject' ? row.holdId : null,
    syncId: null,
    personOnly: false,
    firstId: null,
    firstAt: null,
    url,
    savedAt: row.savedAt,
    evidence: JSON.stringify({ state: row.state, pinned: row.pinned, blocked: row.blocked }),
  };
}

/** Until the sink has folded them; one that came late is issued again, under an id derived from the first. */
async function waitUntilKnown(app: App, written: readonly Written[], options: WaitOptions): Promise<void> {
  const ids = written.map(({ eventId }) => `decision ${eventId}`);
  const probe = async (): Promise<true | null> =>
    (await app.store.knownEvents(ids)).size === ids.length ? true : null;
  await waitFor(app, 'the decision was written, but that it is applied', probe, options);
  // What came late was proposed again with the commit that refused it, and is on its way.
  await drain(app, LATE_LIMIT_MS, ['embed', 'sink']);
}

async function erase(app: App): Promise<void> {
  // The tombstones go through the processor, and the cached vectors after the sink's outcome.
  await drain(app, ERASE_LIMIT_MS);
  await app.eraseBytes();
}
