import { createHash } from 'node:crypto';
import { deadLetterRecord } from '../../core/dead-letter.ts';
import { accountName, recordKey, SLOT } from '../../core/keys.ts';
import type {
  DeltaWalk,
  FullWalk,
  Provider,
  ProviderItem,
  Session,
  UnreadableRow,
  WalkStep,
} from '../../core/ports/provider.ts';
import { toRawItem } from '../raw-item.ts';
import type { Run } from '../run.ts';
import type { SyncMetadata } from '../sync-metadata.ts';
import { completeItem } from './complete-item.ts';
import { mustStillBe } from './connected-run.ts';
import type { KnownHashes } from './known-hashes.ts';
import type { SyncDeps } from './sync-deps.ts';

/** Counts of a walk, as SyncFinished reports them. */
export interface WalkCounts {
  /** distinct items that the source showed */
  fetched: number;
  /** items written to the log: new, or changed since they were last written */
  emitted: number;
  unreadable: number;
  restarts: number;
}

/** What a walk of one collection showed. */
export interface Walked<End> {
  /** document hash by item id, of those that count: after a restart those of the last walk */
  readonly listed: ReadonlyMap<string, string>;
  /** a row whose item cannot be told is missing in `listed` */
  readonly nameless: number;
  readonly counts: WalkCounts;
  readonly end: End;
}

/** What a full walk of a collection is asked for with. */
export function fullRequest({ mostEver }: SyncMetadata, collection: string): FullWalk {
  return { collection, mostEver: mostEver[collection] ?? 0 };
}

/** What a delta is asked for with: from where the last completed walk ended. */
export function deltaRequest({ cursor, etag }: SyncMetadata, collection: string, known: KnownHashes): DeltaWalk {
  return {
    collection,
    cursor: cursor[collection] ?? null,
    etag: etag[collection] ?? null,
    isKnown: (itemId) => known.has(itemId),
  };
}

/**
 * Walks a collection to its end and writes a RawItem for every item that is new or changed since the last completed walk, page
 * by page. Rejects when the source failed, and with InputError when the list turns out to be someone else's (law 5).
 */
export async function walkCollection<Raw, S extends Session, End>(
  deps: SyncDeps,
  provider: Provider<Raw, S>,
  session: S,
  run: Run,
  collection: string,
  known: KnownHashes,
  steps: AsyncGenerator<WalkStep<Raw>, End, undefined>,
): Promise<Walked<End>> {
  const listed = new Map<string, string>();
  const written = new Map<string, string>();
  const counts: WalkCounts = { fetched: 0, emitted: 0, unreadable: 0, restarts: 0 };
  const seen = new Set<string>();
  let nameless = 0;
  let identified = false;
  for (;;) {
    run.signal.throwIfAborted();
    const { value: step, done } = await steps.next();
    if (done === true) return { listed, nameless, counts: { ...counts, fetched: seen.size }, end: step };
    if (step.kind === 'restart') {
      counts.restarts++;
      listed.clear();
      nameless = 0;
      continue;
    }
    const shown = step.items.map((raw) => ({ raw, item: toRawItem(provider, raw, true) }));
    const familiar = shown.filter(({ item }) => known.has(item.itemId)).length;
    if (!identified && run.metadata.lastSyncAt !== null && 2 * familiar < shown.length) {
      // Most of it is not known, and the rest may be what many people save: before it is believed, the source says whose it is.
      // Whoever connects an account has just said so for its first walk.
      await mustStillBe(session, run.metadata, run.signal);
      identified = true;
    }
    const fresh: ProviderItem[] = [];
    const returned = await removedOf(
      deps,
      run,
      collection,
      shown.map(({ item }) => item.itemId),
    );
    for (const { raw, item } of shown) {
      const { itemId, documentHash } = item;
      seen.add(itemId);
      listed.set(itemId, documentHash);
      const isUnchanged = (written.get(itemId) ?? known.get(itemId)) === documentHash;
      if (isUnchanged && (written.has(itemId) || !returned.has(itemId))) continue;
      written.set(itemId, documentHash);
      fresh.push(await completeItem(deps, provider, session, raw, true, run.signal));
    }
    await run.append(fresh.map((item) => ({ type: 'RawItem', value: { ...item, collection } })));
    counts.emitted += fresh.length;
    for (const row of step.unreadable) {
      counts.unreadable++;
      const hash = hashOf(row);
      if (row.itemId === null) nameless++;
      else if (!listed.has(row.itemId)) listed.set(row.itemId, hash);
      if (row.itemId === null || known.get(row.itemId) !== hash) await keepUnreadable(deps, run, collection, row, hash);
    }
  }
}

/**
 * Those that the list shows and the collection lacks: saved again after a verdict, of which the last walk knows nothing. What the
 * ledger does not say yet is for the next snapshot.
 */
async function removedOf(
  { ledger }: SyncDeps,
  run: Run,
  collection: string,
  itemIds: readonly string[],
): Promise<ReadonlySet<string>> {
  const { provider, user } = run.metadata;
  const rows = await ledger.known({ provider, user, collection }, itemIds);
  return new Set([...rows].flatMap(([itemId, { state }]) => (state === 'trash' || state === 'held' ? [itemId] : [])));
}

/** Of an unreadable row, kept for a look at it: a dead letter holds 2 MB with all its headers. */
const UNREADABLE_BYTES = 768_000;

/** Stands for the document hash of a row that cannot be read: another one than its document's, so that it is asked for. */
function hashOf({ payload }: UnreadableRow): string {
  return createHash('sha256').update(`unreadable ${payload}`).digest().subarray(0, 16).toString('base64url');
}

/** A bad item is kept for a look at it, and the rest goes on (protocol.md, errors). */
async function keepUnreadable(
  deps: SyncDeps,
  run: Run,
  collection: string,
  { itemId, reason: error, payload }: UnreadableRow,
  hash: string,
): Promise<void> {
  const account = accountName(run.metadata);
  const partition = deps.log.partitionOf(account);
  deps.telemetry.log.warn('a row of a listing cannot be read', { account, collection, itemId, error });
  const record = {
    key: recordKey(run.metadata, collection, itemId ?? SLOT.run, `${run.syncId}-${hash}`),
    // What is longer is no row of any list; its beginning tells what it was.
    value: Buffer.from(payload).subarray(0, UNREADABLE_BYTES),
    headers: {},
    timestamp: deps.clock.now(),
    offset: -1,
  };
  const letter = deadLetterRecord(record, { topic: 'listing', partition, stage: 'producer', error });
  await deps.log.append('dead-letter', partition, [letter]);
}
