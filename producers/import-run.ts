import { setImmediate } from 'node:timers/promises';
import { InputError } from '../core/errors.ts';
import type { Account, Scope } from '../core/keys.ts';
import type { KnownItem, LedgerView } from '../core/ports/ledger-view.ts';
import type { ProviderItem } from '../core/ports/provider.ts';
import { type Run, withRun } from './run.ts';
import type { RunDeps } from './run-deps.ts';
import type { RunRecord } from './run-writer.ts';
import { describeIds, type IdList } from './snapshot-chunks.ts';
import { beginSnapshot, type Proven } from './snapshot-writer.ts';
import { ways } from './ways.ts';

export interface ImportRunDeps extends RunDeps {
  readonly ledger: LedgerView;
}

export interface ImportOptions {
  readonly user: string;
  /** the moment of the export, ms, where the user knows better than the export itself */
  readonly asOf?: number | null;
  readonly signal?: AbortSignal;
  /** told the run's id after its SyncStarted, before anything of the export is written; nothing of it is where this rejects */
  readonly begun?: (syncId: string) => Promise<void>;
  /** `bytes` read so far, short links looked up, or items written, of `total` where it is known */
  readonly progress?: (progress: {
    readonly phase: 'read' | 'links' | 'write';
    readonly done: number;
    readonly total: number | null;
  }) => void;
}

/** Reads an export and writes it to the log; what a provider with exports offers. */
export type Importer = (file: string, options: ImportOptions) => Promise<ImportResult>;

/** What an export proves (protocol.md, Snapshot evidence). */
export interface Stated {
  /** ms; null when the export tells no date, and so can remove nothing */
  readonly asOf: number | null;
  readonly coverage: 'complete' | 'unknown';
  readonly warnings: readonly string[];
}

export interface ImportResult extends Stated {
  readonly collection: string;
  readonly syncId: string;
  readonly snapshotId: string;
  /** rows of the list, also those that were skipped or repeat others */
  readonly processed: number;
  /** rows whose item could not be told */
  readonly skipped: number;
  /** distinct items */
  readonly count: number;
}

/** A list that was read as a whole. */
export interface ExportedList extends Stated, Pick<Proven, 'kinds' | 'oldestRow' | 'explicitlyEmpty' | 'evidence'> {
  readonly collection: string;
  readonly rowsRead: number;
  readonly skippedRows: number;
  readonly duplicates: number;
  /** saved date, ms, by item id; null where the row has none */
  readonly savedAt: ReadonlyMap<string, number | null>;
  /** what the export itself can say of an item: a hydration */
  readonly toHydration: (itemId: string) => ProviderItem;
  /** no listing will ever come: an import is the account's full reconciliation */
  readonly reconciles: boolean;
}

const IDS_AT_ONCE = 1000;

/** Throws InputError when the date that the user gave for an export is none that it can have. */
export function checkAsOf(asOf: number | null, now: number): void {
  if (asOf !== null && asOf > now)
    throw new InputError(`no export was made in the future: say when this one was (${ways.asOf})`);
}

/**
 * Writes an export to the log, in a run of its own: its raw items are hydrations, and its snapshot is the sighting. Where the
 * account is connected, an absence also needs a verdict. Rejects with what withRun rejects with.
 */
export async function importList(
  deps: ImportRunDeps,
  account: Account,
  list: ExportedList,
  { signal, begun, progress }: Pick<ImportOptions, 'signal' | 'begun' | 'progress'>,
): Promise<ImportResult> {
  const ids = await describeIds({ by: 'savedAt', items: list.savedAt });
  const { collection, rowsRead: processed, skippedRows: skipped, duplicates, asOf, coverage, warnings } = list;
  const options = { account, mode: 'import', ...(signal === undefined ? {} : { signal }) } as const;
  return withRun(deps, options, async (run) => {
    const { syncId } = run;
    await begun?.(syncId);
    const snapshotId = await writeSnapshot(deps, run, list, ids, progress);
    const count = ids.itemIds.length;
    const now = deps.clock.now();
    const isOlder = await speaksOfEarlier(deps, run, list);
    return {
      value: { collection, syncId, snapshotId, processed, skipped, count, asOf, coverage, warnings },
      counts: { processed, skipped, duplicates, listed: count },
      uncounted: isOlder,
      advance: (metadata) => {
        const mostEver = { ...metadata.mostEver, [collection]: Math.max(metadata.mostEver[collection] ?? 0, count) };
        return { ...metadata, mostEver, ...(list.reconciles && !isOlder ? { lastFullReconciliation: now } : {}) };
      },
    };
  });
}

/** The sink will refuse it, as far as can be seen here: whether it counts as a sync is for display only. */
async function speaksOfEarlier({ ledger }: ImportRunDeps, run: Run, list: ExportedList): Promise<boolean> {
  const { provider, user } = run.metadata;
  const { collection, asOf, kinds } = list;
  const applied = await ledger.applied({ provider, user, collection });
  return asOf !== null && kinds.some((kind) => (applied?.asOfByKind[kind] ?? asOf) > asOf);
}

/** Begin, hydrations, chunks, End; resolves to the snapshot's id. */
async function writeSnapshot(
  deps: ImportRunDeps,
  run: Run,
  list: ExportedList,
  ids: IdList,
  progress: ImportOptions['progress'],
): Promise<string> {
  const { collection, kinds, coverage, asOf, oldestRow, explicitlyEmpty, evidence } = list;
  const snapshot = await beginSnapshot(deps, run, collection, null, asOf);
  const revived = await writeHydrations(deps, run, list, ids, progress);
  const proof = run.metadata.credentialKind === null ? 'absence' : 'verdict';
  await snapshot.end(ids, { kinds, proof, coverage, asOf, oldestRow, explicitlyEmpty, evidence });
  // Content of a purged item counts only once the snapshot has sighted it again (law 7).
  if (revived.length > 0) await run.append(revived);
  return snapshot.snapshotId;
}

/** Only what the ledger does not know (law 6); resolves to what is of purged items, and so has to come after the snapshot. */
async function writeHydrations(
  deps: ImportRunDeps,
  run: Run,
  list: ExportedList,
  { itemIds }: IdList,
  progress: ImportOptions['progress'],
): Promise<readonly RunRecord[]> {
  const { provider, user } = run.metadata;
  const { collection } = list;
  const scope: Scope = { provider, user, collection };
  const afterwards: RunRecord[] = [];
  for (let from = 0; from < itemIds.length; from += IDS_AT_ONCE) {
    const part = itemIds.slice(from, from + IDS_AT_ONCE);
    const known = await deps.ledger.known(scope, part);
    const now: RunRecord[] = [];
    for (const itemId of part) {
      const row = known.get(itemId);
      if (row?.blocked === true) continue;
      const item = list.toHydration(itemId);
      if (row !== undefined && !saysMore(item, row)) continue;
      (row?.state === 'purged' ? afterwards : now).push({ type: 'RawItem', value: { ...item, collection } });
    }
    if (now.length > 0) await run.append(now);
    progress?.({ phase: 'write', done: Math.min(from + IDS_AT_ONCE, itemIds.length), total: itemIds.length });
    await setImmediate();
  }
  return afterwards;
}

function saysMore(item: ProviderItem, row: KnownItem): boolean {
  if (row.content === 'none' || row.state === 'purged') return true;
  if (item.content === 'full' && (row.content !== 'full' || row.documentHash !== item.documentHash)) return true;
  return item.document.savedAt !== null && item.document.savedAt !== row.savedAt;
}
